// One quantizer in the inspector: each property with a switch in its place. Choosing another value
// offers where to set it, the narrowest first; hovering or focusing an offer previews it.

import { useRef, useState } from "preact/hooks";
import { Values } from "./values.jsx";

export function Quantizer({ item, values, stale, send }) {
  const figures = stale ? { class: "stale-figures", title: "Of an earlier state" } : {};
  return (
    <section class="quantizer">
      <h3><span class="role">{item.role}</span><span class={item.enabled ? "on" : "off"}>{item.summary}</span></h3>
      <p class="tensor"><code title={item.tensor}>{item.tensor}</code>{item.measured && <span class="measured"><span {...figures}>{item.measured}{stale && ", earlier"}</span></span>}</p>
      <p class="grid-line">
        <button type="button" class="fold" aria-expanded={Boolean(values)} title="How its values are spread, and the grid they are rounded to"
          onClick={() => send("examine", { tensor: values ? null : item.tensor })}>{values ? "▾" : "▸"} values and grid</button>
        {item.grid && <span {...figures}>{stale && "earlier: "}{item.grid}</span>}
      </p>
      {values && <Values data={values} />}
      {item.note && <p class="note">{item.note}</p>}
      {item.properties.map((property) => <Property key={property.name} property={property} item={item} send={send} />)}
    </section>
  );
}

/** Which cascades are unfolded, by role and property: kept from one node to the next. */
const unfolded = new Set();

function Property({ property, item, send }) {
  const main = property.name === "enabled";
  const key = `${item.role}:${property.name}`;
  const [open, setOpen] = useState(main || unfolded.has(key));
  const [asked, setWanted] = useState(null);
  const wanted = asked === property.current && !property.range ? null : asked;  // it has come about
  const box = useRef(null);
  const fold = () => {
    unfolded[open ? "delete" : "add"](key);
    setOpen(!open);
  };
  const choose = (value) => {
    if (main) return box.current?.querySelector(".offer:not(:disabled)")?.focus();
    const next = value === property.current || value === wanted ? null : value;
    const isForm = property.range && value === "fixed" && wanted !== "fixed";
    setWanted(isForm ? "fixed" : next);
    if (next || isForm) send("consider", { tensor: item.tensor, property: property.name });
  };
  const offers = main ? property.offers : property.offers.filter((offer) => offer.wanted === wanted);
  const winner = property.declarations.find((row) => row.state === "wins");
  return (
    <div class="property" ref={box}>
      <div class="computed">
        {main ? <span class="title">{property.title}</span> : (
          <button type="button" class="title fold" aria-expanded={open} onClick={fold}>{open ? "▾" : "▸"} {property.title}</button>)}
        {property.switch.length > 1
          ? <Switch property={property} wanted={wanted} role={item.role} choose={choose} />
          : <b>{property.value}</b>}
        {!open && winner?.line && <LineLink row={winner} send={send} />}
      </div>
      {property.current === "fixed" && <p class="note">{property.value}</p>}
      {open && <Cascade rows={property.declarations} send={send} />}
      {(offers.length > 0 || (wanted === "fixed" && property.range)) && (
        <Offers lead={main ? "Change" : "Set here"} offers={offers} form={wanted === "fixed" ? property.range : null} send={send} />)}
      {property.limit && (open || wanted) && <p class="limit">{property.limit}</p>}
    </div>
  );
}

function Switch({ property, wanted, role, choose }) {
  return (
    <span class="switch" role="group" aria-label={`${property.title}, ${role}`}>
      {property.switch.map(([value, label]) => (
        <button type="button" key={value} aria-pressed={value === property.current} data-wanted={value === wanted}
          title={value === property.current ? "in effect" : "See where this could be set"}
          onClick={() => choose(value)}>{label}</button>))}
    </span>
  );
}

function LineLink({ row, send }) {
  return (
    <button type="button" class="link line" title={`${row.label}: show this rule and every node it touches`}
      onClick={() => send("rule", { pointer: row.pointer, line: row.line })}>line {row.line}</button>
  );
}

function Cascade({ rows, send }) {
  return (
    <ol>
      {rows.map((item, index) => (
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
          {item.line && <LineLink row={item} send={send} />}
        </li>
      ))}
    </ol>
  );
}

const NOTHING = "changes nothing";
const NOT_COUNTED = "\u00a0"; // keeps the room that the counts will take
const HOVER_MS = 90;

// Where an offer was clicked last. What comes to stand under a pointer that rests there was not
// pointed at by anybody, and must not paint over what the click did.
let clicked = "";
const placeOf = (event) => `${event.clientX},${event.clientY}`;

function Offers({ lead, offers, form, send }) {
  const timer = useRef(null);
  const shown = useRef(null);
  const preview = (what) => {
    clearTimeout(timer.current);
    shown.current = what?.id ?? null;
    timer.current = setTimeout(() => send("preview", what ?? { id: null }), what ? HOVER_MS : 0);
  };
  const act = (type, payload) => {
    clearTimeout(timer.current);
    send(type, payload);
  };
  const look = (offer) => !offer.refused && shown.current !== offer.id && preview({ id: offer.id });
  const point = (event, offer) => {
    if (placeOf(event) === clicked) return;
    clicked = "";
    look(offer);
  };
  const take = (event, offer) => {
    clicked = placeOf(event);
    shown.current = null;
    act("offer", { id: offer.id });
  };
  return (
    <div class="offers" onMouseLeave={() => preview(null)}>
      <span class="lead">{lead}</span>
      {offers.map((offer) => (
        <button type="button" key={offer.id} class="offer" disabled={offer.refused} title={offer.refused || offer.detail}
          onMouseEnter={(event) => point(event, offer)} onMouseMove={(event) => point(event, offer)} onFocus={() => look(offer)}
          onBlur={() => preview(null)}
          data-idle={offer.counts === NOTHING}
          onClick={(event) => take(event, offer)}>
          <span>{offer.title}</span><small>{offer.refused || offer.counts || NOT_COUNTED}</small>
        </button>
      ))}
      {form && <RangeForm form={form} preview={preview} act={act} />}
    </div>
  );
}

function RangeForm({ form, preview, act }) {
  const [low, setLow] = useState(form.min ?? "");
  const [high, setHigh] = useState(form.max ?? "");
  const ready = low !== "" && Number.isFinite(Number(low)) && (high === "" || Number(high) > Number(low));
  const value = () => ({ min: Number(low), ...(high === "" ? {} : { max: Number(high) }) });
  const look = () => ready && preview({ pointer: form.pointer, value: value() });
  const set = (event) => {
    event.preventDefault();
    if (ready) act("set", { pointer: form.pointer, value: value() });
  };
  return (
    <form class="range" onSubmit={set}>
      <label>from <input type="number" step="any" value={low} aria-label="Smallest value of the range" onInput={(event) => setLow(event.currentTarget.value)} /></label>
      <label>to <input type="number" step="any" value={high} placeholder="observed" aria-label="Largest value of the range; empty: as observed" onInput={(event) => setHigh(event.currentTarget.value)} /></label>
      <button type="submit" class="act" disabled={!ready} onMouseEnter={look} onFocus={look} onBlur={() => preview(null)}>Set for {form.reach}</button>
    </form>
  );
}
