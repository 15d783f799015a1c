// Forms for every section of the configuration, generated from its JSON schema. A form is a view of
// the document: every change goes to Python as `set {pointer, value}` (no value: take it out), and
// comes back as the document's new value.

import { useState } from "preact/hooks";
import { deref, pointerTo } from "../schema.js";
import { useRemote } from "./remote.js";

export function Forms({ data, send }) {
  const schema = useRemote(data.schema);
  const vocabulary = useRemote(data.vocabulary);
  const [section, setSection] = useState("op_type");
  if (data.hidden) return null;
  if (!schema) return <p class="empty">Reading the schema.</p>;
  if (data.value === null || data.value === undefined) {
    return <p class="empty">The text is not JSON at the moment, so there is nothing to fill a form with. Mend the marked line in the editor, or undo.</p>;
  }
  const names = Object.keys(schema.properties);
  const current = names.includes(section) ? section : names[0];
  const context = { root: schema, data, send, vocabulary: vocabulary ?? [] };
  const inner = deref(schema.properties[current], schema);
  return (
    <div class="forms">
      <nav aria-label="Sections of the configuration">
        {names.map((name) => (
          <button type="button" key={name} aria-current={name === current} onClick={() => setSection(name)}>
            <span>{deref(schema.properties[name], schema).title ?? name}</span>
            {data.value[name] === undefined && <small>absent</small>}
          </button>
        ))}
      </nav>
      <div class="scroll form-body">
        <p class="lead">{inner.description}</p>
        <Field schema={inner} value={data.value[current]} pointer={pointerTo("", current)} label={current} context={context} top />
      </div>
    </div>
  );
}

const isBoolean = (schema) => schema.enum?.length === 2 && schema.enum.includes("True");

function Field({ schema, value, pointer, label, context, top }) {
  const at = deref(schema, context.root);
  const shared = { schema: at, value, pointer, label, context };
  if (isBoolean(at)) return <Tri {...shared} />;
  if (at.enum) return <Choice {...shared} />;
  if (at.type === "object" && at.properties) return <ObjectForm {...shared} top={top} />;
  if (at.type === "object") return tabular(at, context.root) ? <EntryTable {...shared} /> : <MapForm {...shared} />;
  if (at.type === "array") return <ListForm {...shared} />;
  return <Plain {...shared} />;
}

/** "True", "False" or left out, as three segments; a value that AIMET refuses says so. */
function Tri({ schema, value, pointer, label, context }) {
  const refused = schema["x-refused"] ?? [];
  const options = [[undefined, "–", "left out: a more general rule decides"], ["True", "True", ""], ["False", "False", ""]];
  return (
    <span class="tri" role="radiogroup" aria-label={label}>
      {options.map(([option, text, hint]) => {
        const bad = refused.includes(option);
        return (
          <label key={text} class={`${value === option ? "chosen" : ""} ${bad ? "bad" : ""}`} title={bad ? "AIMET refuses this value here; leave the key out instead" : hint}>
            <input type="radio" name={pointer} checked={value === option} disabled={bad && value !== option}
              aria-label={`${label} ${option ?? "left out"}`} onChange={() => context.send("set", { pointer, value: option ?? null })} />
            {text}
          </label>
        );
      })}
    </span>
  );
}

function Choice({ schema, value, pointer, label, context }) {
  const known = schema.enum.includes(value);
  const pick = (event) => {
    const raw = event.currentTarget.value;
    context.send("set", { pointer, value: raw === "" ? null : schema.enum.find((option) => String(option) === raw) });
  };
  return (
    <select aria-label={label} value={value === undefined ? "" : String(value)} onChange={pick}>
      <option value="">–</option>
      {!known && value !== undefined && <option value={String(value)}>{String(value)}</option>}
      {schema.enum.map((option) => <option key={option} value={String(option)}>{String(option)}</option>)}
    </select>
  );
}

function Plain({ schema, value, pointer, label, context }) {
  const numeric = schema.type === "number" || schema.type === "integer";
  const commit = (event) => {
    const raw = event.currentTarget.value.trim();
    if (raw === (value === undefined ? "" : String(value))) return;
    context.send("set", { pointer, value: raw === "" ? null : numeric ? Number(raw) : raw });
  };
  const list = schema.examples ? `list${pointer}` : undefined;
  return (
    <>
      <input type={numeric ? "number" : "text"} step="any" aria-label={label} value={value ?? ""} list={list}
        placeholder="–" onChange={commit} />
      {list && <datalist id={list}>{schema.examples.map((item) => <option key={item} value={item} />)}</datalist>}
    </>
  );
}

function ObjectForm({ schema, value, pointer, label, context, top }) {
  const required = schema.required ?? [];
  return (
    <div class={top ? "object top" : "object"}>
      {Object.entries(schema.properties).map(([key, property]) => {
        const inner = deref(property, context.root);
        const at = pointerTo(pointer, key);
        const nested = inner.type === "object" || inner.type === "array";
        return (
          <div class={nested ? "field nested" : "field"} key={key}>
            <span class="label" title={inner.description}>{inner.title ?? key}<code>{key}</code>
              {inner["x-unused"] && <small>no effect in AIMET-ONNX</small>}</span>
            <Field schema={inner} value={value?.[key]} pointer={at} label={`${label} ${key}`} context={context} />
            {nested && value?.[key] !== undefined && !required.includes(key) && (
              <button type="button" class="link remove" onClick={() => context.send("set", { pointer: at, value: null })}>take out</button>)}
          </div>
        );
      })}
    </div>
  );
}

function tabular(schema, root) {
  const entry = deref(schema.additionalProperties, root);
  return Boolean(entry?.properties && Object.values(entry.properties).some((item) => isBoolean(deref(item, root))));
}

const FEW_ROWS = 15;
const MOST_ROWS = 100;

/** A map of entries as a table: names down, yes-no settings across, the rest in a row of its own. */
function EntryTable({ schema, value, pointer, label, context }) {
  const [open, setOpen] = useState({});
  const [query, setQuery] = useState("");
  const entry = deref(schema.additionalProperties, context.root);
  const properties = Object.entries(entry.properties).map(([key, item]) => [key, deref(item, context.root)]);
  const columns = properties.filter(([, item]) => isBoolean(item));
  const rest = properties.filter(([, item]) => !isBoolean(item));
  const written = Object.keys(value ?? {});
  const offered = suggestions(schema, context).filter(([name]) => !written.includes(name));
  const all = [...written.map((name) => [name, countOf(schema, context, name)]), ...offered];
  const matching = all.filter(([name]) => name.toLowerCase().includes(query.trim().toLowerCase()));
  const rows = matching.slice(0, MOST_ROWS);
  return (
    <>
      {all.length > FEW_ROWS && (
        <input class="filter" type="search" placeholder="Filter by name" aria-label={`Filter: ${label}`} value={query}
          onInput={(event) => setQuery(event.currentTarget.value)} />)}
      <table class="entries" aria-label={label}>
        <thead><tr>
          <th scope="col">{entry.title ?? "Name"}</th>
          {columns.map(([key, item]) => <th scope="col" key={key} title={item.description}>{item.title}<code>{key}</code></th>)}
          {rest.length > 0 && <th scope="col">More</th>}<td />
        </tr></thead>
        <tbody>
          {rows.map(([name, count]) => {
            const at = pointerTo(pointer, name);
            const here = value?.[name];
            const more = rest.filter(([key]) => here?.[key] !== undefined).map(([key]) => key);
            return [
              <tr key={name} class={here === undefined ? "absent" : ""}>
                <th scope="row">{name}{count != null && <small title="nodes in this model"> {count}</small>}</th>
                {columns.map(([key, item]) => (
                  <td key={key}><Tri schema={item} value={here?.[key]} pointer={pointerTo(at, key)} label={`${name} ${key}`} context={context} /></td>))}
                {rest.length > 0 && (
                  <td><button type="button" class="link" aria-expanded={!!open[name]} onClick={() => setOpen({ ...open, [name]: !open[name] })}>
                    {open[name] ? "▾ " : "▸ "}{more.length ? more.join(", ") : "more"}</button></td>)}
                <td>{here !== undefined && <button type="button" class="link remove" aria-label={`take out ${name}`}
                  onClick={() => context.send("set", { pointer: at, value: null })}>take out</button>}</td>
              </tr>,
              open[name] && (
                <tr key={`${name} more`} class="more"><td colSpan={columns.length + 3}>
                  <ObjectForm schema={{ properties: Object.fromEntries(rest) }} value={here} pointer={at} label={name} context={context} />
                </td></tr>),
            ];
          })}
        </tbody>
      </table>
      {matching.length > rows.length && <p class="dim">{matching.length - rows.length} more: filter by name to see them.</p>}
      <AddName pointer={pointer} taken={written} context={context} kind={entry.title ?? "entry"}
        known={namesOf(schema, context).filter((name) => all.every(([shown]) => shown !== name))} />
    </>
  );
}

/** Names worth offering: what the model holds, or what the schema gives as examples. */
function suggestions(schema, context) {
  const names = schema.propertyNames ?? {};
  if (names["x-suggest"] === "op_types") return context.data.op_types ?? [];
  return (names.examples ?? []).map((name) => [name, countOf(schema, context, name)]);
}

/** Names that may be added: of the standard, or those the schema gives. */
function namesOf(schema, context) {
  const names = schema.propertyNames ?? {};
  return names["x-suggest"] === "op_types" ? context.vocabulary : names.examples ?? [];
}

function countOf(schema, context, name) {
  if (schema.propertyNames?.["x-suggest"] !== "op_types") return null;
  return context.data.op_types?.find(([known]) => known === name)?.[1] ?? 0;
}

function AddName({ pointer, taken, context, kind, known = [] }) {
  const [name, setName] = useState("");
  const add = (event) => {
    event.preventDefault();
    const wanted = name.trim();
    if (!wanted || taken.includes(wanted)) return;
    context.send("set", { pointer: pointerTo(pointer, wanted), value: {} });
    setName("");
  };
  return (
    <form class="add" onSubmit={add}>
      <input type="text" aria-label={`Another ${kind.toLowerCase()}`} placeholder={`Another ${kind.toLowerCase()}`} value={name}
        list={known.length ? `more${pointer}` : undefined} onInput={(event) => setName(event.currentTarget.value)} />
      {known.length > 0 && <datalist id={`more${pointer}`}>{known.map((item) => <option key={item} value={item} />)}</datalist>}
      <button type="submit" class="act">Add</button>
    </form>
  );
}

function MapForm({ schema, value, pointer, label, context }) {
  const inner = deref(schema.additionalProperties, context.root);
  return (
    <div class="object">
      {Object.entries(value ?? {}).map(([key, item]) => (
        <div class="field" key={key}><span class="label">{key}</span>
          <Field schema={inner} value={item} pointer={pointerTo(pointer, key)} label={`${label} ${key}`} context={context} /></div>))}
      <AddName pointer={pointer} taken={Object.keys(value ?? {})} context={context} kind={inner?.title ?? "entry"} />
    </div>
  );
}

function ListForm({ schema, value, pointer, label, context }) {
  const items = deref(schema.items, context.root);
  if (items.properties?.op_list) return <Groups value={value} pointer={pointer} label={label} context={context} />;
  if (items.type === "string") return <Names schema={items} value={value} pointer={pointer} label={label} context={context} />;
  const fresh = Object.fromEntries((items.required ?? []).map((key) => [key, {}]));
  return (
    <div class="list">
      {(value ?? []).map((item, index) => (
        <div class="item" key={index}>
          <Field schema={items} value={item} pointer={pointerTo(pointer, index)} label={`${label} ${index + 1}`} context={context} />
          <button type="button" class="link remove" onClick={() => context.send("set", { pointer: pointerTo(pointer, index), value: null })}>take out</button>
        </div>))}
      <button type="button" class="act" onClick={() => context.send("set", { pointer, value: [...(value ?? []), fresh] })}>Add</button>
    </div>
  );
}

/** Supergroups: one chain of operator types a line. */
function Groups({ value, pointer, label, context }) {
  const groups = value ?? [];
  const [text, setText] = useState("");
  const types = [...new Set([...(context.data.op_types ?? []).map(([name]) => name), ...context.vocabulary])];
  const parsed = text.split(/[\s,→>]+/).filter(Boolean);
  const add = (event) => {
    event.preventDefault();
    if (parsed.length < 2) return;
    context.send("set", { pointer, value: [...groups, { op_list: parsed }] });
    setText("");
  };
  return (
    <div class="groups" aria-label={label}>
      {groups.map((group, index) => (
        <div class="group-line" key={index}>
          <span class="chain">{(group.op_list ?? []).map((type, at) => <span key={at}>{at > 0 && <i>→</i>}<code>{type}</code></span>)}</span>
          <button type="button" class="link remove" aria-label={`take out the supergroup ${(group.op_list ?? []).join(", ")}`}
            onClick={() => context.send("set", { pointer: pointerTo(pointer, index), value: null })}>take out</button>
        </div>))}
      <form class="add" onSubmit={add}>
        <input type="text" aria-label="Operator types of another supergroup, in order" placeholder="Conv Relu" value={text} list="op-types"
          onInput={(event) => setText(event.currentTarget.value)} />
        <datalist id="op-types">{types.map((name) => <option key={name} value={name} />)}</datalist>
        <button type="submit" class="act" disabled={parsed.length < 2} title="Two operator types or more, in order">Add supergroup</button>
      </form>
    </div>
  );
}

function Names({ schema, value, pointer, label, context }) {
  const chosen = value ?? [];
  const offered = [...new Set([...(schema.examples ?? []), ...chosen])];
  const toggle = (name) => {
    const next = chosen.includes(name) ? chosen.filter((item) => item !== name) : [...chosen, name];
    context.send("set", { pointer, value: next });
  };
  return (
    <div class="names" role="group" aria-label={label}>
      {offered.map((name) => (
        <label key={name}><input type="checkbox" checked={chosen.includes(name)} onChange={() => toggle(name)} /> {name}</label>))}
    </div>
  );
}
