// Right of the graph: what is in effect at the selected node, and why, as a style inspector tells
// it: the winner on top, the overridden below and struck through, each with its line.

import { Quantizer } from "./quantizer.jsx";
import { Mark } from "./status.jsx";

export function Inspector({ data, send }) {
  const view = data.view;
  if (!view) return <Overview model={data.overview} stale={data.stale} send={send} />;
  return (
    <div class="pane inspector scroll" key={view.name}>
      <header>
        <h2>{view.name}</h2>
        <p class="kind"><Mark status={view.status} /> {view.status.word}<span class="type">{view.domain ? `${view.domain}.` : ""}{view.op_type}</span></p>
        {view.module && <p class="module"><code>{view.module}</code></p>}
        <p class="why">{view.why}</p>
        {view.refusal && <p class="refusal">{view.refusal}</p>}
      </header>
      {view.quantizers.map((item) => 
        <Quantizer key={`${item.role}:${item.tensor}`} item={item} stale={data.stale} send={send}
          values={data.values?.tensor === item.tensor ? data.values : null} />)}
      {view.limits && <p class="limits">{view.limits}</p>}
      <Facts view={view} send={send} />
    </div>
  );
}

/** Nodes to begin with, each a click away. */
function Starts({ title, items, stale, send }) {
  if (!items.length) return null;
  return (
    <section class={stale ? "starts stale-figures" : "starts"}>
      <h3>{title}{stale && ", of an earlier state"}</h3>
      {items.map((item) => (
        <button type="button" class="row" key={item.node} onClick={() => send("select", { node: item.node })}>
          <Mark status={item.status} /><span class="name">{item.node}</span>
          <span class="type">{item.op_type}, {item.figure ?? item.status.word}</span>
        </button>))}
    </section>
  );
}

/** Nothing is selected: the model in a few facts, and where to begin. */
function Overview({ model, stale, send }) {
  if (!model) return <div class="pane"><p class="empty">Nothing is known of this node: the configuration is not valid, and none was before it. What to mend is said above the graph.</p></div>;
  return (
    <div class="pane inspector scroll">
      <header><h2>{model.name}</h2><p class="why dim">Select a node in the graph, the outline or the table to see what is in effect there, and why.</p></header>
      {model.calm && <p class="note">{model.calm}</p>}
      <Starts title="Worth a question" items={model.starts} send={send} />
      <Starts title="Lowest SQNR" items={model.worst ?? []} stale={stale} send={send} />
      <section class="facts">
        <h3>Model</h3>
        <table><tbody>
          {model.facts.map(([name, value], index) => <tr key={index}><th scope="row">{name}</th><td>{value}</td></tr>)}
        </tbody></table>
      </section>
    </div>
  );
}

function Facts({ view, send }) {
  return (
    <section class="facts">
      <h3>Inputs and outputs</h3>
      <table><tbody>
        {view.tensors.map((item, index) => (
          <tr key={index}>
            <th scope="row" title={item.formal ? `${item.role}, called ${item.formal} by the operator` : item.role}>{item.formal || item.role}</th>
            <td>
              <span class="tensor-name">{item.name}</span>
              <small>{item.type}{item.kind && `, ${item.kind}`}</small>
              {item.nodes.length > 0 && (
                <span class="behind">{item.role.startsWith("in") ? "from " : "to "}
                  {item.nodes.map((name) => (
                    <button type="button" class="link" key={name} title={`Go to ${name}`} onClick={() => send("select", { node: name })}>{name}</button>))}
                  {item.more > 0 && <small>and {item.more} more</small>}
                </span>)}
            </td>
          </tr>
        ))}
      </tbody></table>
      {view.attributes.length > 0 && (
        <>
          <h3>Attributes</h3>
          <table><tbody>
            {view.attributes.map(([name, kind, value]) => (
              <tr key={name}><th scope="row">{name}</th><td><code>{value}</code><small>{kind}</small></td></tr>))}
          </tbody></table>
        </>
      )}
    </section>
  );
}
