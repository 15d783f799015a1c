// Right of the graph: what is in effect at the selected node, and why, as a style inspector tells
// it: the winner on top, the overridden below and struck through, each with its line.

import { useRef } from "preact/hooks";
import { Mark } from "./status.jsx";

export function Inspector({ data, send }) {
  const view = data.view;
  if (!view) return <Overview model={data.overview} send={send} />;
  return (
    <div class="pane inspector scroll">
      <header>
        <h2>{view.name}</h2>
        <p class="kind"><Mark status={view.status} /> {view.status.word}<span class="type">{view.op_type}</span></p>
        {view.module && <p class="module"><code>{view.module}</code></p>}
        <p class="why">{view.why}</p>
        {view.refusal && <p class="refusal">{view.refusal}</p>}
      </header>
      {view.quantizers.map((item) => <Quantizer key={`${item.role}:${item.tensor}`} item={item} send={send} />)}
      {view.limits && <p class="limits">{view.limits}</p>}
      <Facts view={view} send={send} />
    </div>
  );
}

/** Nothing is selected: the model in a few facts, and where to begin. */
function Overview({ model, send }) {
  if (!model) return <div class="pane"><p class="empty">This node is not in the picture of the present configuration.</p></div>;
  return (
    <div class="pane inspector scroll">
      <header><h2>{model.name}</h2><p class="why dim">Select a node in the graph, the outline or the table to see what is in effect there, and why.</p></header>
      {model.starts.length > 0 && (
        <section class="starts">
          <h3>Worth a question</h3>
          {model.starts.map((item) => (
            <button type="button" class="row" key={item.node} onClick={() => send("select", { node: item.node })}>
              <Mark status={item.status} /><span class="name">{item.node}</span><span class="type">{item.op_type}, {item.status.word}</span>
            </button>))}
        </section>)}
      <section class="facts">
        <h3>Model</h3>
        <table><tbody>
          {model.facts.map(([name, value], index) => <tr key={index}><th scope="row">{name}</th><td>{value}</td></tr>)}
        </tbody></table>
      </section>
    </div>
  );
}

function Quantizer({ item, send }) {
  const [first, ...rest] = item.properties;
  return (
    <section class="quantizer">
      <h3><span class="role">{item.role}</span><span class={item.enabled ? "on" : "off"}>{item.summary}</span></h3>
      <p class="tensor"><code title={item.tensor}>{item.tensor}</code>{item.measured && <span class="measured">{item.measured}</span>}</p>
      {item.note && <p class="note">{item.note}</p>}
      {first && <Property property={first} send={send} />}
      <OffersOf property={first} item={item} send={send} />
      {rest.length > 0 && (
        <details>
          <summary>{rest.map((property) => `${property.title} ${property.value}`).join(" · ")}</summary>
          {rest.map((property) => (
            <div key={property.name}><Property property={property} send={send} /><OffersOf property={property} item={item} send={send} /></div>))}
        </details>
      )}
    </section>
  );
}

function OffersOf({ property, item, send }) {
  const offers = (item.offers ?? []).filter((offer) => offer.property === property?.name);
  return offers.length > 0 ? <Offers offers={offers} send={send} /> : null;
}

function Property({ property, send }) {
  return (
    <div class="property">
      <div class="computed"><span>{property.title}</span><b>{property.value}</b></div>
      <ol>
        {property.declarations.map((item, index) => (
          <li key={index} class={item.state} title={item.beaten}>
            <span class="value">{item.state === "overridden" ? <s>{item.value}</s> : item.value}</span>
            <span class="source">
              {item.line
                ? <button type="button" class="link" title="Show this rule and every node it touches"
                    onClick={() => send("rule", { pointer: item.pointer, line: item.line })}>{item.label}</button>
                : <span title={item.explain}>{item.label}</span>}
              {item.beaten && !item.beaten_by_row_above && <small>{item.beaten}</small>}
              {item.explain && item.state === "wins" && <small>{item.explain}</small>}
            </span>
            {item.line && <button type="button" class="link line" onClick={() => send("rule", { pointer: item.pointer, line: item.line })}>line {item.line}</button>}
          </li>
        ))}
      </ol>
    </div>
  );
}

const NOTHING = "changes nothing";

function Offers({ offers, send }) {
  const timer = useRef(null);
  const preview = (id) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => send("preview", { id }), id ? 90 : 0);
  };
  return (
    <div class="offers" onMouseLeave={() => preview(null)}>
      <span class="lead">Change</span>
      {offers.map((offer) => (
        <button type="button" key={offer.id} class="offer" disabled={offer.refused} title={offer.refused || offer.detail}
          onMouseEnter={() => !offer.refused && preview(offer.id)} onFocus={() => !offer.refused && preview(offer.id)}
          onBlur={() => preview(null)}
          data-idle={offer.counts === NOTHING}
          onClick={() => { clearTimeout(timer.current); send("offer", { id: offer.id }); }}>
          <span>{offer.title}</span><small>{offer.refused || offer.counts}</small>
        </button>
      ))}
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
            <th scope="row">{item.role}</th>
            <td>
              {item.node
                ? <button type="button" class="link" title={`Go to ${item.node}`} onClick={() => send("select", { node: item.node })}>{item.name}</button>
                : <span>{item.name}</span>}
              <small>{item.type}</small>
            </td>
          </tr>
        ))}
      </tbody></table>
      {view.attributes.length > 0 && (
        <>
          <h3>Attributes</h3>
          <table><tbody>
            {view.attributes.map(([name, value]) => <tr key={name}><th scope="row">{name}</th><td><code>{value}</code></td></tr>)}
          </tbody></table>
        </>
      )}
    </section>
  );
}
