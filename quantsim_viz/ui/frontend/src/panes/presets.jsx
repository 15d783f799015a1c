// The shipped configurations: what each says, whose rules it states and since when, where these are
// written down, and what of them the format cannot express.

import { useEffect, useState } from "preact/hooks";
import { useRemote } from "./remote.js";

export function Presets({ data, send }) {
  const rows = useRemote(data.presets);
  const [query, setQuery] = useState("");
  const [chosen, setChosen] = useState(null);
  // Who asks for what is open sees that, whatever was looked up before.
  useEffect(() => { setChosen(null); setQuery(""); }, [data.asked]);
  if (!rows) return <p class="empty">Reading the presets.</p>;
  const wanted = query.trim().toLowerCase();
  const shown = rows.filter((row) => `${row.title} ${row.name} ${row.target} ${row.description}`.toLowerCase().includes(wanted));
  const current = shown.find((row) => row.name === (chosen ?? data.current)) ?? shown[0];
  return (
    <div class="presets">
      <nav aria-label="Presets">
        <input class="filter" type="search" placeholder="Filter presets" aria-label="Filter presets" value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
        <div class="scroll">
          {shown.map((row) => (
            <button type="button" key={row.name} aria-current={row === current} onClick={() => setChosen(row.name)}>
              <span>{row.title}</span>{row.name === data.current && <small>open</small>}
            </button>))}
          {shown.length === 0 && <p class="empty">No preset holds that text.</p>}
        </div>
      </nav>
      {current && <Card row={current} data={data} send={send} />}
    </div>
  );
}

function Card({ row, data, send }) {
  return (
    <article class="scroll preset" aria-label={row.title} key={row.name}>
      <h3>{row.title}<code>{row.name}</code></h3>
      <p class="acts">
        <button type="button" class="act" disabled={row.name === data.current && data.pristine} onClick={() => send("open_config", { reference: row.name })}>Open</button>
        <button type="button" class="act" onClick={() => send("against", { reference: row.name, show: true })}>See what the document changes against it</button>
      </p>
      <p>{row.description}</p>
      {(row.target || row.bits || row.checked) && (
        <p class="dim">{[row.target && `States the rules of ${row.target}`, row.bits && `integers: ${row.bits}`, row.checked && `sources looked at ${row.checked}`].filter(Boolean).join("; ")}.</p>)}
      {row.cannot.length > 0 && (
        <>
          <h4>What the format cannot express</h4>
          <ul>{row.cannot.map((line) => <li key={line}>{line}</li>)}</ul>
        </>)}
      {row.rules.length > 0 && (
        <>
          <h4>What its rules stand for</h4>
          <ul>{row.rules.map((line) => <li key={line}>{line}</li>)}</ul>
        </>)}
      {row.sources.length > 0 && (
        <>
          <h4>Sources</h4>
          <ul>{row.sources.map((source) => (
            <li key={source.title}><a href={source.url} target="_blank" rel="noreferrer">{source.title}</a> <small>{source.how}</small></li>))}</ul>
        </>)}
    </article>
  );
}
