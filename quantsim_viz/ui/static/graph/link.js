// Views that move and select together: those that were given the same `link`.

const links = new Map(); // by the name of the link

/** What several views share, here in the browser: where one looks, and what is selected. */
class Link {
  constructor() {
    this.views = new Set();
    this.place = null; // { model, x, y, k } of the view that moved last
  }

  *others(view) {
    for (const other of this.views) if (other !== view && other.layout && other.model === view.model) yield other;
  }

  /** After `view` was painted: take the others to where it looks, in the same frame. */
  lead(view) {
    const { camera, model } = view;
    if (camera.width <= 1 || !view.layout) return; // not on show, so it looks nowhere
    const { x, y, k } = placeOf(camera);
    const last = this.place;
    if (last && last.model === model && last.k === k && near(last.x, x, k) && near(last.y, y, k)) return;
    this.place = { model, x, y, k };
    for (const other of this.others(view)) if (other.camera.width > 1) { this.follow(other); other.paintNow(); }
  }

  /** Take `view` to where the others look; whether there was such a place. */
  follow(view) {
    const { place } = this;
    if (!place || place.model !== view.model) return false;
    view.camera.jumpTo({ x: place.x - view.camera.width / 2 / place.k, y: place.y, k: place.k });
    return true;
  }

  /** Select in the others what is selected in `view`. */
  select(view) {
    const names = view.selection.map((node) => view.layout.names[node]);
    for (const other of this.others(view)) other.adoptPick(names, other.layout.hash === view.layout.hash ? view.loose : null);
  }
}

/** Half of a picture is often wider than the other, seldom higher: the middle and the top are shared. */
function placeOf(camera) { return { x: camera.x + camera.width / 2 / camera.k, y: camera.y, k: camera.k }; }

function near(a, b, k) { return Math.abs(a - b) * k < 0.25; }

/** Put a view into the link of that name, out of any other; "" for none. Returns the link or null. */
export function join(view, name) {
  leave(view);
  if (!name) return null;
  if (!links.has(name)) links.set(name, new Link());
  const link = links.get(name);
  link.views.add(view);
  return link;
}

export function leave(view) {
  for (const [name, link] of links) {
    if (link.views.delete(view) && !link.views.size) links.delete(name);
  }
}
