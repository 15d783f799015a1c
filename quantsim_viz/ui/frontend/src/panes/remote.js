// Large values come by URL, named by their content: fetched once, kept for the page's life.

import { useEffect, useState } from "preact/hooks";

const kept = new Map();

export function fetchOnce(url) {
  if (!kept.has(url)) {
    kept.set(url, fetch(url).then((answer) => {
      if (!answer.ok) throw new Error(`${answer.status} for ${url}`);
      return answer.json();
    }).catch((error) => {
      kept.delete(url);
      throw error;
    }));
  }
  return kept.get(url);
}

/** The value behind `url`; while a new one is under way, the last one. */
export function useRemote(url) {
  const [value, setValue] = useState(null);
  useEffect(() => {
    if (!url) return setValue(null);
    let wanted = true;
    fetchOnce(url).then((got) => wanted && setValue(got), () => {});
    return () => { wanted = false; };
  }, [url]);
  return value;
}
