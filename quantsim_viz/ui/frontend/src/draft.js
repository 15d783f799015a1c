// A draft of the document in this browser, so that an edit outlives a reload, a crash and a
// restarted server. Keyed by what was opened; never sent anywhere but back to the same app.

const PREFIX = "quantsim-viz:draft:";
const KEPT = 20;

/** Return `{text, base, time}` or null. Storage may be off (private window): then there is none. */
export function readDraft(doc) {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + doc));
  } catch {
    return null;
  }
}

export function dropDraft(doc) {
  try {
    localStorage.removeItem(PREFIX + doc);
  } catch {
    /* storage is off */
  }
}

export function writeDraft(doc, text, base) {
  const value = JSON.stringify({ text, base, time: Date.now() });
  try {
    localStorage.setItem(PREFIX + doc, value);
  } catch {
    forgetOldest();
    try {
      localStorage.setItem(PREFIX + doc, value);
    } catch {
      /* no room at all: the session itself still holds the text */
    }
  }
}

function forgetOldest() {
  const drafts = Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  const age = (key) => JSON.parse(localStorage.getItem(key) || "{}").time || 0;
  drafts.sort((a, b) => age(a) - age(b));
  for (const key of drafts.slice(0, Math.max(1, drafts.length - KEPT))) localStorage.removeItem(key);
}
