// Everything around the canvas: search, colour modes, zoom, legend, menu, help, messages.

import { MODE_NEEDS, MODE_WORDS, MODES } from "./looks.js";
import { drawSwatch, savePicture } from "./picture.js";
import { findNodes } from "./query.js";

const LOOKED_AT = 90; // ms an entry of the menu is pointed at before it is tried
const NARROW = 640; // pixels; a narrower graph begins with its legend folded
const KEYS = [
  ["/", "search"], ["f", "fit all of it, or its width"], ["+  −", "zoom"], ["↑ ↓ ← →", "walk along wires"],
  ["e", "open or close a group"], ["Enter", "inspect"], ["Esc", "back"], ["⇧ click", "select several"], ["m", "what can be done to the selection"],
  ["1 … 4", "colour by status, bits, SQNR, difference"], ["p", "save the picture as PNG"], ["?", "this list"],
];

export class Panel {
  constructor(view) {
    this.view = view;
    this.query = "";
    const find = (name) => view.root.querySelector(`.qv-${name}`);
    this.parts = Object.fromEntries(
      ["search", "count", "modes", "legend", "menu", "help", "message", "scale", "fold", "title"].map((name) => [name, find(name)]),
    );
    this.buildModes();
    this.buildHelp();
    this.parts.search.addEventListener("input", () => this.search(this.parts.search.value));
    this.parts.search.addEventListener("keydown", (event) => this.onSearchKey(event));
    this.parts.menu.addEventListener("keydown", (event) => this.onMenuKey(event));
    this.parts.menu.addEventListener("pointerleave", () => this.previewGesture(null));
    this.parts.menu.addEventListener("focusout", (event) => { if (!this.parts.menu.contains(event.relatedTarget)) this.previewGesture(null); });
    const press = (name, action) => find(name).addEventListener("click", action);
    press("zoom-in", () => view.zoom(1.25));
    press("zoom-out", () => view.zoom(0.8));
    press("fit", () => view.fit());
    press("help-button", () => this.toggleHelp());
    press("save", () => savePicture(view));
    press("open-all", () => view.setAllGroups(false));
    press("close-all", () => view.setAllGroups(true));
  }

  buildModes() {
    this.modeButtons = MODES.map((mode) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = MODE_WORDS[mode];
      button.dataset.mode = mode;
      button.addEventListener("click", () => this.view.setMode(mode));
      this.parts.modes.append(button);
      return button;
    });
  }

  buildHelp() {
    const list = document.createElement("dl");
    for (const [key, word] of KEYS) {
      const term = document.createElement("dt"), sense = document.createElement("dd");
      term.textContent = key;
      sense.textContent = word;
      list.append(term, sense);
    }
    const hint = document.createElement("p");
    hint.textContent = "Search: a name or operator, status:float, op:Conv, sqnr<20, bits:4, rule:/op_type/Conv, -word to leave out.";
    this.parts.help.append(list, hint);
  }

  toggleHelp() { this.parts.help.hidden = !this.parts.help.hidden; }

  /** Esc: close what is open, then end the search, then the selection. */
  back() {
    if (!this.parts.help.hidden) this.parts.help.hidden = true;
    else if (!this.parts.menu.hidden) this.closeMenu();
    else if (this.query) this.search(this.parts.search.value = "");
    else if (this.view.filter.size) { this.view.filter.clear(); this.refreshAfterFilter(); }
    else this.view.clearSelection();
  }

  entitle(text) {
    this.parts.title.textContent = text;
    this.parts.title.title = text;
    this.parts.title.hidden = !text;
    this.view.camera.leaveRoom(Boolean(text));
  }

  say(text) {
    this.parts.message.textContent = text;
    this.parts.message.hidden = !text;
  }

  // --- search --------------------------------------------------------------------------------

  focusSearch() {
    this.parts.search.focus();
    this.parts.search.select();
  }

  search(text) {
    const { view } = this;
    this.query = text.trim();
    view.foundAt = -1;
    view.refreshSearch();
    view.refreshLit();
    this.refreshCount();
    view.paintSoon();
  }

  findAll() { return findNodes(this.query, this.view); }

  refreshCount() {
    const { found, foundAt } = this.view;
    const place = foundAt >= 0 ? `${foundAt + 1} of ${found.length}` : `${found.length}`;
    this.parts.count.textContent = this.query ? (found.length ? place : "none") : "";
  }

  onSearchKey(event) {
    const { view } = this;
    event.stopPropagation();
    if (event.key === "Escape") {
      this.search(this.parts.search.value = "");
      view.stage.focus({ preventScroll: true });
    } else if (event.key === "Enter" && view.found.length) {
      const step = event.shiftKey ? -1 : 1;
      view.foundAt = (view.foundAt + step + view.found.length) % view.found.length;
      const node = view.found[view.foundAt];
      view.pick([node]);
      view.reveal(node);
      view.centreOn(view.layout.shown[node]);
      this.refreshCount();
    } else return;
    event.preventDefault();
  }

  // --- legend --------------------------------------------------------------------------------

  refresh() {
    const { view } = this;
    if (!view.layout) return;
    for (const [i, button] of this.modeButtons.entries()) {
      const { mode } = button.dataset;
      const word = mode === "sqnr" ? MODE_WORDS[mode] : MODE_WORDS[mode].toLowerCase();
      button.disabled = !view.available(mode);
      button.title = button.disabled ? MODE_NEEDS[mode] : `Colour by ${word} (${i + 1})`;
      button.setAttribute("aria-pressed", String(mode === view.mode));
    }
    this.parts.modes.hidden = this.modeButtons.filter((b) => !b.disabled).length < 2;
    this.parts.fold.hidden = !view.layout.groups.length;
    this.refreshLegend();
    this.refreshCount();
    this.say(this.messageNow());
  }

  messageNow() {
    const { figures } = this.view;
    const { previewWords: words } = figures;
    if (figures.preview) {
      let changes = 0;
      for (let i = 0; i < figures.status.length; i++) if (figures.preview[i] !== figures.status[i]) changes += 1;
      const nodes = changes ? `${changes} ${changes === 1 ? "node" : "nodes"} would change` : "no node would change its status";
      return `Preview: ${nodes}${words ? `, ${words}` : ""}`;
    }
    if (words) return words;
    if (figures.stale && this.view.mode === "sqnr") return `SQNR figures are ${figures.stale}`;
    return "";
  }

  /** What the legend tells: a look, how many nodes have it, and its word. */
  legendEntries() {
    const { view } = this;
    const entries = new Map();
    for (const [look, count] of view.looks.counts) {
      const entry = entries.get(look.entry);
      if (entry) entry.count += count;
      else entries.set(look.entry, { look: /^n\d/.test(look.entry) ? view.looks.ofBand(look.entry) : look, count });
    }
    const statuses = view.layout.palette.statuses.map((status) => `s${status.code}`);
    const rank = ({ look }) => (view.mode === "status" ? statuses.indexOf(look.key) : look.entry === "unchanged" ? "~" : look.entry);
    const word = (look) => ((look.entry === "none" ? "without a figure" : look.word));
    return [...entries.values()].sort((a, b) => (rank(a) < rank(b) ? -1 : 1)).map((entry) => ({ ...entry, word: word(entry.look) }));
  }

  refreshLegend() {
    const { view } = this;
    this.narrow = view.camera.width < NARROW;
    const open = this.legendOpen ?? (!this.narrow || view.filter.size > 0);
    const rows = open ? this.legendEntries().map((entry) => this.legendRow(entry)) : [];
    if (open && view.mode === "sqnr") rows.unshift(this.sqnrScale());
    if (this.narrow) rows.unshift(this.legendFold(open));
    this.parts.legend.replaceChildren(...rows);
  }

  /** A narrow graph, one of two side by side, would lie under its legend: there it folds. */
  legendFold(open) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "qv-row qv-legend-fold";
    button.textContent = open ? "▾ Legend" : "▸ Legend";
    button.setAttribute("aria-expanded", String(open));
    button.addEventListener("click", () => {
      this.legendOpen = !open;
      this.refreshLegend();
      this.parts.legend.querySelector(".qv-legend-fold").focus({ preventScroll: true });
    });
    return button;
  }

  /** The graph has another width. */
  refit() { if (this.narrow !== this.view.camera.width < NARROW && this.view.layout) this.refreshLegend(); }

  legendRow({ look, count, word: text }) {
    const { view } = this;
    const row = document.createElement("button");
    row.type = "button";
    row.className = "qv-row";
    const pressed = view.filter.has(look.entry);
    row.setAttribute("aria-pressed", String(pressed));
    const word = document.createElement("span");
    word.className = "qv-word";
    word.textContent = text;
    const number = document.createElement("span");
    number.className = "qv-number";
    number.textContent = String(count);
    row.append(this.swatch(look), word, number);
    const status = view.looks.statuses.get(look.key[1]);
    row.title = view.mode === "status" && status ? status.sense : word.textContent;
    row.addEventListener("click", () => {
      if (pressed) view.filter.delete(look.entry); else view.filter.add(look.entry);
      this.refreshAfterFilter();
    });
    return row;
  }

  refreshAfterFilter() {
    this.view.refreshLit();
    this.refreshLegend();
    this.view.paintNow();
  }

  swatch(look) {
    const canvas = document.createElement("canvas");
    const dpr = window.devicePixelRatio || 1;
    canvas.width = 26 * dpr;
    canvas.height = 16 * dpr;
    canvas.style.width = "26px";
    canvas.style.height = "16px";
    canvas.setAttribute("aria-hidden", "true");
    const c = canvas.getContext("2d");
    c.scale(dpr, dpr);
    drawSwatch(c, look, 0, 0);
    return canvas;
  }

  sqnrScale() {
    const { palette } = this.view.layout;
    const box = document.createElement("div");
    box.className = "qv-sqnr-scale";
    const bar = document.createElement("div");
    bar.style.background = `linear-gradient(90deg, ${palette.cividis.join(", ")})`;
    const low = document.createElement("span"), high = document.createElement("span");
    low.textContent = `${palette.sqnr[0]} dB`;
    high.textContent = `${palette.sqnr[1]} dB`;
    box.append(bar, low, high);
    return box;
  }

  refreshScale() {
    const text = `${Math.round(this.view.camera.k * 100)} %`;
    if (this.parts.scale.textContent !== text) this.parts.scale.textContent = text;
  }

  // --- menu ----------------------------------------------------------------------------------

  openMenu(x, y) {
    const { view } = this;
    const { menu } = this.parts;
    menu.replaceChildren(...view.figures.menu.map(([id, label]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("role", "menuitem");
      button.textContent = label;
      button.addEventListener("pointerenter", () => { button.focus(); this.previewGesture(id); });
      button.addEventListener("focus", () => this.previewGesture(id));
      button.addEventListener("click", () => {
        this.closeMenu();
        view.channel.send("menu", { id, nodes: view.selection.map((node) => view.layout.names[node]) });
      });
      return button;
    }));
    menu.hidden = false;
    menu.style.left = `${Math.min(x, view.camera.width - menu.offsetWidth - 8)}px`;
    menu.style.top = `${Math.min(y, view.camera.height - menu.offsetHeight - 8)}px`;
    menu.querySelector("button").focus();
  }

  /** The same from the keyboard: beside the node selected last. */
  openMenuAtSelection() {
    const { view } = this;
    const node = view.selection[view.selection.length - 1];
    if (node === undefined || !view.figures.menu.length) return;
    const [x, y, w, h] = view.layout.boxes[view.layout.shown[node]];
    this.openMenu(...view.camera.toScreen(x + w / 2, y + h));
  }

  onMenuKey(event) {
    const buttons = [...this.parts.menu.querySelectorAll("button")];
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const at = buttons.indexOf(event.composedPath()[0]);
    buttons[(at + step + buttons.length) % buttons.length].focus();
    event.preventDefault();
    event.stopPropagation();
  }

  /** Have painted what an entry of the menu would do, once it is looked at; null for none. */
  previewGesture(id) {
    clearTimeout(this.previewTimer);
    if (id === (this.previewed ?? null)) return;
    const nodes = id && this.view.selection.map((node) => this.view.layout.names[node]);
    this.previewTimer = setTimeout(() => {
      this.previewed = id;
      this.view.channel.send("preview", id ? { gesture: id, nodes } : {});
    }, id ? LOOKED_AT : 0);
  }

  closeMenu() {
    if (this.parts.menu.hidden) return;
    this.previewGesture(null);
    this.parts.menu.hidden = true;
    this.view.stage.focus({ preventScroll: true });
  }
}
