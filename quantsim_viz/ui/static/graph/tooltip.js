// What the thing under the pointer is, in words. Text only: a name with markup in it stays a name.

export class Tooltip {
  constructor(view) {
    this.view = view;
    this.box = view.root.querySelector(".qv-tooltip");
  }

  hide() { this.box.hidden = true; }

  show(lines, x, y) {
    this.box.replaceChildren(...lines.map(([kind, text]) => {
      const line = document.createElement("div");
      line.className = `qv-tip-${kind}`;
      line.textContent = text;
      return line;
    }));
    this.box.hidden = false;
    const { width, height } = this.view.camera;
    const w = this.box.offsetWidth, h = this.box.offsetHeight;
    this.box.style.left = `${Math.max(8, Math.min(x + 16, width - w - 8))}px`;
    this.box.style.top = `${y + 18 + h > height ? Math.max(8, y - h - 12) : y + 18}px`;
  }

  describeItem(item) {
    const { layout } = this.view;
    if (layout.isNode(item)) return this.describeNode(item);
    if (layout.isGroup(item)) return this.describeGroup(layout.groups[item - layout.firstGroup]);
    const [name, isInput, detail] = layout.terminals[item - layout.count];
    return [["title", `${isInput ? "input" : "output"} ${name}`], ["line", detail]];
  }

  describeNode(i) {
    const { layout, figures, looks, mode } = this.view;
    const lines = [["title", layout.ops[i]], ["name", layout.names[i]]];
    if (layout.modules[i]) lines.push(["line", `module ${layout.modules[i]}`]);
    const entry = looks.statuses.get(figures.status[i]);
    const into = entry && entry.status === "fused" ? this.view.fusedInto(i) : null;
    const word = into === null ? entry && entry.word : `fused into ${layout.names[into]}`;
    if (entry) lines.push(["status", word], ["sense", entry.sense]);
    if (mode === "diff" && figures.base) lines.push(["line", `difference: ${looks.of(i).word}`]);
    if (figures.preview && figures.preview[i] !== figures.status[i]) {
      lines.push(["status", `would become ${looks.wordOf(figures.preview[i])}`]);
    }
    const bits = entry && ["fused", "passthrough"].includes(entry.status) ? "" : this.view.bitWord(i);
    if (bits) lines.push(["line", bits === "float" ? "output in floating point" : `bit width ${bits}`]);
    const value = figures.sqnr ? figures.sqnr[i] : null;
    if (value !== null && value !== undefined) {
      lines.push(["line", `SQNR ${value.toFixed(1)} dB${figures.stale ? ` (${figures.stale})` : ""}`]);
    }
    let part = layout.partOffset[i];
    for (const [label, tensor, detail, isFloat] of layout.parts[i]) {
      const state = isFloat ? { 1: " · quantized", 0: " · float" }[figures.parts[part++]] || "" : "";
      lines.push(["part", `${label}  ${detail}${state}`], ["tensor", tensor]);
    }
    return lines.slice(0, 22);
  }

  describeGroup(group) {
    const lines = [["title", group.label], ["line", `${group.last - group.first} nodes`]];
    for (const [look, count] of this.view.mode === "sqnr" ? [] : this.view.sharesOf(group)) lines.push(["line", `${count} × ${look.word}`]);
    const worst = this.view.worstOf(group);
    if (worst !== null) lines.push(["line", `lowest SQNR ${worst.toFixed(1)} dB`]);
    const alike = this.view.layout.alike.get(group.like);
    if (alike > 1) lines.push(["line", `one of ${alike} built alike`]);
    lines.push(["sense", "double-click or e opens it"]);
    return lines;
  }

  describeWire(wire) {
    const { layout } = this.view;
    const [source, target, tensors] = layout.wires[wire];
    const lines = [["title", tensors.length > 1 ? `${tensors.length} tensors` : layout.tensors[tensors[0]][0]]];
    for (const tensor of tensors.slice(0, 6)) {
      if (tensors.length > 1) lines.push(["tensor", layout.tensors[tensor][0]]);
      lines.push(["line", layout.tensors[tensor][1]]);
    }
    lines.push(["line", this.view.wireLabel(wire)], ["sense", `${layout.nameOf(source)} → ${layout.nameOf(target)}`]);
    return lines;
  }
}
