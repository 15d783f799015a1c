// A side of the comparison: its letter, in its colour and its shape.

/** The class that gives an element a side's colour as `--side`. */
export const hueOf = (letter) => (/^[A-F]$/.test(letter) ? `side-${letter.toLowerCase()}` : "");

export function Letter({ letter, small }) {
  return <span class={`letter ${hueOf(letter)}${small ? " small" : ""}`} aria-hidden="true">{letter}</span>;
}

/** A signed figure with a true minus: `+1.2`, `−0.4`, `0.0`. */
export function signed(value, digits = 1) {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return (value > 0 ? "+" : "−") + text;
}

/** A difference, better or worse by its sign too; `good` is −1 where less is better. */
export function Delta({ value, digits = 1, unit = "", good = 1 }) {
  if (value == null) return <span class="dim">–</span>;
  const text = signed(value, digits);
  const kind = Number(Math.abs(value).toFixed(digits)) === 0 ? "dim" : value * good > 0 ? "better" : "worse";
  return <span class={kind}>{text}{unit}</span>;
}
