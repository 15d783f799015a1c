// Colours of the current theme, read from Streamlit's CSS variables, and the status palette on them.

const FALLBACK = {
  background: "#ffffff",
  surface: "#f5f7fa",
  text: "#1f2733",
  primary: "#0072B2",
  border: "#d5dae1",
  font: "system-ui, sans-serif",
  code: "ui-monospace, monospace",
};

/** Parse `#rgb`, `#rrggbb` or `rgb[a](…)` into [r, g, b]; null for anything else. */
export function parseColour(text) {
  const value = (text || "").trim();
  let match = /^#([0-9a-f]{3,8})$/i.exec(value);
  if (match) {
    const digits = match[1];
    const wide = digits.length < 6 ? [...digits].map((d) => d + d).join("") : digits;
    return [0, 2, 4].map((at) => parseInt(wide.slice(at, at + 2), 16));
  }
  match = /^rgba?\(([^)]*)\)$/i.exec(value);
  if (!match) return null;
  const numbers = match[1].split(/[\s,/]+/).map(Number);
  return numbers.length >= 3 && numbers.slice(0, 3).every(Number.isFinite) ? numbers.slice(0, 3) : null;
}

/** The colour `share` of the way from `first` to `second`. */
export function mix(first, second, share) {
  const a = parseColour(first) || [0, 0, 0];
  const b = parseColour(second) || [0, 0, 0];
  const c = a.map((value, i) => Math.round(value + (b[i] - value) * share));
  return `rgb(${c[0]},${c[1]},${c[2]})`;
}

export function luminance(colour) {
  const [r, g, b] = (parseColour(colour) || [255, 255, 255]).map((v) => v / 255);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** How far two colours are apart in lightness, from 1 to 21, as WCAG 2 has it. */
export function contrast(first, second) {
  const light = (colour) => {
    const [r, g, b] = (parseColour(colour) || [255, 255, 255]).map((v) => (v <= 10 ? v / 3294.6 : ((v / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05;
  };
  const a = light(first), b = light(second);
  return Math.max(a, b) / Math.min(a, b);
}

const READABLE = 4.5;

/** A text colour on `body`: `ink`, as dim as `share` of it where that can be read; one of the last two always can. */
export function readable(body, ink, share = 1) {
  const dims = [share, (share + 1) / 2, 1].map((part) => mix(body, ink, part));
  return [...dims, "#ffffff", "#000000"].find((colour) => contrast(colour, body) >= READABLE);
}

/** Read the theme of `element`: base colours, derived ones, and fonts. */
export function readTheme(element) {
  const style = getComputedStyle(element);
  const read = (name, fallback) => {
    const value = style.getPropertyValue(name).trim();
    return value && value !== "unset" ? value : fallback;
  };
  const colour = (name, fallback) => {
    const value = read(name, fallback);
    return parseColour(value) ? value : fallback;
  };
  const background = colour("--st-background-color", FALLBACK.background);
  const text = colour("--st-text-color", FALLBACK.text);
  const dark = luminance(background) < 0.4;
  return {
    dark,
    background,
    text,
    primary: colour("--st-primary-color", FALLBACK.primary),
    font: read("--st-font", FALLBACK.font),
    code: read("--st-code-font", FALLBACK.code),
    canvas: dark ? mix(background, "#000000", 0.18) : mix(background, "#5b6b82", 0.045),
    card: dark ? mix(background, "#ffffff", 0.075) : background,
    grid: mix(background, text, dark ? 0.1 : 0.11),
    line: mix(background, text, dark ? 0.4 : 0.36),
    soft: mix(background, text, dark ? 0.16 : 0.13),
    dim: mix(background, text, 0.66),
    faint: mix(background, text, 0.5),
    frame: mix(background, text, dark ? 0.05 : 0.025),
    plate: mix(mix(background, text, dark ? 0.05 : 0.025), background, 0.2),
    frameLine: mix(background, text, dark ? 0.22 : 0.18),
    accent: dark ? "#FFD166" : "#111827",
  };
}

/** A colour on the fixed SQNR scale, ends clamped. */
export function sqnrColour(palette, decibels) {
  const [low, high] = palette.sqnr;
  const steps = palette.cividis;
  const at = Math.min(Math.max((decibels - low) / (high - low), 0), 1) * (steps.length - 1);
  const step = Math.min(Math.floor(at), steps.length - 2);
  return mix(steps[step], steps[step + 1], at - step);
}
