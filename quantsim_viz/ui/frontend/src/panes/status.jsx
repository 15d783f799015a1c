// How a status looks comes from Python's one table (`quantsim_viz/viz/palette.py`), with the table
// of nodes; never told by hue alone.

const UNKNOWN = { status: "unknown", mark: "?", word: "not resolved", light: "#667080", dark: "#8e98a5" };

/** The looks of node number `index`, from a status string of one letter a node. */
export function statusAt(table, letters, index) {
  return statusByCode(table, letters?.[index]);
}

export function statusByCode(table, code) {
  if (!table) return UNKNOWN;
  table.byCode ??= new Map(table.palette.statuses.map((item) => [item.code, item]));
  return table.byCode.get(code) ?? UNKNOWN;
}

export function statusByName(table, name) {
  return table?.palette.statuses.find((item) => item.status === name) ?? UNKNOWN;
}

export function Mark({ status }) {
  const look = status ?? UNKNOWN;
  return (
    <span class="mark" style={{ color: `light-dark(${look.light}, ${look.dark})` }} title={look.word} role="img"
      aria-label={look.word}>{DRAWN[look.mark] ?? look.mark}</span>
  );
}

/** Marks that text fonts often lack. */
const DRAWN = {
  "⛓": (
    <svg viewBox="0 0 16 16" fill="none" stroke="currentColor" stroke-width="1.8" aria-hidden="true">
      <rect x="1.2" y="8" width="8" height="5" rx="2.5" transform="rotate(-45 5.2 10.5)" />
      <rect x="6.8" y="3" width="8" height="5" rx="2.5" transform="rotate(-45 10.8 5.5)" />
    </svg>
  ),
};

const channels = (hex) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));

/** The colour of a figure in dB on the palette's fixed scale. */
export function sqnrColor(palette, db) {
  const [low, high] = palette.sqnr;
  const steps = palette.cividis;
  const x = Math.min(Math.max((db - low) / (high - low), 0), 1) * (steps.length - 1);
  const at = Math.min(Math.floor(x), steps.length - 2);
  const [a, b] = [channels(steps[at]), channels(steps[at + 1])];
  return `rgb(${a.map((value, k) => Math.round(value + (b[k] - value) * (x - at))).join(" ")})`;
}

/** A figure `[sqnr_db, signal, noise]` in words: null when a power is zero, or has no figure. */
export function dbText(figure, unit = "") {
  if (!figure) return "";
  if (figure[0] != null) return `${figure[0].toFixed(1)}${unit}`;
  if (figure[2] == null) return "no figure";
  return figure[2] === 0 ? "no noise" : "no signal";
}
