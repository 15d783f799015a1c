// How a component lives on the page. Streamlit calls it again with every new data, may unmount it
// and mount it anew in the middle of a session, and calls the cleanup of a call that a newer one
// overtook although nothing was unmounted. What a person has in front of them (caret, scroll
// positions, focus, open sections) must survive all of that.

const parked = new Map(); // by key: as many as there are parts of the page, so none is ever dropped

/**
 * Keep one part of the page per mounted element, and take up again what was unmounted before.
 *
 * @param component What Streamlit calls us with; `data.key` names the part.
 * @param create Makes `{element, attach(root)?}`; `element` is ours to move.
 * @returns The part and the cleanup that Streamlit asks for.
 */
export function mounted(component, create) {
  const root = component.parentElement;
  const { key, hidden, empty } = component.data ?? {};
  if (!root.__quantsimViz) {
    const part = unpark(key) ?? observed(create());
    root.__quantsimViz = part;
    root.append(part.element);
    part.attach?.(root);
    part.place.restore();
  }
  // `workbench.css` lays parts out by this; class names belong to React.
  if (root.host) root.host.dataset.qv = hidden ? "hidden" : empty ? "empty" : "";
  const part = root.__quantsimViz;
  const cleanup = () => {
    if (root.isConnected || root.__quantsimViz !== part) return;
    root.__quantsimViz = null;
    parked.set(key, part);
  };
  return { part, cleanup };
}

function unpark(key) {
  const part = parked.get(key);
  parked.delete(key);
  return part;
}

function observed(part) {
  return Object.assign(part, { place: new Place(part.element) });
}

/** Where a person is in a part: the browser forgets it when the part leaves the document. */
class Place {
  constructor(element) {
    this.scrolled = new Map();
    this.focused = null;
    element.addEventListener("scroll", ({ target }) => {
      if (target.isConnected) this.scrolled.set(target, [target.scrollLeft, target.scrollTop]);
    }, { capture: true, passive: true });
    element.addEventListener("focusin", ({ target }) => (this.focused = target));
    element.addEventListener("focusout", () => queueMicrotask(() => {
      if (element.isConnected) this.focused = null;
    }));
  }

  restore() {
    for (const [element, [left, top]] of this.scrolled) element.scrollTo(left, top);
    if (this.focused && document.activeElement === document.body) this.focused.focus({ preventScroll: true });
  }
}
