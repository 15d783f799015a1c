// The samples on which the sides disagree: what each made of them, and what they look like.

import { Letter, hueOf, signed } from "./letter.jsx";

const ORDER = ["second", "first", "neither", "other"];

export function Samples({ rows, letters, metric, empty }) {
  if (!rows.length) return <p class="empty">{empty}</p>;
  const [first, second] = letters;
  const groups = { second: [], first: [], neither: [], other: [] };
  for (const row of rows) groups[kindOf(row)].push(row);
  const titles = {
    second: `Only ${second} is right`, first: `Only ${first} is right`, neither: "Both are wrong, differently", other: `${metric?.name ?? "Scores"} differ most`,
  };
  return (
    <div class="scroll samples">
      {ORDER.filter((kind) => groups[kind].length).map((kind) => (
        <section key={kind} aria-label={titles[kind]}>
          <h3>{titles[kind]}<span class="count">{groups[kind].length}</span></h3>
          <ul>{groups[kind].map((row) => <Sample key={row.sample} row={row} letters={letters} />)}</ul>
        </section>))}
    </div>
  );
}

function kindOf({ hits }) {
  if (hits[0] == null) return "other";
  if (hits[0] === hits[1]) return "neither";
  return hits[1] ? "second" : "first";
}

function Sample({ row, letters }) {
  const [a, b] = row.pair;
  return (
    <li class="sample">
      {row.image
        ? <img src={row.image} alt={row.label == null ? `Sample ${row.sample}` : `Sample ${row.sample}, labelled ${row.label}`} />
        : <span class="no-image">#{row.sample}</span>}
      <dl>
        {row.label != null && <Said title="label" value={row.label} />}
        <Said title="float" value={row.float} right={row.float_right} />
        <Said letter={letters[0]} value={a} right={row.hits[0]} />
        <Said letter={letters[1]} value={b} right={row.hits[1]} />
        {row.hits[0] == null && <Said title="difference" value={signed(b - a, 4)} />}
      </dl>
      <small class="dim">#{row.sample}</small>
    </li>
  );
}

function Said({ title, letter, value, right }) {
  const shown = typeof value === "number" && !Number.isInteger(value) ? value.toPrecision(3) : value;
  return (
    <div class={letter ? hueOf(letter) : ""}>
      <dt>{letter ? <Letter letter={letter} small /> : title}</dt>
      <dd class={right === false ? "wrong" : ""}>{shown}{right != null && <span class={right ? "tick-mark" : "cross-mark"} role="img" aria-label={right ? "right" : "wrong"}>{right ? "✓" : "✗"}</span>}</dd>
    </div>
  );
}
