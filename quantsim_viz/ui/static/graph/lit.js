// What stands out: selection and hovered things with their wires; search, legend filter, a rule's nodes.

const MOST_STUBS = 40; // drawn in full at a time
const MOST_RINGS = 200; // matches of a search that get a ring each

/** Which nodes, items, segments and stubs of `view` are lit; `lit` is null while nothing narrows. */
export function litOf(view) {
  const { layout, hover, hoverWire } = view;
  const selectedItems = new Set(view.selection.map((node) => layout.shown[node]));
  if (view.loose !== null) selectedItems.add(view.loose);
  const lit = litNodes(view);
  const litSegments = new Set(), litStubs = new Set();
  const light = (item) => {
    for (const map of [layout.out.get(item), layout.in.get(item)]) {
      if (!map) continue;
      for (const wire of map.keys()) {
        const segments = layout.wires[wire][3];
        if (!segments.length && litStubs.size < MOST_STUBS) litStubs.add(wire);
        for (const segment of segments) litSegments.add(segment);
      }
    }
  };
  for (const item of selectedItems) light(item);
  if (hover !== null) light(hover);
  if (hoverWire !== null) for (const segment of layout.wires[hoverWire][3]) litSegments.add(segment);
  return {
    selectedItems,
    matches: new Set(view.found.length <= MOST_RINGS ? view.found.map((node) => layout.shown[node]) : []),
    lit,
    litItems: lit && new Set([...lit].map((node) => layout.shown[node])),
    litSegments,
    litStubs,
  };
}

/** The nodes that a rule, the legend's filter and the search leave, null where there is none of them. */
function litNodes({ layout, figures, filter, looks, panel, found }) {
  const tests = [];
  if (figures.highlight) tests.push((i) => figures.highlight.has(i));
  if (filter.size) tests.push((i) => filter.has(looks.of(i).entry));
  if (panel.query) { const hits = new Set(found); tests.push((i) => hits.has(i)); }
  if (!tests.length) return null;
  const lit = new Set();
  for (let i = 0; i < layout.count; i++) if (tests.every((test) => test(i))) lit.add(i);
  return lit;
}
