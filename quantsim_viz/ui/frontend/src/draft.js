// A draft of the document in this browser, so that an edit outlives a reload, a crash and a
// restarted server. Keyed by what was opened and by the tab that wrote it, so that two tabs on one
// file never take each other's away; never sent anywhere but back to the same app.

const PREFIX = "quantsim-viz:draft:";
const TAB = "quantsim-viz:tab";
const KEPT = 20;

/** Names this tab, also after a reload; a copied tab keeps the name until it writes. */
function tab() {
  try {
    const name = sessionStorage.getItem(TAB) ?? Math.random().toString(36).slice(2, 10);
    sessionStorage.setItem(TAB, name);
    return name;
  } catch {
    return "";
  }
}

const ownKey = (doc) => `${PREFIX}${doc}#${tab()}`;
const keysOf = (doc) => Object.keys(localStorage).filter((key) => key.startsWith(`${PREFIX}${doc}#`));
const parse = (key) => {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
};

/**
 * Return `{text, base, time, trail, of}` or null: the draft, and the steps around `of` (or `text`).
 * This tab's own comes first, else the newest of a tab that may be gone. Storage may be off
 * (private window): then there is none.
 */
export function readDraft(doc) {
  try {
    const own = parse(ownKey(doc));
    const others = keysOf(doc).map(parse).filter(Boolean);
    return own ?? others.sort((a, b) => b.time - a.time)[0] ?? null;
  } catch {
    return null;
  }
}

/** Forget this tab's draft. */
export function dropDraft(doc) {
  try {
    localStorage.removeItem(ownKey(doc));
  } catch {
    /* storage is off */
  }
}

/** Forget every tab's: the person wants the file as it is. */
export function dropAllDrafts(doc) {
  try {
    for (const key of keysOf(doc)) localStorage.removeItem(key);
  } catch {
    /* storage is off */
  }
}

/** Keep this tab's draft where what is written meanwhile does not touch it: it waits for an answer. */
export function setAside(doc) {
  try {
    const draft = localStorage.getItem(ownKey(doc));
    if (draft === null) return;
    localStorage.setItem(`${PREFIX}${doc}#aside-${Date.now()}`, draft);
    localStorage.removeItem(ownKey(doc));
  } catch {
    /* storage is off or full: the draft stays where it is */
  }
}

/** Take over what `readDraft` found: it is this tab's from now on. */
export function adoptDraft(doc, draft) {
  try {
    for (const key of keysOf(doc)) {
      const kept = parse(key);
      if (kept?.text === draft.text && kept.time === draft.time) localStorage.removeItem(key);
    }
    localStorage.setItem(ownKey(doc), JSON.stringify(draft));
  } catch {
    /* storage is off */
  }
}

/** Call back when another tab took this one's draft for that of a tab that is gone. */
export function onTaken(docOf, callback) {
  window.addEventListener("storage", ({ key, newValue }) => {
    if (newValue === null && key === ownKey(docOf())) callback();
  });
}

export function writeDraft(doc, text, base, steps) {
  const value = JSON.stringify({ text, base, time: Date.now(), ...steps });
  try {
    localStorage.setItem(ownKey(doc), value);
  } catch {
    forgetOldest();
    try {
      localStorage.setItem(ownKey(doc), value);
    } catch {
      /* no room at all: the session itself still holds the text */
    }
  }
}

function forgetOldest() {
  const drafts = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const age = (key) => parse(key)?.time || 0;
  drafts.sort((a, b) => age(a) - age(b));
  for (const key of drafts.slice(0, Math.max(1, drafts.length - KEPT))) localStorage.removeItem(key);
}
