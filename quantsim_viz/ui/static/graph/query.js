// The search language of the graph and the tables: words that must all hold, e.g.
// `status:float op:Conv sqnr<20 -name:head`. What they are held against is asked of `facts`, functions
// of an item: `name`, `op`, `module`, `also` (more text that a plain word may be in), `statuses`
// (entries of the palette), `bits` (a word), `sqnr` (dB or null), `params` (names); and
// `touched`, the items that the rules at and below a pointer touch.

const COMPARISON = /^(sqnr|bits)(<=|>=|<|>|=|:)(-?\d+(?:\.\d+)?)$/i;
const FIELD = /^(status|op|name|module|rule|bits|param|dtype):(.*)$/i;

/** Compile a query into a test of an item; null for an empty query. */
export function compileQuery(text, facts) {
  const words = text.trim().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const tests = words.map((word) => {
    const negated = word.length > 1 && word[0] === "-";
    const test = compileWord(negated ? word.slice(1) : word, facts);
    return negated ? (item) => !test(item) : test;
  });
  return (item) => tests.every((test) => test(item));
}

/** Every node that a query finds, in file order. */
export function findNodes(text, view) {
  const test = compileQuery(text, factsOf(view));
  if (!test) return [];
  const found = [];
  for (let i = 0; i < view.layout.count; i++) if (test(i)) found.push(i);
  return found;
}

/** What the graph knows of its nodes, by number. */
function factsOf(view) {
  const { layout, figures } = view;
  return {
    name: (i) => layout.names[i],
    op: (i) => layout.ops[i],
    module: (i) => layout.modules[i],
    also: () => "",
    statuses: (i) => [view.looks.statuses.get(figures.status[i])],
    bits: (i) => view.bitWord(i),
    sqnr: (i) => (figures.sqnr ? figures.sqnr[i] : null),
    params: (i) => layout.parts[i].map((part) => part[1]),
    touched: (pointer) => touchedBy(pointer, view),
  };
}

function compileWord(word, facts) {
  let match = COMPARISON.exec(word);
  if (match) return compileComparison(match[1].toLowerCase(), match[2], Number(match[3]), facts);
  match = FIELD.exec(word);
  if (match) {
    const wanted = match[2].toLowerCase();
    switch (match[1].toLowerCase()) {
      case "status": return (item) => facts.statuses(item).some((entry) => entry && (entry.status.startsWith(wanted) || entry.word.startsWith(wanted)));
      case "op": return (item) => facts.op(item).toLowerCase() === wanted;
      case "name": return (item) => facts.name(item).toLowerCase().includes(wanted);
      case "module": return (item) => facts.module(item).toLowerCase().startsWith(wanted);
      case "bits": return (item) => facts.bits(item) === wanted;
      case "param": return (item) => facts.params(item).some((name) => name.toLowerCase().includes(wanted));
      case "rule": { const touched = facts.touched(match[2]); return (item) => touched.has(item); }
      default: break;
    }
  }
  match = /^\/(.+)\/$/.exec(word);
  if (match) {
    try {
      const pattern = new RegExp(match[1], "i");
      return (item) => pattern.test(facts.name(item)) || pattern.test(facts.op(item));
    } catch { return () => false; }
  }
  const needle = word.toLowerCase();
  return (item) => [facts.name, facts.op, facts.module, facts.also].some((text) => text(item).toLowerCase().includes(needle));
}

function compileComparison(field, sign, limit, facts) {
  const read = field === "sqnr" ? facts.sqnr : (item) => { const word = facts.bits(item); return /^\d+$/.test(word || "") ? Number(word) : null; };
  const holds = {
    "<": (v) => v < limit, ">": (v) => v > limit, "<=": (v) => v <= limit,
    ">=": (v) => v >= limit, "=": (v) => v === limit, ":": (v) => v === limit,
  }[sign];
  return (item) => { const v = read(item); return v !== null && v !== undefined && holds(v); };
}

/** Nodes touched by the rules whose pointer is, or begins with, the one given; asked for when not known. */
function touchedBy(pointer, view) {
  const rules = Object.entries(view.figures.rules).filter(([rule]) => rule === pointer || rule.startsWith(`${pointer}/`));
  if (!rules.length) view.askForRule(pointer);
  return new Set(rules.flatMap(([, nodes]) => nodes));
}
