// Where one looks: the picture's point at the view's top left, and the scale.

const SMALLEST = 0.02;
const LARGEST = 4;
const TOOLS = 52; // pixels at the top that search and tools stand in
const TITLE = 30; // pixels below them that a title stands in

export class Camera {
  constructor() {
    this.x = 0;
    this.y = 0;
    this.k = 1;
    this.width = 1;
    this.height = 1;
    this.flight = null;
    this.top = TOOLS;
  }

  /** What is in the middle across stays there, and what a flight leads to in the middle of the new size. */
  takeSize(width, height) {
    const across = (this.width - width) / 2, down = (this.height - height) / 2;
    const hadNone = this.width <= 1;
    this.width = width;
    this.height = height;
    if (hadNone) return;
    this.x += across / this.k;
    if (!this.flight) return;
    const { to } = this.flight;
    this.flight.to = { ...to, x: to.x + across / to.k, y: to.y + down / to.k };
  }

  /** Leave room below the tools for a title, or take it back. */
  leaveRoom(hasTitle) { this.top = hasTitle ? TOOLS + TITLE : TOOLS; }

  toWorld(sx, sy) { return [this.x + sx / this.k, this.y + sy / this.k]; }
  toScreen(x, y) { return [(x - this.x) * this.k, (y - this.y) * this.k]; }

  pan(dx, dy) {
    this.flight = null;
    this.x -= dx / this.k;
    this.y -= dy / this.k;
  }

  /** Scale by `factor`, keeping the point under (sx, sy) where it is. */
  zoomAt(sx, sy, factor) {
    this.flight = null;
    const [x, y] = this.toWorld(sx, sy);
    this.k = Math.min(Math.max(this.k * factor, SMALLEST), LARGEST);
    this.x = x - sx / this.k;
    this.y = y - sy / this.k;
  }

  /** The view that shows a whole rectangle below tools and title, no closer than `closest`. */
  viewOf(x, y, w, h, closest = 1, margin = 24) {
    const across = (this.width - 2 * margin) / Math.max(w, 1);
    const down = (this.height - this.top - margin) / Math.max(h, 1);
    const k = Math.min(Math.max(Math.min(across, down), SMALLEST), closest);
    const middle = (this.height + this.top - margin) / 2;
    return { x: x + w / 2 - this.width / 2 / k, y: y + h / 2 - middle / k, k };
  }

  /** The view to open with: all of it where that can be read, else its top, across. */
  openingView(w, h) {
    const whole = this.viewOf(0, 0, w, h);
    return whole.k >= 0.75 ? whole : this.acrossView(w, h, 0);
  }

  /** All of the width, or as much as can be read, with height `y` in the middle as far as there is more. */
  acrossView(w, h, y) {
    const k = Math.min(Math.max((this.width - 160) / Math.max(w, 1), 0.5), 0.9);
    const lowest = h - (this.height - 24) / k;
    return { x: w / 2 - this.width / 2 / k, y: Math.max(Math.min(y - this.height / 2 / k, lowest), -(this.top + 6) / k), k };
  }

  /** Whether one looks at a scale, but for rounding. */
  isAt(k) { return Math.abs(this.k / k - 1) < 0.001; }

  jumpTo(view) {
    this.flight = null;
    Object.assign(this, view);
  }

  /** Start a short flight to a view; `step` moves along it. */
  flyTo(view, now) {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return this.jumpTo(view);
    this.flight = { from: { x: this.x, y: this.y, k: this.k }, to: view, start: now, time: 220 };
    return undefined;
  }

  /** Move along the flight; true while there is more to come. */
  step(now) {
    if (!this.flight) return false;
    const { from, to, start, time } = this.flight;
    const share = Math.min(Math.max((now - start) / time, 0), 1);
    const eased = 1 - (1 - share) ** 3;
    const k = from.k * (to.k / from.k) ** eased;
    const centre = (view, width, height) => [view.x + width / 2 / view.k, view.y + height / 2 / view.k];
    const [fx, fy] = centre(from, this.width, this.height);
    const [tx, ty] = centre(to, this.width, this.height);
    const cx = fx + (tx - fx) * eased, cy = fy + (ty - fy) * eased;
    this.k = k;
    this.x = cx - this.width / 2 / k;
    this.y = cy - this.height / 2 / k;
    if (share >= 1) this.jumpTo(to);
    return this.flight !== null;
  }
}
