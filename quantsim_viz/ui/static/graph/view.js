// One graph on the page: what is shown, what is selected, and the painting of it.

import { Camera } from "./camera.js";
import { forgetMeasured } from "./cards.js";
import { Channel } from "./channel.js";
import { enclose } from "./hulls.js";
import { Input } from "./input.js";
import { join, leave } from "./link.js";
import { litOf } from "./lit.js";
import { BIT_WORDS, Looks, MODES } from "./looks.js";
import { loadLayout, toggled } from "./model.js";
import { FAR, paint } from "./paint.js";
import { Panel } from "./panel.js";
import { Strip } from "./strip.js";
import { readTheme, sqnrColour } from "./theme.js";
import { Tooltip } from "./tooltip.js";
import { Tree } from "./tree.js";

const PICK_DELAY = 120; // ms: walking along wires by keys asks the server only when it pauses

const RULE_DELAY = 300;
const MOST_ECHOES = 20;

export class View {
  constructor(root, key = "") {
    this.root = root;
    this.key = key;
    this.link = null;
    this.linkName = "";
    this.stage = root.querySelector(".qv-stage");
    this.canvas = root.querySelector("canvas.qv-canvas");
    this.context = this.canvas.getContext("2d", { alpha: false });
    this.camera = new Camera();
    this.layout = null;
    this.model = null;
    this.mode = "status";
    this.figures = { status: "", parts: "", bits: "", sqnr: null, base: "", preview: "", rules: {} };
    this.selection = [];
    this.loose = null; // a selected item that is not a node: a terminal or a collapsed group
    this.hover = null;
    this.hoverGroup = null;
    this.hoverWire = null;
    this.filter = new Set();
    this.found = [];
    this.foundAt = -1;
    this.hulls = [];
    this.litSegments = new Set();
    this.litStubs = new Set();
    this.selectedItems = new Set();
    this.matches = new Set();
    this.lit = null;
    this.painted = 0;
    this.labels = []; // what wires tell at this scale
    this.pending = [];
    this.askedRule = "";
    this.given = { selected: null, mode: null };
    this.frame = 0;
    this.channel = new Channel();
    this.theme = readTheme(root);
    this.tooltip = new Tooltip(this);
    this.strip = new Strip(this);
    this.tree = new Tree(this);
    this.panel = new Panel(this);
    this.input = new Input(this);
    this.watchSize();
    document.fonts.ready.then(() => { forgetMeasured(); this.paintSoon(); });
  }

  watchSize() {
    this.observer = new ResizeObserver(() => {
      if (!this.resize()) return;
      this.panel.refit();
      this.paintNow();
    });
    this.observer.observe(this.stage);
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.stage;
    if (!width || !height) return false;
    const dpr = window.devicePixelRatio || 1;
    const first = this.camera.width <= 1;
    const untouched = this.isUntouched();
    const selected = !first && this.layout ? this.selectedOnScreen() : null;
    if (!first && this.camera.width === width && this.camera.height === height && this.dpr === dpr) return false;
    this.dpr = dpr;
    this.canvas.width = Math.round(width * dpr);
    this.canvas.height = Math.round(height * dpr);
    this.camera.takeSize(width, height);
    this.strip.resize();
    if (this.layout && (first || untouched)) this.lookFirst();
    else if (selected && !this.selectedOnScreen()) this.camera.y += (selected[1] - height / 2) / this.camera.k;
    return true;
  }

  /** Look where the views that are linked with this one look, else at a useful beginning. */
  lookFirst() {
    if (this.link?.follow(this)) return;
    this.camera.jumpTo(this.camera.openingView(...this.layout.size));
    const { x, y, k } = this.camera;
    this.opening = { x, y, k };
  }

  /** Nobody has moved the view, so that a new size of the page means a new opening view. */
  isUntouched() {
    const { opening, camera } = this;
    return Boolean(opening) && !camera.flight && ["x", "y", "k"].every((axis) => camera[axis] === opening[axis]);
  }

  /** Move and select together with the other views of that name. */
  joinLink(name = "") {
    if (name === this.linkName) return;
    this.linkName = name;
    this.link = join(this, name);
    if (this.layout && this.link?.follow(this)) this.paintSoon();
  }

  /** Take what the server sent. A layout is fetched when it is not yet known. */
  async update(data) {
    this.data = data;
    this.theme = readTheme(this.root);
    let layout = this.layout;
    if (!layout || layout.hash !== data.hash) {
      try {
        layout = await loadLayout(data.hash, data.url, data.inline);
      } catch (error) {
        this.panel.say(`The graph could not be loaded: ${error.message}. Reload the page to try again.`);
        return;
      }
      if (this.data !== data) return; // something newer came meanwhile
    }
    this.panel.entitle(data.title || ""); // before the first look, which leaves room for it
    if (layout !== this.layout) this.adoptLayout(layout, data.model);
    this.adoptFigures(data);
    this.paintNow();
    this.tree.refresh();
  }

  adoptLayout(layout, model) {
    const before = this.layout, anchor = this.anchor;
    this.layout = layout;
    this.hover = this.hoverGroup = this.hoverWire = null;
    this.tooltip.hide();
    if (this.model !== model || !before) {
      this.model = model;
      this.selection = [];
      this.loose = null;
      this.filter.clear();
      this.found = [];
      this.resize();
      this.lookFirst();
    } else if (anchor) {
      this.keepInPlace(anchor);
    }
    this.anchor = null;
    this.loose = null;
    this.tree.build();
  }

  /** After a group opened or closed: put it back under the eye that opened it. */
  keepInPlace({ path, sx, sy }) {
    const group = this.layout.groups.find((g) => g.path === path);
    if (!group || !group.rect) return;
    const [x, y, w] = group.rect;
    this.camera.x = x + w / 2 - sx / this.camera.k;
    this.camera.y = y - sy / this.camera.k;
  }

  adoptFigures(data) {
    const old = this.figures;
    this.figures = {
      status: data.status || "",
      parts: data.parts || "",
      bits: data.bits || "",
      tensorBits: data.tensor_bits || "",
      usualBits: data.usual_bits ? String(data.usual_bits) : "8",
      sqnr: data.sqnr || null,
      base: data.base || "",
      preview: data.preview || "",
      previewWords: data.preview_words || "",
      stale: data.stale || "",
      rules: data.rules || {},
      highlight: data.highlight ? new Set(data.highlight) : null,
      supergroups: data.supergroups || [],
      menu: data.menu || [],
    };
    this.hulls = enclose(this.layout, this.figures.supergroups);
    if (data.mode && data.mode !== this.given.mode) { this.given.mode = data.mode; this.mode = data.mode; }
    this.adoptSelection(data.selected || []);
    this.changed = old.status;
    this.refreshLooks();
    this.panel.refresh();
  }

  /** Follow the server's selection when it is news, not the echo of a click made here. */
  adoptSelection(selected) {
    const told = selected.join("\n");
    if (told === this.given.selected) return;
    this.given.selected = told;
    const echo = this.pending.findIndex((names) => names.join("\n") === told || names.at(-1) === told);
    if (echo >= 0) {
      this.pending.splice(0, echo + 1);
      return;
    }
    this.pending = [];
    this.selection = this.numbersOf(selected);
    this.loose = null;
    this.link?.select(this);
    if (this.selection.length) this.reveal(this.selection[this.selection.length - 1]);
  }

  numbersOf(names) {
    return names.map((name) => this.layout.indexOf.get(name)).filter((i) => i !== undefined);
  }

  /** Follow the selection of a linked view, which tells the server itself. */
  adoptPick(names, loose) {
    this.selection = this.numbersOf(names);
    this.loose = loose;
    this.expect(names);
    this.refreshLit();
    this.paintSoon();
    this.tree.follow();
  }

  /** The server will answer with a selection that is shown already; it may know the last node only. */
  expect(names) { this.pending = [...this.pending, names].slice(-MOST_ECHOES); }

  refreshLooks() {
    if (!this.layout) return;
    if (!this.available(this.mode)) this.mode = "status";
    this.looks = new Looks(this.layout.palette, this.theme, this.figures, this.mode, this.layout.count);
    this.shares = new Map();
    this.worst = new Map();
    this.refreshSearch();
    this.refreshLit();
  }

  refreshSearch() {
    this.found = this.panel.query ? this.panel.findAll() : [];
    if (this.foundAt >= this.found.length) this.foundAt = this.found.length - 1;
  }

  /** Which nodes a rule touches is told only when somebody searches for it, a moment after typing. */
  askForRule(pointer) {
    clearTimeout(this.ruleTimer);
    if (pointer === this.askedRule) return;
    this.ruleTimer = setTimeout(() => {
      this.askedRule = pointer;
      this.channel.send("rules", { pointer });
    }, RULE_DELAY);
  }

  /** Recompute what stands out. */
  refreshLit() {
    if (this.layout) Object.assign(this, litOf(this));
  }

  isDimmed(item) {
    if (!this.litItems || this.selectedItems.has(item)) return false;
    if (item >= this.layout.count && item < this.layout.firstGroup) return true;
    return !this.litItems.has(item);
  }

  available(mode) {
    return { status: true, bits: Boolean(this.figures.bits), sqnr: Boolean(this.figures.sqnr), diff: Boolean(this.figures.base) }[mode];
  }

  setMode(mode) {
    if (!MODES.includes(mode) || !this.available(mode)) return;
    this.mode = mode;
    this.filter.clear();
    this.refreshLooks();
    this.panel.refresh();
    this.paintNow();
    this.channel.send("mode", { mode });
  }

  sharesOf(group) {
    if (!this.shares.has(group.path)) {
      const counts = new Map();
      for (let i = group.first; i < group.last; i++) {
        const look = this.looks.of(i);
        counts.set(look, (counts.get(look) || 0) + 1);
      }
      this.shares.set(group.path, [...counts].sort((a, b) => (a[0].key < b[0].key ? -1 : 1)));
    }
    return this.shares.get(group.path);
  }

  /** The lowest SQNR figure inside a group, or null. */
  worstOf(group) {
    if (!this.figures.sqnr) return null;
    if (!this.worst.has(group.path)) {
      let lowest = null;
      for (let i = group.first; i < group.last; i++) {
        const value = this.figures.sqnr[i];
        if (value !== null && value !== undefined && (lowest === null || value < lowest)) lowest = value;
      }
      this.worst.set(group.path, lowest);
    }
    return this.worst.get(group.path);
  }

  /** The node whose output stands for a fused node's, or null. */
  fusedInto(i) {
    const group = this.figures.supergroups.find((members) => members.includes(i));
    return group ? group[group.length - 1] : null;
  }

  /** Groups built like the one under the pointer, when there are several. */
  *alikeGroups() {
    const { layout, hover, hoverGroup } = this;
    const number = hoverGroup ?? (hover !== null && layout.isGroup(hover) ? hover - layout.firstGroup : null);
    if (number === null || layout.alike.get(layout.groups[number].like) < 2) return;
    for (const group of layout.groups) if (group.like === layout.groups[number].like && group.rect) yield group;
  }

  bitWord(i) { return BIT_WORDS[this.figures.bits[i]] || ""; }
  sqnrColour(value) { return sqnrColour(this.layout.palette, value); }

  wireLabel(wire) {
    const [source, , tensors] = this.layout.wires[wire];
    const words = [this.layout.tensors[tensors[0]][1]];
    const bits = BIT_WORDS[this.figures.tensorBits[tensors[0]]];
    if (bits) words.push(/^\d+$/.test(bits) ? `int${bits}` : bits);
    const value = this.figures.sqnr && source < this.layout.count ? this.figures.sqnr[source] : null;
    if (value !== null && value !== undefined) words.push(`${value.toFixed(1)} dB`);
    if (tensors.length > 1) words.push(`+${tensors.length - 1}`);
    return words.join(" · ");
  }

  // --- selection and movement -----------------------------------------------------------------

  /** Select nodes as a click does: shown at once, told to the server. */
  pick(nodes, { tensor = null, delay = 0 } = {}) {
    this.selection = nodes;
    this.loose = null;
    this.refreshLit();
    this.paintSoon();
    this.tree.follow();
    this.link?.select(this);
    clearTimeout(this.pickTimer);
    const names = nodes.map((node) => this.layout.names[node]);
    const tell = () => {
      this.expect(names);
      this.channel.send("select", { node: names[names.length - 1] ?? null, nodes: names, tensor });
    };
    if (delay) this.pickTimer = setTimeout(tell, delay); else tell();
  }

  /** Go to any item: nodes are picked, others only marked. */
  goTo(item, { extend = false } = {}) {
    if (this.layout.isNode(item)) {
      const nodes = extend ? toggled(this.selection, item) : [item];
      this.pick(nodes, { delay: PICK_DELAY });
    } else {
      this.mark(item);
      if (!this.layout.isGroup(item)) this.channel.send("select", { node: null, nodes: [], tensor: this.layout.terminals[item - this.layout.count][0] });
    }
    this.bringIntoView(item);
    this.paintSoon();
  }

  /** Mark an item that is not a node. */
  mark(item) {
    this.selection = [];
    this.loose = item;
    this.refreshLit();
    this.link?.select(this);
    this.paintSoon();
  }

  clearSelection() {
    if (!this.selection.length && this.loose === null) return;
    this.pick([]);
  }

  bringIntoView(item) {
    const box = this.layout.boxes[item];
    if (!box) return;
    const [sx, sy] = this.camera.toScreen(box[0], box[1]);
    const [ex, ey] = this.camera.toScreen(box[0] + box[2], box[1] + box[3]);
    const margin = 48;
    const inside = sx >= margin && sy >= margin && ex <= this.camera.width - margin - 60 && ey <= this.camera.height - margin;
    if (!inside || this.camera.k < 0.3) this.centreOn(item);
  }

  centreOn(item) {
    const [x, y, w, h] = this.layout.boxes[item];
    const k = this.camera.k < 0.5 ? 0.9 : this.camera.k;
    this.camera.flyTo({ x: x + w / 2 - this.camera.width / 2 / k, y: y + h / 2 - this.camera.height / 2 / k, k }, performance.now());
    this.paintSoon();
  }

  /** Show a node, opening the groups that hide it. */
  reveal(node) {
    const item = this.layout.shown[node];
    if (item !== node) {
      const hiding = this.layout.groups.filter((g) => g.first <= node && node < g.last);
      this.sendCollapsed((paths) => hiding.forEach((g) => paths.delete(g.path)));
    }
    this.bringIntoView(item);
  }

  toggleGroup(number) {
    const group = this.layout.groups[number];
    const [x, y, w] = group.rect;
    const [sx, sy] = this.camera.toScreen(x + w / 2, y);
    this.anchor = { path: group.path, sx, sy };
    this.sendCollapsed((paths) => { if (group.collapsed) paths.delete(group.path); else paths.add(group.path); });
  }

  /** Open or close every group; closing keeps the outermost as boxes. */
  setAllGroups(collapsed) {
    this.sendCollapsed((paths) => {
      paths.clear();
      if (collapsed) this.layout.groups.forEach((g) => { if (g.parent < 0) paths.add(g.path); });
    });
  }

  sendCollapsed(change) {
    const paths = new Set(this.layout.groups.filter((g) => g.collapsed).map((g) => g.path));
    change(paths);
    this.channel.send("collapse", { paths: [...paths] });
  }

  /** Show all of it; where that is too small to read, by turns all of its width, about what is selected. */
  fit() {
    const { camera, layout } = this;
    const whole = camera.viewOf(0, 0, ...layout.size);
    const item = this.input.current();
    const middle = item === null ? camera.y + camera.height / 2 / camera.k : layout.boxes[item][1] + layout.boxes[item][3] / 2;
    const across = camera.acrossView(...layout.size, middle);
    camera.flyTo(whole.k < FAR && camera.isAt(whole.k) ? across : whole, performance.now());
    this.paintSoon();
  }

  /** Scale about the selected item while it is in view, else about the middle. */
  zoom(factor) {
    const { camera } = this;
    const [sx, sy] = this.selectedOnScreen() ?? [camera.width / 2, camera.height / 2];
    camera.zoomAt(sx, sy, factor);
    this.paintSoon();
  }

  /** Where the middle of the selected item is in the view, null while it is not in it. */
  selectedOnScreen() {
    const { camera } = this;
    const item = this.input.current();
    if (item === null) return null;
    const [x, y, w, h] = this.layout.boxes[item];
    const [sx, sy] = camera.toScreen(x + w / 2, y + h / 2);
    return sx >= 0 && sy >= 0 && sx <= camera.width && sy <= camera.height ? [sx, sy] : null;
  }

  /** Ghost paint without asking the server; an empty text ends it. */
  preview(status) {
    this.figures.preview = status || "";
    this.refreshLooks();
    this.panel.refresh();
    this.paintNow();
  }

  // --- painting ------------------------------------------------------------------------------

  paintSoon() {
    if (this.frame) return;
    this.frame = requestAnimationFrame((now) => {
      this.frame = 0;
      const moving = this.camera.step(now);
      this.paintNow();
      if (moving) this.paintSoon();
    });
  }

  paintNow() {
    this.resize();
    if (!this.looks && this.layout) this.refreshLooks();
    paint(this.context, this, this.dpr || 1);
    this.strip.paint();
    this.panel.refreshScale();
    if (this.layout) this.painted += 1; // an empty canvas is not a painted graph
    this.root.dataset.painted = String(this.painted);
    this.link?.lead(this);
  }

  refreshTheme() {
    this.theme = readTheme(this.root);
    this.refreshLooks();
    this.panel.refresh();
    this.paintNow();
  }

  close() {
    leave(this);
    this.observer.disconnect();
    cancelAnimationFrame(this.frame);
    clearTimeout(this.pickTimer);
    clearTimeout(this.ruleTimer);
    this.input.close();
  }
}
