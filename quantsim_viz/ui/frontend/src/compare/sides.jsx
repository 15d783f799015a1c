// What is compared, and what could be: every configuration with a switch for each side.

import { useState } from "preact/hooks";
import { Letter, hueOf } from "./letter.jsx";

export function Sides({ data, send }) {
  const [query, setQuery] = useState("");
  const wanted = query.trim().toLowerCase();
  const rows = wanted ? data.rows.filter((row) => `${row.title} ${row.reference} ${row.hint}`.toLowerCase().includes(wanted)) : data.rows;
  return (
    <div class="pane sides">
      <section class="chosen" aria-label="Compared">
        {data.sides.map((side) => <Chosen key={side.letter} side={side} send={send} beside={side.letter === data.other} more={data.sides.length > 2} />)}
        {data.sides.length > 1 && <button type="button" class="link swap" onClick={() => send("swap")}>Swap A and {data.other}</button>}
      </section>
      <div class="offered-head">
        <h2>Configurations</h2>
        <span class="dim">press A, then B</span>
      </div>
      <input class="filter" type="search" placeholder="Filter" aria-label="Filter configurations" value={query}
        onInput={(event) => setQuery(event.currentTarget.value)} />
      <ul class="scroll offered" aria-label="Configurations to compare">
        {rows.map((row) => <Offered key={row.reference} row={row} next={data.next} send={send} />)}
        {rows.length === 0 && <li class="empty">None holds that text.</li>}
      </ul>
    </div>
  );
}

function Chosen({ side, send, beside, more }) {
  const { letter, name, note, problem } = side;
  return (
    <div class={`side ${hueOf(letter)}${problem ? " refused" : ""}`}>
      <Letter letter={letter} />
      <div class="side-text">
        {more && letter !== "A"
          ? <button type="button" class="link name" aria-pressed={beside} title={`Set ${name} beside A in detail`} onClick={() => send("beside", { letter })}>{name}</button>
          : <span class="name" title={name}>{name}</span>}
        {note && <small>{note}</small>}
        {problem && <small class="problem-text" role="alert">{problem}</small>}
      </div>
      <button type="button" class="quiet" aria-label={`Edit ${letter}, ${name}`} title="Edit it here" onClick={() => send("edit_side", { letter })}>✎</button>
      <button type="button" class="quiet" aria-label={`Take ${letter} out`} title="Take it out" onClick={() => send("drop", { letter })}>×</button>
    </div>
  );
}

function Offered({ row, next, send }) {
  const taken = row.letters;
  const more = taken.filter((letter) => letter > "B");
  const press = (letter) => send(taken.includes(letter) ? "drop" : "assign", { letter, reference: row.reference });
  return (
    <li class={row.kind === "heading" ? "heading" : "offer-row"} title={row.hint}>
      <span class="name">{row.title}</span>
      {row.kind !== "heading" && (
        <span class="switches" role="group" aria-label={row.title}>
          {["A", "B"].map((letter) => (
            <button type="button" key={letter} class={`switch ${hueOf(letter)}`} aria-pressed={taken.includes(letter)}
              aria-label={`${row.title} as ${letter}`} onClick={() => press(letter)}>{letter}</button>))}
          {more.map((letter) => (
            <button type="button" key={letter} class={`switch ${hueOf(letter)}`} aria-pressed="true" aria-label={`${row.title} as ${letter}`}
              onClick={() => send("drop", { letter })}>{letter}</button>))}
          {more.length === 0 && <button type="button" class="switch plus" disabled={!next} aria-label={`${row.title} as a further side`}
            title={next ? `As ${next}, besides the others` : "Six sides are the most"} onClick={() => send("assign", { letter: "+", reference: row.reference })}>+</button>}
        </span>)}
    </li>
  );
}
