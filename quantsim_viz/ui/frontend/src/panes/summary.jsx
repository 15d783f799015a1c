// The line under the choosers: how much of the model is integer, where it is not, and what stands
// in the way of a newer picture.

import { Mark } from "./status.jsx";

export function Summary({ data, send }) {
  return (
    <div class="summary">
      <p class="coverage">
        {(data.facts ?? []).map((fact) => (
          <span key={fact.label} class={fact.tone ?? ""} title={fact.hint}>
            {fact.act
              ? <button type="button" class="link" onClick={() => send(fact.act, { id: fact.id })}><b>{fact.value}</b> {fact.label}</button>
              : fact.node
              ? <button type="button" class="link" onClick={() => send("select", { node: fact.node })}>{fact.status && <Mark status={fact.status} />}<b>{fact.value}</b> {fact.label}</button>
              : <><b>{fact.value}</b> {fact.label}</>}
          </span>
        ))}
      </p>
      {(data.ribbons ?? []).map((ribbon) => (
        <p class={`ribbon ${ribbon.tone}`} key={ribbon.id} role="status">
          <span>{ribbon.text}</span>
          {ribbon.line && <button type="button" class="link" onClick={() => send("rule", { pointer: ribbon.rule ?? "", line: ribbon.line })}>line {ribbon.line}</button>}
          {ribbon.node && <button type="button" class="link" onClick={() => send("select", { node: ribbon.node })}>{ribbon.node}</button>}
          {(ribbon.actions ?? []).map(([type, title, id]) => (
            <button type="button" class="link" key={title} onClick={() => send(type, { id })}>{title}</button>))}
        </p>
      ))}
    </div>
  );
}
