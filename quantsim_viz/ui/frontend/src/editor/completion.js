// Completion from the configuration's JSON schema: keys that may stand here and are not there yet,
// values that may, and the model's own operator types.

import { syntaxTree } from "@codemirror/language";
import { alternatives, deref } from "../schema.js";

const unquote = (text) => text.replace(/^"|"$/g, "");

/** Where in the document a syntax node stands: keys and indices from the root down. */
function pathOf(state, node) {
  const path = [];
  for (let at = node; at; at = at.parent) {
    const parent = at.parent;
    if (at.name === "Property") {
      path.unshift(unquote(state.sliceDoc(at.firstChild.from, at.firstChild.to)));
    } else if (parent?.name === "Array" && at.name !== "[" && at.name !== "]") {
      path.unshift(0);
    }
  }
  return path;
}

function schemasAt(path, root) {
  let level = [...alternatives(root, root)];
  for (const key of path) {
    const next = [];
    for (const schema of level) {
      let inner = null;
      if (typeof key === "number") inner = schema.items;
      else if (schema.properties?.[key]) inner = schema.properties[key];
      else if (typeof schema.additionalProperties === "object") inner = schema.additionalProperties;
      if (inner) next.push(...alternatives(inner, root));
    }
    level = next;
  }
  return level;
}

const BODIES = { object: "{}", array: "[]" }; // what a new key begins with; the caret goes within

const info = (schema) => schema.description || schema.title || undefined;

function keyOptions(path, schemas, root, present, names) {
  const options = new Map();
  for (const schema of schemas) {
    for (const [key, inner] of Object.entries(schema.properties ?? {})) {
      const target = deref(inner, root);
      options.set(key, { label: key, type: "property", info: info(target ?? {}), body: BODIES[target?.type] });
    }
  }
  if (path.length === 1 && path[0] === "op_type") {
    for (const [name, count] of names.opTypes) {
      options.set(name, { label: name, type: "class", detail: `${count} in this model`, boost: 99, body: BODIES.object });
    }
    for (const name of names.standard) {
      if (!options.has(name)) options.set(name, { label: name, type: "class", detail: "not in this model", boost: -99, body: BODIES.object });
    }
  }
  if (path.at(-1) === "params") {
    for (const name of names.paramTypes) options.set(name, { label: name, type: "class", body: BODIES.object });
  }
  return [...options.values()].filter((option) => !present.has(option.label));
}

function valueOptions(path, schemas, names) {
  const options = new Map();
  for (const schema of schemas) {
    const values = schema.enum ?? (schema.const === undefined ? [] : [schema.const]);
    for (const value of values) {
      options.set(value, { label: String(value), type: "enum", info: info(schema), raw: value });
    }
  }
  if (path.at(-2) === "op_list") {
    for (const [name, count] of names.opTypes) {
      options.set(name, { label: name, type: "class", detail: `${count} in this model`, raw: name, boost: 99 });
    }
    for (const name of names.standard) {
      if (!options.has(name)) options.set(name, { label: name, type: "class", detail: "not in this model", raw: name, boost: -99 });
    }
  }
  return [...options.values()];
}

/** A CodeMirror completion source over `{schema, opTypes: [[name, count]], paramTypes: [name]}`. */
export function schemaCompletion(getHints) {
  return (context) => {
    const hints = getHints();
    if (!hints?.schema) return null;
    const { state, pos } = context;
    const node = syntaxTree(state).resolveInner(pos, -1);
    const text = STRINGS.has(node.name);
    if (!text && !context.explicit) return null;
    const names = {
      opTypes: hints.opTypes ?? [], standard: hints.vocabulary ?? [], paramTypes: hints.paramTypes ?? [],
    };
    const object = objectOfKey(node);
    if (object) {
      const path = pathOf(state, object);
      const present = keysOf(state, object, pos);
      const schemas = schemasAt(path, hints.schema);
      const options = keyOptions(path, schemas, hints.schema, present, names);
      return result(options, node, pos, (option) => `${JSON.stringify(option.label)}: ${option.body ?? ""}`);
    }
    const path = pathOf(state, node);
    const options = valueOptions([...path, ""], schemasAt(path, hints.schema), names);
    return result(options, node, pos, (option) => JSON.stringify(option.raw));
  };
}

const STRINGS = new Set(["PropertyName", "String"]);

/** The object in which a key is being written at `node`, or null where a value is. */
function objectOfKey(node) {
  if (node.name === "PropertyName") return node.parent.parent;
  if (node.name === "Object" || node.name === "{") {
    let at = node;
    while (at && at.name !== "Object") at = at.parent;
    return at;
  }
  // A lone string inside an object is a key whose colon is still to come.
  if (node.name === "String" && node.parent.name === "Object") return node.parent;
  if (node.name === "String" && node.parent.name === "⚠" && node.parent.parent?.name === "Object") {
    return node.parent.parent;
  }
  return null;
}

function keysOf(state, object, pos) {
  const present = new Set();
  for (let child = object.firstChild; child; child = child.nextSibling) {
    if (child.name !== "Property") continue;
    const key = child.firstChild;
    if (pos < key.from || pos > key.to) present.add(unquote(state.sliceDoc(key.from, key.to)));
  }
  return present;
}

function result(options, node, pos, render) {
  if (!options.length) return null;
  const text = STRINGS.has(node.name);
  return {
    from: text ? node.from + 1 : pos,
    validFor: /^[\w.]*$/,
    options: options.map((option) => ({ ...option, apply: applying(render(option)) })),
  };
}

/** Put `insert` in place of the string under the cursor, keeping a colon and value that are there already. */
function applying(insert) {
  return (view, _completion, from, to) => {
    const node = syntaxTree(view.state).resolveInner(to, -1);
    const span = STRINGS.has(node.name) ? { from: node.from, to: node.to } : { from, to };
    const [key] = /^"(?:[^"\\]|\\.)*"(?=: )/.exec(insert) ?? [];
    const colon = key && /^\s*:/.test(view.state.sliceDoc(span.to, span.to + 20));
    const text = colon ? key : insert;
    view.dispatch({
      changes: { ...span, insert: text },
      selection: { anchor: span.from + text.length - (/: (\{\}|\[\])$/.test(text) ? 1 : 0) },
      userEvent: "input.complete",
    });
  };
}
