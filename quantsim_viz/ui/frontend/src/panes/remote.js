// A value behind a URL, as a hook.

import { useEffect, useState } from "preact/hooks";
import { fetchOnce } from "../fetching.js";

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
