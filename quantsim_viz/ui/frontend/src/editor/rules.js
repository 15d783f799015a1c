// What the cascade says beside the text: how many quantizers a line's rule matches and decides,
// and which lines belong to the selection.

import { StateEffect, StateField, RangeSet, RangeSetBuilder } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, gutter } from "@codemirror/view";

export const setReach = StateEffect.define();
export const setMarkedLines = StateEffect.define();

class Reach extends GutterMarker {
  constructor(matched, decided, nodes) {
    super();
    Object.assign(this, { matched, decided, nodes });
  }
  eq(other) {
    return other.matched === this.matched && other.decided === this.decided && other.nodes === this.nodes;
  }
  toDOM() {
    const element = document.createElement("span");
    element.textContent = `${this.decided}/${this.matched}`;
    element.title = this.describe();
    if (!this.decided) element.className = "cm-reach-dead";
    return element;
  }
  describe() {
    if (!this.matched && this.nodes) return `applies to ${this.nodes} nodes, but to no quantizer`;
    if (!this.matched) return "matches nothing in this model";
    if (!this.decided) return `matches ${this.matched} quantizers and decides none: later rules win`;
    return `decides ${this.decided} of the ${this.matched} quantizers it matches`;
  }
}

const reachField = StateField.define({
  create: () => RangeSet.empty,
  update(markers, transaction) {
    let result = markers.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (effect.is(setReach)) result = buildReach(transaction.state.doc, effect.value);
    }
    return result;
  },
});

function buildReach(doc, rows) {
  const builder = new RangeSetBuilder();
  const valid = rows.filter(([line]) => line >= 1 && line <= doc.lines).sort((a, b) => a[0] - b[0]);
  let last = 0;
  for (const [line, matched, decided, nodes] of valid) {
    if (line === last) continue;
    last = line;
    builder.add(doc.line(line).from, doc.line(line).from, new Reach(matched, decided, nodes));
  }
  return builder.finish();
}

const markedField = StateField.define({
  create: () => Decoration.none,
  update(decorations, transaction) {
    let result = decorations.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMarkedLines)) continue;
      const doc = transaction.state.doc;
      const lines = [...new Set(effect.value)].filter((line) => line >= 1 && line <= doc.lines);
      lines.sort((a, b) => a - b);
      result = Decoration.set(
        lines.map((line) => Decoration.line({ class: "cm-rule-line" }).range(doc.line(line).from)),
      );
    }
    return result;
  },
  provide: (field) => EditorView.decorations.from(field),
});

export const ruleMarks = [
  reachField,
  markedField,
  gutter({ class: "cm-reach", markers: (view) => view.state.field(reachField) }),
];
