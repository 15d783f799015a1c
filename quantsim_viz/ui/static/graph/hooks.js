// What tests, scripts and other panes may ask a view and have it do; pixels need not be read.

const hooksOf = new Map(); // by view, in the order of mounting

/** Offer a view as `window.quantsimViz.graphs[key]`, and the main one as `….graph`. */
export function publish(view) {
  hooksOf.delete(view);
  hooksOf.set(view, makeHooks(view));
  refresh();
}

export function withdraw(view) {
  hooksOf.delete(view);
  refresh();
}

/** The main view is the newest of those that stand alone, else the first of those that are linked, by
 * its key: which of them arrives first is chance. */
function refresh() {
  const all = (window.quantsimViz = window.quantsimViz || {});
  const views = [...hooksOf.keys()];
  all.graphs = Object.fromEntries(views.map((view) => [view.key, hooksOf.get(view)]));
  const main = views.filter((view) => !view.link).at(-1) || views.sort((a, b) => (a.key < b.key ? -1 : 1))[0];
  if (main) all.graph = hooksOf.get(main); else delete all.graph;
}

function makeHooks(view) {
  const nodeOf = (name) => {
    const node = view.layout?.indexOf.get(name);
    if (node === undefined) throw new Error(`no node is called ${name}`);
    return node;
  };
  return {
    nodes: () => {
      if (!view.layout) return [];
      const origin = view.canvas.getBoundingClientRect();
      return view.layout.fileOrder.map((i) => describe(view, origin, i));
    },
    select: (name) => { view.pick([nodeOf(name)]); view.reveal(nodeOf(name)); },
    centerOn: (name) => {
      view.reveal(nodeOf(name));
      view.centreOn(view.layout.shown[nodeOf(name)]);
      if (view.camera.flight) view.camera.jumpTo(view.camera.flight.to);
      view.paintNow();
    },
    repaint: () => { const start = performance.now(); view.paintNow(); return performance.now() - start; },
    preview: (status) => view.preview(status),
    get statuses() { return view.figures.status; },
    get selected() { return view.selection.map((node) => view.layout.names[node]); },
    get groups() { return view.layout ? view.layout.groups.map((g) => ({ path: g.path, label: g.label, collapsed: Boolean(g.collapsed), visible: Boolean(g.rect) })) : []; },
    get labels() { return view.labels; },
    get lit() { return view.lit && [...view.lit].map((node) => view.layout.names[node]); },
    get enclosures() { return view.hulls.map(({ members }) => members.map((node) => view.layout.names[node])); },
    get alike() { return view.layout ? [...view.alikeGroups()].map((group) => group.path) : []; },
    get mode() { return view.mode; },
    get scale() { return view.camera.k; },
    get moving() { return view.camera.flight !== null || view.frame !== 0; },
    get painted() { return view.painted; },
    get layoutHash() { return view.layout ? view.layout.hash : null; },
  };
}

/** A node with its status in the words of the JSON and its centre in the window's coordinates. */
function describe(view, origin, i) {
  const { layout, camera } = view;
  const item = layout.shown[i];
  const [x, y, w, h] = layout.boxes[item];
  const [sx, sy] = camera.toScreen(x + w / 2, y + h / 2);
  return {
    name: layout.names[i],
    op_type: layout.ops[i],
    status: view.looks ? view.looks.statusOf(view.figures.status[i]) : null,
    x: origin.left + sx,
    y: origin.top + sy,
    visible: item === i,
  };
}
