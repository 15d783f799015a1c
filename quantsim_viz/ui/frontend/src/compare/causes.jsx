// What differs in effect, grouped by the rule that causes it, and what each rule does.

import { Delta, Letter } from "./letter.jsx";

export function Causes({ data, send }) {
  return (
    <div class="pane causes">
      <header class="causes-head">
        <h2>What differs</h2>
        <p class="dim">{data.lead}</p>
      </header>
      <ul class="scroll" aria-label="What differs, by cause">
        {data.causes.map((cause) => <Cause key={cause.id} cause={cause} data={data} send={send} />)}
        {data.idle.length > 0 && (
          <li class="idle-rules">
            <details>
              <summary>{data.idle.length} more changed rule{data.idle.length === 1 ? "" : "s"} that decide{data.idle.length === 1 ? "s" : ""} none of these</summary>
              <ul>{data.idle.map((cause) => <li key={cause.id}><code>{cause.label}</code> <small>{cause.what}</small> <Places cause={cause} send={send} /></li>)}</ul>
            </details>
          </li>)}
      </ul>
      {data.foot && <p class="foot"><small>{data.foot}</small>{data.can_attribute && <button type="button" class="act" onClick={() => send("attribute")}>Try each rule</button>}</p>}
    </div>
  );
}

function Cause({ cause, data, send }) {
  const selected = cause.id === data.selected;
  const nodes = cause.nodes.length;
  return (
    <li class={`cause${selected ? " selected" : ""}`}>
      <button type="button" class="cause-main" aria-pressed={selected} onClick={() => send("cause", { id: cause.id })}
        title={selected ? "Show all nodes again" : `Light up ${nodes} node${nodes === 1 ? "" : "s"} in the graph`}>
        <span class="cause-rule"><code>{cause.label}</code></span>
        {cause.what && <span class="cause-what">{cause.what}</span>}
        {cause.text && <span class="cause-effect"><b>{cause.text}</b>{nodes > 0 && <span class="dim"> · {nodes} node{nodes === 1 ? "" : "s"}</span>}</span>}
      </button>
      <div class="cause-foot">
        <Places cause={cause} send={send} />
        {selected && cause.nodes.length > 0 && (
          <span class="cause-nodes">{cause.nodes.slice(0, 4).map((name) => <button type="button" class="link" key={name} onClick={() => send("select", { node: name })}>{name}</button>)}
            {nodes > 4 && <span class="dim">and {nodes - 4} more</span>}</span>)}
      </div>
      {selected && cause.effects.length > 1 && (
        <ul class="effects">{cause.effects.map((effect) => <li key={effect.what + effect.tensors[0]}><b>{effect.count}</b> {effect.what} <small title={effect.tensors.join(", ")}>{effect.tensors.slice(0, 3).join(", ")}{effect.count > 3 ? ", …" : ""}</small></li>)}</ul>)}
      {cause.share && <Share share={cause.share} data={data} />}
    </li>
  );
}

function Places({ cause, send }) {
  return (cause.places ?? []).map(({ letter, line }) => (
    <button type="button" class="link place" key={letter} onClick={() => send("line", { letter, line })} title={`Show it in the editor of ${letter}`}>
      <Letter letter={letter} small />line {line}</button>));
}

/** What a rule does to the figures: made alone on A, and left out of B. */
function Share({ share, data }) {
  const width = (value) => `${Math.min(Math.abs(value ?? 0) / (data.most_db || 1), 1) * 50}%`;
  const row = (title, hint, part) => (part.refused
    ? <div class="share-row" title={part.refused}><span class="share-title">{title}</span><span class="refused-part">AIMET refuses it</span></div>
    : <div class="share-row" title={hint}>
      <span class="share-title">{title}</span>
      <span class="share-bar" aria-hidden="true"><i class={part.db >= 0 ? "up" : "down"} style={part.db >= 0 ? { left: "50%", width: width(part.db) } : { right: "50%", width: width(part.db) }} /></span>
      <span class="num"><Delta value={part.db} unit=" dB" /></span>
      <span class="num">{part.score != null && <Delta value={part.score * data.scale} digits={data.digits} unit={data.scale === 100 ? " pt" : ""} good={data.metric === "mse" || data.metric === "mae" ? -1 : 1} />}</span>
    </div>
  );
  return (
    <div class="share">
      {row("alone", "A with this rule changed and no other: against A", share.alone)}
      {row("on top", "The other side against itself without this change: what it adds to all the others", share.rest)}
    </div>
  );
}
