// The search language: words that must all hold, e.g. `status:float op:Conv sqnr<20 -name:head`.

const COMPARISON = /^(sqnr|bits)(<=|>=|<|>|=|:)(-?\d+(?:\.\d+)?)$/i;
const FIELD = /^(status|op|name|module|rule|bits|param|dtype):(.*)$/i;

/** Compile a query into a test of a node's number; null for an empty query. */
export function compileQuery(text, view) {
  const words = text.trim().split(/\s+/).filter(Boolean);
  if (!words.length) return null;
  const tests = words.map((word) => {
    const negated = word.length > 1 && word[0] === "-";
    const test = compileWord(negated ? word.slice(1) : word, view);
    return negated ? (i) => !test(i) : test;
  });
  return (i) => tests.every((test) => test(i));
}

/** Every node that a query finds, in file order. */
export function findNodes(text, view) {
  const test = compileQuery(text, view);
  if (!test) return [];
  const found = [];
  for (let i = 0; i < view.layout.count; i++) if (test(i)) found.push(i);
  return found;
}

function compileWord(word, view) {
  const { layout, figures } = view;
  let match = COMPARISON.exec(word);
  if (match) return compileComparison(match[1].toLowerCase(), match[2], Number(match[3]), view);
  match = FIELD.exec(word);
  if (match) {
    const wanted = match[2].toLowerCase();
    switch (match[1].toLowerCase()) {
      case "status": return (i) => {
        const entry = view.looks.statuses.get(figures.status[i]);
        return Boolean(entry) && (entry.status.startsWith(wanted) || entry.word.startsWith(wanted));
      };
      case "op": return (i) => layout.ops[i].toLowerCase() === wanted;
      case "name": return (i) => layout.names[i].toLowerCase().includes(wanted);
      case "module": return (i) => layout.modules[i].toLowerCase().startsWith(wanted);
      case "bits": return (i) => view.bitWord(i) === wanted;
      case "param": return (i) => layout.parts[i].some((part) => part[1].toLowerCase().includes(wanted));
      case "rule": return compileRule(match[2], view);
      default: break;
    }
  }
  match = /^\/(.+)\/$/.exec(word);
  if (match) {
    try {
      const pattern = new RegExp(match[1], "i");
      return (i) => pattern.test(layout.names[i]) || pattern.test(layout.ops[i]);
    } catch { return () => false; }
  }
  const needle = word.toLowerCase();
  return (i) => layout.names[i].toLowerCase().includes(needle)
    || layout.ops[i].toLowerCase().includes(needle)
    || layout.modules[i].toLowerCase().includes(needle);
}

function compileComparison(field, sign, limit, view) {
  const read = field === "sqnr"
    ? (i) => (view.figures.sqnr ? view.figures.sqnr[i] : null)
    : (i) => { const word = view.bitWord(i); return /^\d+$/.test(word || "") ? Number(word) : null; };
  const holds = {
    "<": (v) => v < limit, ">": (v) => v > limit, "<=": (v) => v <= limit,
    ">=": (v) => v >= limit, "=": (v) => v === limit, ":": (v) => v === limit,
  }[sign];
  return (i) => { const v = read(i); return v !== null && v !== undefined && holds(v); };
}

/** Nodes touched by the rules whose pointer is, or begins with, the one given; asked for when not known. */
function compileRule(pointer, view) {
  const touched = new Set();
  const rules = Object.entries(view.figures.rules).filter(([rule]) => rule === pointer || rule.startsWith(`${pointer}/`));
  if (!rules.length) view.askForRule(pointer);
  for (const [, nodes] of rules) for (const node of nodes) touched.add(node);
  return (i) => touched.has(i);
}
