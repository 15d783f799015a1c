// The whole depth of the network in a narrow strip at the right: where one is, where colour changes.

const WIDTH = 56;
const RIGHT = 8, TOP = 48, BOTTOM = 12; // pixels to the edges of the graph, as in graph.css

export class Strip {
  constructor(view) {
    this.view = view;
    this.canvas = view.root.querySelector("canvas.qv-strip");
    this.context = this.canvas.getContext("2d");
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.go(event);
    });
    this.canvas.addEventListener("pointermove", (event) => { if (event.buttons) this.go(event); });
    this.picture = document.createElement("canvas");
    this.stamp = "";
  }

  resize() {
    const { dpr, camera } = this.view;
    this.canvas.width = WIDTH * dpr;
    this.canvas.height = Math.round((camera.height - 60) * dpr);
    this.stamp = "";
  }

  /** The strip is of use only where the whole cannot be seen at a glance, and is not seen now. */
  get wanted() {
    const { layout, camera } = this.view;
    if (!layout || layout.size[1] * 0.5 <= camera.height) return false;
    const [, top] = camera.toScreen(0, 0), [, bottom] = camera.toScreen(0, layout.size[1]);
    return top < 0 || bottom > camera.height;
  }

  /** Whether it lies over a node, a pile or a terminal. */
  get covers() {
    const { layout, camera } = this.view;
    const [x0, y0] = camera.toWorld(camera.width - RIGHT - WIDTH, TOP);
    const [x1, y1] = camera.toWorld(camera.width - RIGHT, camera.height - BOTTOM);
    for (const item of layout.within(x0, y0, x1, y1).items) {
      const [x, y, w, h] = layout.boxes[item];
      if (x <= x1 && y <= y1 && x + w >= x0 && y + h >= y0) return true;
    }
    return false;
  }

  scales() {
    const { layout, dpr } = this.view;
    return [this.canvas.width / layout.size[0], this.canvas.height / layout.size[1], dpr];
  }

  go(event) {
    const { view } = this;
    if (!view.layout) return;
    const box = this.canvas.getBoundingClientRect();
    const y = ((event.clientY - box.top) / box.height) * view.layout.size[1];
    const x = ((event.clientX - box.left) / box.width) * view.layout.size[0];
    view.camera.flight = null;
    view.camera.y = y - view.camera.height / 2 / view.camera.k;
    view.camera.x = x - view.camera.width / 2 / view.camera.k;
    if (view.layout.size[0] * view.camera.k < view.camera.width) {
      view.camera.x = view.layout.size[0] / 2 - view.camera.width / 2 / view.camera.k;
    }
    view.paintSoon();
  }

  paint() {
    const { view, canvas, context: c } = this;
    canvas.hidden = !this.wanted;
    if (canvas.hidden) return;
    canvas.classList.toggle("qv-aside", this.covers);
    const { layout, camera, theme, looks } = view;
    const [sx, sy, dpr] = this.scales();
    const stamp = [layout.hash, canvas.height, view.mode, theme.background, view.figures.preview, view.figures.base].join();
    if (stamp !== this.stamp || looks !== this.looks || view.lit !== this.lit) {
      this.stamp = stamp;
      this.looks = looks;
      this.lit = view.lit;
      this.draw(sx, sy, dpr);
    }
    c.setTransform(1, 0, 0, 1, 0, 0);
    c.clearRect(0, 0, canvas.width, canvas.height);
    c.drawImage(this.picture, 0, 0);
    c.fillStyle = theme.accent;
    for (const item of view.selectedItems) {
      const box = layout.boxes[item];
      if (box) c.fillRect(0, box[1] * sy - dpr, canvas.width, Math.max(box[3] * sy, 1) + 2 * dpr);
    }
    const y = camera.y * sy, h = (camera.height / camera.k) * sy;
    c.fillStyle = theme.dark ? "rgba(255,255,255,.10)" : "rgba(17,24,39,.07)";
    c.fillRect(0, y, canvas.width, h);
    c.strokeStyle = theme.dim;
    c.lineWidth = dpr;
    c.strokeRect(dpr / 2, Math.max(y, dpr / 2), canvas.width - dpr, Math.min(h, canvas.height - dpr));
  }

  draw(sx, sy, dpr) {
    const { view, canvas } = this;
    const { layout, theme, looks } = view;
    this.picture.width = canvas.width;
    this.picture.height = canvas.height;
    const c = this.picture.getContext("2d");
    c.fillStyle = theme.canvas;
    c.fillRect(0, 0, canvas.width, canvas.height);
    const bar = (look, x, y, w, h, alpha) => {
      c.globalAlpha = alpha;
      c.fillStyle = look.fill === "none" && look.mark !== "float" ? look.edge : look.colour;
      c.fillRect(x * sx + 2 * dpr, y * sy, Math.max(w * sx - 4 * dpr, dpr), Math.max(h * sy - 0.4 * dpr, dpr));
    };
    for (const item of layout.items) {
      const [x, y, w, h] = layout.boxes[item];
      const alpha = view.isDimmed(item) ? 0.15 : 1;
      if (layout.isNode(item)) bar(looks.of(item), x, y, w, h, alpha);
      if (!layout.isGroup(item)) continue;
      const group = layout.groups[item - layout.firstGroup];
      let at = x;
      for (const [look, count] of view.sharesOf(group)) {
        const share = (w * count) / (group.last - group.first);
        bar(look, at, y, share, h, alpha);
        at += share;
      }
    }
    c.globalAlpha = 1;
  }
}
