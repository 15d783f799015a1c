// Colours of the editor from Streamlit's theme; `light-dark()` follows the page's colour scheme.

import { HighlightStyle, syntaxHighlighting } from "@codemirror/language";
import { EditorView } from "@codemirror/view";
import { tags } from "@lezer/highlight";

const highlight = HighlightStyle.define([
  { tag: tags.propertyName, color: "light-dark(#0b5394, #8ab8f0)" },
  { tag: tags.string, color: "light-dark(#0a6b4b, #8fd1ae)" },
  { tag: tags.number, color: "light-dark(#8a4b00, #e8b26a)" },
  { tag: [tags.bool, tags.null], color: "light-dark(#8a1c5c, #e59ac4)" },
  { tag: [tags.separator, tags.brace, tags.squareBracket], color: "light-dark(#6a7380, #8e98a5)" },
  { tag: tags.invalid, color: "light-dark(#b3261e, #ff8a80)" },
]);

const look = EditorView.theme({
  "&": { height: "100%", color: "var(--st-text-color)", backgroundColor: "var(--st-background-color)", fontSize: "12.5px" },
  ".cm-scroller": { fontFamily: "var(--st-code-font, monospace)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--st-text-color)" },
  "&.cm-focused": { outline: "none" },
  "&.cm-focused .cm-cursor": { borderLeftColor: "var(--st-text-color)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground, ::selection": {
    backgroundColor: "light-dark(#cfe3f7, #2b4a6b)",
  },
  ".cm-gutters": {
    backgroundColor: "var(--st-background-color)",
    color: "light-dark(#667080, #8e98a5)",
    borderRight: "1px solid light-dark(#e3e6ea, #30363d)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "light-dark(#f2f6fa, #1c2430)" },
  ".cm-rule-line": { backgroundColor: "light-dark(#fff3d6, #3d3216)" },
  ".cm-reach": { minWidth: "4.5em", textAlign: "right", padding: "0 6px", fontVariantNumeric: "tabular-nums" },
  ".cm-reach-dead": { textDecoration: "line-through" },
  ".cm-tooltip": {
    backgroundColor: "var(--st-background-color)",
    color: "var(--st-text-color)",
    border: "1px solid light-dark(#cfd4da, #444c56)",
    borderRadius: "4px",
    boxShadow: "0 4px 16px rgb(0 0 0 / 18%)",
    maxWidth: "34em",
  },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "light-dark(#0072B2, #2b5f8a)", color: "#fff" },
  ".cm-completionInfo": { maxWidth: "22em", whiteSpace: "normal" },
  ".cm-diagnostic": { padding: "4px 8px", fontFamily: "var(--st-font, sans-serif)", fontSize: "12.5px" },
  ".cm-diagnosticAction": {
    backgroundColor: "light-dark(#0072B2, #2b6da3)",
    borderRadius: "3px",
    padding: "1px 8px",
    margin: "4px 6px 2px 0",
    font: "inherit",
  },
  ".cm-panels": { backgroundColor: "var(--st-secondary-background-color)", color: "var(--st-text-color)" },
  ".cm-textfield, .cm-button": { fontSize: "12px", color: "inherit", background: "var(--st-background-color)" },
});

export const theme = [look, syntaxHighlighting(highlight)];
