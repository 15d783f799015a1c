// What a node looks like in each colour mode: colour, how its strip is filled, mark, words.

import { mix, readable, sqnrColour } from "./theme.js";

export const MODES = ["status", "bits", "sqnr", "diff"];
export const MODE_WORDS = { status: "Status", bits: "Bit width", sqnr: "SQNR", diff: "Difference" };
// What a mode waits for, told where it is not offered yet.
export const MODE_NEEDS = {
  bits: "Bit widths are shown once the configuration is valid",
  sqnr: "Press Simulate to see what each layer costs",
  diff: "Edit the configuration, or compare it with another, to see where they differ",
};
const STRENGTH = { status: [0.085, 0.16], sqnr: [0.42, 0.48], other: [0.3, 0.34] }; // of a card's fill, light and dark
const SETTINGS = "~"; // in place of a base's status: the same one, but quantizers differ
const BAND = 10; // decibels to an entry of the legend
const CHANGED = { light: "#B0427E", dark: "#E58FBF" };

// Codes of a per-node or per-tensor bit-width string.
export const BIT_WORDS = { "4": "4", "8": "8", s: "16", w: "32", h: "float16", m: "mixed", "-": "float" };
const BIT_MARKS = { "4": "4", "8": "8", s: "16", w: "32", h: "h", m: "≠", "-": "ƒ" };

/** Hands out looks; made anew whenever the theme, the mode or the figures change. */
export class Looks {
  constructor(palette, theme, figures, mode, count) {
    this.palette = palette;
    this.theme = theme;
    this.figures = figures;
    this.mode = mode;
    this.byKey = new Map();
    this.statuses = new Map(palette.statuses.map((entry) => [entry.code, entry]));
    this.counts = new Map(); // nodes by look
    this.ofNode = new Array(count);
    for (let i = 0; i < count; i++) {
      const look = this.lookOf(i);
      this.ofNode[i] = look;
      this.counts.set(look, (this.counts.get(look) || 0) + 1);
    }
  }

  /** The look of node `i`, by `status` when given (a preview) instead of the one that holds. */
  of(i, status = undefined) { return status === undefined ? this.ofNode[i] : this.lookOf(i, status); }

  lookOf(i, status) {
    const key = this.keyOf(i, status);
    let look = this.byKey.get(key);
    if (!look) {
      look = this.finish(this.raw(i, key));
      this.byKey.set(key, look);
    }
    return look;
  }

  keyOf(i, status) {
    const { figures } = this;
    const code = status || figures.status[i] || "?";
    if (this.mode === "bits" && !status) return `b${figures.bits ? figures.bits[i] || "?" : "?"}`;
    if (this.mode === "sqnr" && !status) {
      const value = figures.sqnr ? figures.sqnr[i] : null;
      return value === null || value === undefined ? "n" : `n${Math.round(value)}`;
    }
    if (this.mode === "diff" && !status) return `d${figures.base ? figures.base[i] || "?" : "?"}${code}`;
    return `s${code}`;
  }

  raw(i, key) {
    const { theme, palette } = this;
    const side = theme.dark ? "dark" : "light";
    const nothing = { colour: theme.faint, fill: "none", mark: "", word: "no figure", key };
    if (key[0] === "s") {
      const entry = this.statuses.get(key[1]);
      if (!entry) return { ...nothing, word: "no configuration" };
      return { colour: entry[side], fill: entry.fill, mark: entry.status, word: entry.word, key };
    }
    if (key[0] === "b") {
      const word = BIT_WORDS[key[1]];
      if (!word) return nothing;
      const colour = palette.bits[word][theme.dark ? 1 : 0];
      const fill = key[1] === "-" ? "none" : "solid";
      return { colour, fill, mark: `text:${BIT_MARKS[key[1]]}`, word: /^\d+$/.test(word) ? `${word} bits` : word, key };
    }
    if (key[0] === "n") {
      if (key.length === 1) return nothing;
      const value = Number(key.slice(1));
      return { colour: sqnrColour(palette, value), fill: "solid", mark: "", word: `${value} dB`, key };
    }
    const [before, now] = [key[1], key[2]];
    if (before === SETTINGS) return { colour: CHANGED[side], fill: "lower", mark: "text:≠", word: "same status, other settings", key, changed: true };
    if (before === now) return { ...nothing, word: this.figures.base.includes(SETTINGS) ? "unchanged" : "same status" };
    const word = `${this.wordOf(before)} → ${this.wordOf(now)}`;
    return { colour: CHANGED[side], fill: "solid", mark: "text:Δ", word, key, changed: true };
  }

  finish(look) {
    const { theme } = this;
    const filled = look.fill !== "none";
    const strength = STRENGTH[this.mode === "status" || this.mode === "sqnr" ? this.mode : "other"][theme.dark ? 1 : 0];
    const body = mix(theme.card, look.colour, filled ? strength : 0.015);
    return {
      ...look,
      entry: this.entryOf(look),
      body,
      text: readable(body, theme.text),
      dim: readable(body, theme.text, 0.66),
      edge: mix(theme.card, look.colour, look.mark === "float" ? 0.95 : filled ? 0.6 : 0.55),
      far: filled ? look.colour : mix(theme.card, look.colour, 0.25),
    };
  }

  /** Where the ten decibels begin that a figure counts to; the first and the last band are open. */
  bandOf(value) {
    const last = this.palette.sqnr[1] - BAND;
    return Math.min(Math.max(Math.floor(value / BAND) * BAND, 0), last);
  }

  /** A look for all figures of a band, by an entry of the legend such as `n20`. */
  ofBand(entry) {
    const low = Number(entry.slice(1)), last = this.palette.sqnr[1] - BAND;
    const word = low === 0 ? `below ${BAND} dB` : low === last ? `${last} dB and more` : `${low} to ${low + BAND} dB`;
    return { ...this.finish(this.raw(0, `n${low + BAND / 2}`)), word };
  }

  /** The legend's entry a look belongs to: figures share one by tens, so does all that is unchanged. */
  entryOf({ key, changed }) {
    if (key[0] === "n") return key.length > 1 ? `n${this.bandOf(Number(key.slice(1)))}` : "none";
    if (key[0] === "d" && key[1] === SETTINGS) return "settings";
    return key[0] === "d" && !changed ? "unchanged" : key;
  }

  wordOf(code) {
    const entry = this.statuses.get(code);
    return entry ? entry.word : "no status";
  }

  statusOf(code) {
    const entry = this.statuses.get(code);
    return entry ? entry.status : null;
  }
}
