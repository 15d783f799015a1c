// The same nodes as a tree that is not seen but can be heard and walked by keys.

export class Tree {
  constructor(view) {
    this.view = view;
    this.list = view.root.querySelector("[role=tree]");
    this.list.addEventListener("keydown", (event) => this.onKey(event));
    this.list.addEventListener("click", (event) => this.activate(event.target.closest("[role=treeitem]")));
    this.list.addEventListener("focusin", (event) => this.onFocus(event.target.closest("[role=treeitem]")));
    this.nodes = [];
    this.groups = [];
  }

  /** Make one item a group and a node, in file order; hidden ones inside collapsed groups too. */
  build() {
    const { layout } = this.view;
    this.nodes = [];
    this.groups = [];
    this.told = [];
    const rows = document.createDocumentFragment();
    const opening = new Map();
    layout.groups.forEach((group, number) => {
      if (!opening.has(group.first)) opening.set(group.first, []);
      opening.get(group.first).push(number);
    });
    const depth = (number) => (number < 0 ? 0 : 1 + depth(layout.groups[number].parent));
    for (let i = 0; i < layout.count; i++) {
      for (const number of opening.get(i) || []) rows.append(this.groupRow(number, depth(number)));
      const row = document.createElement("li");
      row.setAttribute("role", "treeitem");
      row.setAttribute("aria-level", String(depth(layout.home[i]) + 1));
      row.tabIndex = -1;
      row.node = i;
      row.textContent = layout.names[i]; // what more there is to tell is written when the page rests
      row.hidden = layout.shown[i] !== i;
      this.nodes.push(row);
      rows.append(row);
    }
    this.list.replaceChildren(rows);
    const first = this.list.querySelector("[role=treeitem]");
    if (first) first.tabIndex = 0;
  }

  groupRow(number, level) {
    const group = this.view.layout.groups[number];
    const row = document.createElement("li");
    row.setAttribute("role", "treeitem");
    row.setAttribute("aria-level", String(level));
    row.setAttribute("aria-expanded", String(!group.collapsed));
    row.tabIndex = -1;
    row.group = number;
    row.hidden = !group.rect;
    row.textContent = `group ${group.label}, ${group.last - group.first} nodes`;
    this.groups.push(row);
    return row;
  }

  /** Tell every node's status in words, after the picture is painted. */
  refresh() {
    if (this.waiting) return;
    const later = window.requestIdleCallback || ((work) => setTimeout(work, 30));
    this.waiting = true;
    later(() => { this.waiting = false; this.write(); }, { timeout: 400 });
  }

  write() {
    const { layout, figures, looks } = this.view;
    if (!layout || this.nodes.length !== layout.count) return;
    const { sqnr } = figures;
    this.nodes.forEach((row, i) => {
      const value = sqnr && sqnr[i] !== null && sqnr[i] !== undefined ? `, SQNR ${sqnr[i].toFixed(1)} dB` : "";
      const text = `${layout.names[i]}, ${layout.ops[i]}, ${looks.wordOf(figures.status[i])}${value}`;
      if (this.told[i] === text) return;
      this.told[i] = text;
      row.textContent = text;
    });
    this.follow();
  }

  /** Mark the selection, and let the next Tab enter the tree there. */
  follow() {
    const selected = new Set(this.view.selection);
    for (const row of this.marked || []) row.setAttribute("aria-selected", "false");
    this.marked = [...selected].map((i) => this.nodes[i]).filter(Boolean);
    for (const row of this.marked) row.setAttribute("aria-selected", "true");
    if (this.marked.length) this.makeEntry(this.marked[0]);
  }

  makeEntry(row) {
    const entry = this.list.querySelector('[tabindex="0"]');
    if (entry) entry.tabIndex = -1;
    row.tabIndex = 0;
  }

  onFocus(row) {
    if (!row) return;
    this.makeEntry(row);
    const { view } = this;
    const item = row.node === undefined ? view.layout.firstGroup + row.group : view.layout.shown[row.node];
    if (view.layout.boxes[item]) {
      view.hover = item;
      view.refreshLit();
      view.bringIntoView(item);
      view.paintSoon();
    }
  }

  activate(row) {
    if (!row) return;
    if (row.node === undefined) this.view.toggleGroup(row.group);
    else this.view.pick([row.node]);
  }

  onKey(event) {
    const row = event.target.closest("[role=treeitem]");
    if (!row) return;
    const rows = [...this.list.children].filter((other) => !other.hidden);
    const at = rows.indexOf(row);
    const group = row.group === undefined ? null : this.view.layout.groups[row.group];
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    if (event.key in moves) rows[Math.min(Math.max(moves[event.key], 0), rows.length - 1)].focus();
    else if (event.key === "Enter" || event.key === " ") this.activate(row);
    else if (group && ((event.key === "ArrowRight" && group.collapsed) || (event.key === "ArrowLeft" && !group.collapsed))) this.activate(row);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
