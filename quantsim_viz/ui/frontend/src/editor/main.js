// The JSON editor: CodeMirror 6 behind Streamlit's component interface.
//
// Python owns the document. It writes the text into the editor only when `ver` rises (loaded,
// undone, changed by a form); whatever is being typed here is never overwritten by an answer to an
// older state. What it finds in a text comes back with the `seq` of the edit it belongs to, so
// that findings of an outdated text are dropped.

import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap } from "@codemirror/commands";
import { json } from "@codemirror/lang-json";
import { bracketMatching, foldGutter, foldKeymap, indentOnInput, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  EditorView, drawSelection, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers,
} from "@codemirror/view";
import { openChannel } from "../channel.js";
import { fetchOnce } from "../fetching.js";
import {
  adoptDraft, dropAllDrafts, dropDraft, onTaken, readDraft, setAside, writeDraft,
} from "../draft.js";
import { mounted } from "../mounting.js";
import { schemaCompletion } from "./completion.js";
import { ruleMarks, setMarkedLines, setReach } from "./rules.js";
import { theme } from "./theme.js";

const DEBOUNCE_MS = 120;

const COMMA = "Remove the comma";
const REMOVALS = { "trailing-comma": COMMA, "extra-comma": COMMA, comment: "Remove the comment" };

export default function (component) {
  const { part, cleanup } = mounted(component, () => new Editor());
  part.update(component);
  return cleanup;
}

class Editor {
  constructor() {
    this.channel = openChannel();
    this.ver = -1;
    this.sent = 0;
    this.jumped = 0;
    this.timer = null;
    this.hints = {};
    this.asked = null;
    const holder = document.createElement("div");
    holder.className = "qv-editor";
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.element = document.createElement("div");
    this.element.className = "qv-part";
    this.element.append(style, holder);
    this.view = new EditorView({ parent: holder, state: this.state("") });
    onTaken(() => this.doc, () => this.mirror());
    window.quantsimViz ??= {};
    window.quantsimViz.editor = {
      text: () => this.view.state.doc.toString(),
      setText: (text) => this.type(text),
      putCaretAfter: (part) => this.goTo(this.view.state.doc.toString().indexOf(part) + part.length),
      answered: 0,
    };
  }

  /** Take a place on the page, for the first time or again. */
  attach(root) {
    this.view.setRoot(root);
    this.view.requestMeasure();
  }

  state(text) {
    const history = (type) => () => {
      this.flush();
      this.channel.send(type);
      return true;
    };
    return EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(), foldGutter(), ruleMarks, lintGutter({ markerFilter: (found) => found.filter((item) => item.severity !== "info") }),
        highlightActiveLine(), highlightActiveLineGutter(), drawSelection(), bracketMatching(),
        closeBrackets(), indentOnInput(), indentUnit.of("  "), highlightSelectionMatches(), json(),
        // Offers stand inside strings, where a line break is never meant: Enter takes them at once.
        autocompletion({ override: [schemaCompletion(() => this.hints)], icons: false, interactionDelay: 0 }),
        keymap.of([
          { key: "Mod-z", run: history("undo"), preventDefault: true, stopPropagation: true },
          { key: "Mod-Shift-z", run: history("redo"), preventDefault: true, stopPropagation: true },
          { key: "Mod-y", run: history("redo"), preventDefault: true, stopPropagation: true },
          { key: "Mod-Enter", run: history("simulate"), preventDefault: true, stopPropagation: true },
          { key: "Mod-s", run: history("save"), preventDefault: true, stopPropagation: true },
          ...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...foldKeymap,
          ...completionKeymap, ...lintKeymap,
        ]),
        EditorView.updateListener.of((update) => update.docChanged && this.changed(update)),
        EditorView.contentAttributes.of({ "aria-label": "Configuration, JSON", tabindex: "0" }),
        theme,
      ],
    });
  }

  update(component) {
    const data = component.data ?? {};
    this.channel.update(component);
    this.loadHints(data);
    const opened = data.doc !== this.doc || data.opening !== this.opening;
    if (opened) this.pristineText = null;
    this.doc = data.doc;
    this.opening = data.opening;
    this.base = data.base;
    if (opened || data.ver > this.ver) this.write(data);
    if (data.pristine) this.pristineText = data.text;
    if (data.seq >= this.sent && data.text === this.view.state.doc.toString()) {
      this.steps = { trail: data.trail, of: data.text };
    }
    if (opened) this.restore(data);
    else this.mirror();
    this.answer(data.draft_answer ?? []);
    if (data.seq >= this.sent && !this.timer) this.annotate(data);
    if (data.jump && data.jump.n > this.jumped) this.jump(data.jump);
    window.quantsimViz.editor.answered = data.seq ?? 0;
  }

  /** Take Python's text over with the smallest change, so that cursor and folds stay put. */
  write(data) {
    clearTimeout(this.timer);
    this.timer = null;
    this.ver = data.ver;
    this.sent = data.seq ?? 0;
    const old = this.view.state.doc.toString();
    const text = data.text ?? "";
    if (old === text) return;
    let start = 0;
    const most = Math.min(old.length, text.length);
    while (start < most && old[start] === text[start]) start++;
    let end = 0;
    while (end < most - start && old.at(-1 - end) === text.at(-1 - end)) end++;
    this.writing = true;
    this.view.dispatch({ changes: { from: start, to: old.length - end, insert: text.slice(start, text.length - end) } });
    this.writing = false;
  }

  changed() {
    if (this.writing) return;
    this.mirror();
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), DEBOUNCE_MS);
  }

  flush() {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = null;
    this.sent = this.channel.send("edit", { text: this.view.state.doc.toString(), ver: this.ver });
  }

  /** What a script or a test calls in place of typing. */
  type(text) {
    this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: text } });
    this.flush();
  }

  goTo(position) {
    this.view.focus();
    this.view.dispatch({ selection: { anchor: position }, scrollIntoView: true });
  }

  annotate(data) {
    const { doc } = this.view.state;
    const place = (line, column) => {
      const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
      return Math.min(at.from + Math.max(column - 1, 0), at.to);
    };
    const found = (data.diagnostics ?? []).map((item) => {
      const from = place(item.line ?? 1, item.column ?? 1);
      const to = item.end_line ? place(item.end_line, item.end_column) : wordEnd(doc, from);
      return {
        from, to: Math.max(from, to), severity: item.severity, message: item.message, source: item.code,
        actions: this.mends(item),
      };
    });
    found.sort((a, b) => a.from - b.from);
    this.view.dispatch(setDiagnostics(this.view.state, found));
    this.view.dispatch({ effects: [setReach.of(data.reach ?? []), setMarkedLines.of(data.marked ?? [])] });
  }

  /** What mends a finding: Python's patch, or, where the text is no JSON to patch, taking out what is marked. */
  mends(item) {
    if (item.fix) return [{ name: item.fix.title, apply: () => this.channel.send("fix", { id: item.id }) }];
    const name = REMOVALS[item.code];
    return name ? [{ name, apply: (view, from, to) => view.dispatch({ changes: { from, to }, userEvent: "delete" }) }] : [];
  }

  jump({ line, n, focus }) {
    this.jumped = n;
    const { doc } = this.view.state;
    const at = doc.line(Math.min(Math.max(line, 1), doc.lines));
    const go = () => {
      this.view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
      if (focus) this.view.focus();
    };
    // The pane may only just have become visible.
    requestAnimationFrame(() => requestAnimationFrame(go));
  }

  mirror() {
    if (!this.doc) return;
    const text = this.view.state.doc.toString();
    const { trail, of } = this.steps ?? {};
    if (this.pristineText === text && !trail?.redo?.length) dropDraft(this.doc);
    else writeDraft(this.doc, text, this.base, of === text ? { trail } : { trail, of });
  }

  /** After (re)opening: bring back what was being written here, or ask when the file has changed. */
  restore(data) {
    this.asked = null;
    if (data.fresh) dropAllDrafts(this.doc);
    const draft = readDraft(this.doc);
    if (!data.pristine || !draft) return;
    if (draft.text === data.text && !draft.trail?.redo?.length) return;
    const bring = () => {
      this.writing = true;
      this.view.dispatch({ changes: { from: 0, to: this.view.state.doc.length, insert: draft.text } });
      this.writing = false;
      const { text, trail, of, time } = draft;
      adoptDraft(this.doc, draft);
      this.steps = { trail, of: of ?? text };
      this.sent = this.channel.send("restore", { text, trail, of, ver: this.ver, time });
    };
    if (draft.base === data.base) bring();
    else this.ask(draft, bring);
  }

  /** Have the page ask about a draft, where it tells everything else. */
  ask(draft, bring) {
    setAside(this.doc);
    this.asked = { id: String(draft.time), bring, drop: () => dropAllDrafts(this.doc) };
    this.channel.send("ask_draft", { draft: this.asked.id, when: new Date(draft.time).toLocaleString() });
  }

  answer([id, answer]) {
    if (this.asked?.id !== id) return;
    const act = this.asked[answer];
    this.asked = null;
    act();
  }

  loadHints(data) {
    this.hints = { ...this.hints, opTypes: data.op_types, paramTypes: data.param_types };
    for (const name of ["schema", "vocabulary"]) {
      if (!data[name]) continue;
      // Completion is a help, not a need: what could not be fetched is tried again next time.
      fetchOnce(data[name]).then((value) => (this.hints[name] = value), () => {});
    }
  }
}

function wordEnd(doc, from) {
  const line = doc.lineAt(from);
  const match = /^("(?:[^"\\]|\\.)*"?|[\w.+-]+|.)/.exec(line.text.slice(from - line.from));
  return from + (match ? match[0].length : 0);
}

const STYLE = `
:host { display: block; height: 100%; }
.qv-part { height: 100%; display: flex; flex-direction: column; }
.qv-editor { flex: 1; min-height: 0; }
`;
