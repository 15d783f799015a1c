// Reading a JSON schema: references followed, what beside them stands keeping the last word.

export function deref(schema, root) {
  let at = schema;
  for (let hops = 0; at?.$ref && hops < 20; hops++) {
    const target = at.$ref
      .replace(/^#\/?/, "")
      .split("/")
      .filter(Boolean)
      .reduce((value, key) => value?.[key.replace(/~1/g, "/").replace(/~0/g, "~")], root);
    const { $ref, ...beside } = at;
    at = { ...target, ...beside };
  }
  return at;
}

/** Every alternative a schema allows, references followed. */
export function* alternatives(schema, root) {
  const at = deref(schema, root);
  if (!at || typeof at !== "object") return;
  yield at;
  for (const word of ["allOf", "anyOf", "oneOf"]) {
    for (const option of at[word] ?? []) yield* alternatives(option, root);
  }
}

export const pointerTo = (parent, key) => `${parent}/${String(key).replace(/~/g, "~0").replace(/\//g, "~1")}`;
