// Pointer, wheel and keys.

import { toggled } from "./model.js";
import { savePicture } from "./picture.js";

const STILL = 4; // pixels a press may move and still be a click
const WIRE_REACH = 6;

export class Input {
  constructor(view) {
    this.view = view;
    this.press = null;
    this.controller = new AbortController();
    const { signal } = this.controller;
    const on = (target, kind, handler, options = {}) => target.addEventListener(kind, handler, { signal, ...options });
    on(view.canvas, "pointerdown", (event) => this.onDown(event));
    on(view.canvas, "pointermove", (event) => this.onMove(event));
    on(view.canvas, "pointerup", (event) => this.onUp(event));
    on(view.canvas, "pointercancel", () => { this.press = null; });
    on(view.canvas, "pointerleave", () => this.setHover(null, null, null));
    on(view.canvas, "dblclick", (event) => this.onDoubleClick(event));
    on(view.canvas, "contextmenu", (event) => this.onMenu(event));
    on(view.canvas, "wheel", (event) => this.onWheel(event), { passive: false });
    on(view.root, "keydown", (event) => this.onKey(event));
  }

  close() { this.controller.abort(); }

  /** What is under an event: an item, an open group's title, or a wire. */
  under(event) {
    const { view } = this;
    if (!view.layout) return {};
    const box = view.canvas.getBoundingClientRect();
    const sx = event.clientX - box.left, sy = event.clientY - box.top;
    const [x, y] = view.camera.toWorld(sx, sy);
    const item = view.layout.itemAt(x, y);
    if (item !== null) return { sx, sy, x, y, item };
    const title = view.camera.k >= 0.2 ? view.layout.titleAt(x, y) : null;
    if (title !== null) return { sx, sy, x, y, title };
    return { sx, sy, x, y, wire: view.camera.k >= 0.3 ? this.wireAt(x, y) : null };
  }

  wireAt(x, y) {
    const { layout, camera } = this.view;
    const reach = WIRE_REACH / camera.k;
    let best = null, nearest = reach;
    for (const segment of layout.within(x - reach, y - reach, x + reach, y + reach).segments) {
      const points = layout.segments[segment];
      for (let at = 0; at + 7 < points.length; at += 6) {
        for (let step = 0; step <= 8; step++) {
          const [px, py] = bezierPoint(points, at, step / 8);
          const [qx, qy] = bezierPoint(points, at, Math.min(step + 1, 8) / 8);
          const away = distanceToLine(x, y, px, py, qx, qy);
          if (away < nearest) { nearest = away; best = segment; }
        }
      }
    }
    return best === null ? null : layout.wireOfSegment.get(best) ?? null;
  }

  onDown(event) {
    if (event.button !== 0) return;
    this.view.stage.focus({ preventScroll: true });
    this.view.panel.closeMenu();
    this.view.canvas.setPointerCapture(event.pointerId);
    this.press = { x: event.clientX, y: event.clientY, moved: false };
  }

  onMove(event) {
    const { view, press } = this;
    if (press) {
      const dx = event.clientX - press.x, dy = event.clientY - press.y;
      if (!press.moved && Math.hypot(dx, dy) < STILL) return;
      press.moved = true;
      view.canvas.classList.add("qv-dragging");
      view.camera.pan(dx, dy);
      press.x = event.clientX;
      press.y = event.clientY;
      view.tooltip.hide();
      view.paintSoon();
      return;
    }
    const found = this.under(event);
    this.setHover(found.item ?? null, found.title ?? null, found.wire ?? null, found);
  }

  setHover(item, title, wire, found) {
    const { view } = this;
    if (!view.layout) return;
    const same = item === view.hover && title === view.hoverGroup && wire === view.hoverWire;
    if (!same) {
      view.hover = item;
      view.hoverGroup = title;
      view.hoverWire = wire;
      view.refreshLit();
      view.paintSoon();
    }
    view.canvas.style.cursor = item !== null || title !== null || wire !== null ? "pointer" : "";
    if (!view.panel.parts.menu.hidden) view.tooltip.hide();
    else if (item !== null && found) view.tooltip.show(view.tooltip.describeItem(item), found.sx, found.sy);
    else if (wire !== null && found) view.tooltip.show(view.tooltip.describeWire(wire), found.sx, found.sy);
    else view.tooltip.hide();
  }

  onUp(event) {
    const { view, press } = this;
    this.press = null;
    view.canvas.classList.remove("qv-dragging");
    if (!press || press.moved || !view.layout) return;
    const found = this.under(event);
    const many = event.shiftKey || event.ctrlKey || event.metaKey;
    if (found.item !== undefined) this.click(found.item, found, many);
    else if (found.title !== undefined) view.toggleGroup(found.title);
    else if (found.wire !== null && found.wire !== undefined) {
      const [, , tensors] = view.layout.wires[found.wire];
      view.pick([], { tensor: view.layout.tensors[tensors[0]][0] });
    } else if (!many) view.clearSelection();
  }

  click(item, found, many) {
    const { view } = this;
    const { layout } = view;
    if (layout.isNode(item)) return view.pick(many ? toggled(view.selection, item) : [item]);
    if (layout.isGroup(item)) {
      const [x, y] = layout.boxes[item];
      if (found.x < x + 26 && found.y < y + 30) return view.toggleGroup(item - layout.firstGroup);
      return view.mark(item);
    }
    return view.goTo(item);
  }

  onDoubleClick(event) {
    const { view } = this;
    const { item } = this.under(event);
    if (item === undefined) return;
    if (view.layout.isGroup(item)) view.toggleGroup(item - view.layout.firstGroup);
    else view.camera.flyTo(view.camera.viewOf(...view.layout.boxes[item], 1.4), performance.now());
    view.paintSoon();
  }

  onWheel(event) {
    const { view } = this;
    event.preventDefault();
    view.tooltip.hide();
    const unit = event.deltaMode === 1 ? 16 : 1;
    const box = view.canvas.getBoundingClientRect();
    const sideways = event.deltaX !== 0 || event.shiftKey;
    if (sideways && !event.ctrlKey) {
      const dx = event.shiftKey && !event.deltaX ? event.deltaY : event.deltaX;
      view.camera.pan(-dx * unit, event.shiftKey ? 0 : -event.deltaY * unit);
    } else {
      const speed = event.ctrlKey ? 0.01 : 0.0016;
      view.camera.zoomAt(event.clientX - box.left, event.clientY - box.top, Math.exp(-event.deltaY * unit * speed));
    }
    view.paintSoon();
  }

  onMenu(event) {
    const { view } = this;
    if (!view.figures.menu.length || !view.layout) return;
    const { item } = this.under(event);
    if (item === undefined || !view.layout.isNode(item)) return;
    event.preventDefault();
    view.tooltip.hide();
    if (!view.selection.includes(item)) view.pick([item]);
    const box = view.stage.getBoundingClientRect();
    view.panel.openMenu(event.clientX - box.left, event.clientY - box.top);
  }

  onKey(event) {
    const { view } = this;
    const path = event.composedPath();
    if (path[0].matches?.("input, textarea") || !view.layout) return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const action = this.actions()[event.key];
    if (!action) return;
    const inButton = path[0].matches?.("button, [role=treeitem], .qv-help");
    if (inButton && ["Enter", " ", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
    action(event);
    event.preventDefault();
    event.stopPropagation();
  }

  actions() {
    const { view } = this;
    const pan = (event, dx, dy, walk) => (event.altKey ? view.camera.pan(dx, dy) : walk());
    return {
      "/": () => view.panel.focusSearch(),
      f: () => view.fit(),
      "+": () => view.zoom(1.25),
      "=": () => view.zoom(1.25),
      "-": () => view.zoom(0.8),
      e: () => this.toggleHere(),
      Enter: () => this.inspect(),
      Escape: () => view.panel.back(),
      m: () => view.panel.openMenuAtSelection(),
      ContextMenu: () => view.panel.openMenuAtSelection(),
      "?": () => view.panel.toggleHelp(),
      p: () => savePicture(view),
      1: () => view.setMode("status"),
      2: () => view.setMode("bits"),
      3: () => view.setMode("sqnr"),
      4: () => view.setMode("diff"),
      ArrowDown: (event) => pan(event, 0, -60, () => this.walk("out", event)),
      ArrowUp: (event) => pan(event, 0, 60, () => this.walk("in", event)),
      ArrowLeft: (event) => pan(event, 60, 0, () => this.sidestep(-1, event)),
      ArrowRight: (event) => pan(event, -60, 0, () => this.sidestep(1, event)),
    };
  }

  current() {
    const { view } = this;
    if (view.loose !== null) return view.loose;
    const node = view.selection[view.selection.length - 1];
    return node === undefined ? null : view.layout.shown[node];
  }

  inspect() {
    const item = this.current();
    if (item === null) return;
    if (this.view.layout.isGroup(item)) this.view.toggleGroup(item - this.view.layout.firstGroup);
    else this.view.goTo(item);
  }

  toggleHere() {
    const { view } = this;
    const item = this.current();
    if (item !== null && view.layout.isGroup(item)) return view.toggleGroup(item - view.layout.firstGroup);
    const node = view.selection[view.selection.length - 1];
    const home = node === undefined ? view.hoverGroup ?? -1 : view.layout.home[node];
    return home >= 0 ? view.toggleGroup(home) : undefined;
  }

  /** Follow a wire: of several, the one that leads straightest on. */
  walk(direction, event) {
    const { layout } = this.view;
    const item = this.current();
    if (item === null) return this.view.goTo(layout.items.includes(layout.count) ? layout.count : layout.items[0]);
    const ends = layout[direction].get(item);
    if (!ends) return undefined;
    const middle = (i) => layout.boxes[i][0] + layout.boxes[i][2] / 2;
    const reachable = [...new Set(ends.values())];
    reachable.sort((a, b) => Math.abs(middle(a) - middle(item)) - Math.abs(middle(b) - middle(item)) || a - b);
    return this.view.goTo(reachable[0], { extend: event.shiftKey });
  }

  /** Step to the neighbour beside. */
  sidestep(sign, event) {
    const { layout } = this.view;
    const item = this.current();
    if (item === null) return undefined;
    const [x, y, w, h] = layout.boxes[item];
    let best = null, nearest = Infinity;
    for (const other of layout.within(x - 3000, y - h, x + 3000, y + 2 * h).items) {
      const [ox, oy, ow, oh] = layout.boxes[other];
      const ahead = (ox + ow / 2 - x - w / 2) * sign;
      const aside = Math.abs(oy + oh / 2 - y - h / 2);
      if (other === item || ahead <= 1 || aside > h + 40) continue;
      const cost = ahead + 4 * aside;
      if (cost < nearest) { nearest = cost; best = other; }
    }
    return best === null ? undefined : this.view.goTo(best, { extend: event.shiftKey });
  }
}

function bezierPoint(p, at, t) {
  const s = 1 - t;
  const a = s * s * s, b = 3 * s * s * t, c = 3 * s * t * t, d = t * t * t;
  return [
    a * p[at] + b * p[at + 2] + c * p[at + 4] + d * p[at + 6],
    a * p[at + 1] + b * p[at + 3] + c * p[at + 5] + d * p[at + 7],
  ];
}

function distanceToLine(x, y, px, py, qx, qy) {
  const dx = qx - px, dy = qy - py;
  const length = dx * dx + dy * dy;
  const t = length ? Math.min(Math.max(((x - px) * dx + (y - py) * dy) / length, 0), 1) : 0;
  return Math.hypot(x - px - t * dx, y - py - t * dy);
}
