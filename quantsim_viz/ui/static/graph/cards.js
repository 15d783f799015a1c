// One item close up: a node's card, a terminal's pill, a collapsed group's pile.

import { drawMark, fillPattern } from "./marks.js";

const STRIP = 6;
const LEFT = 29; // where text begins
export const NEAR = 0.5; // the scale from which a card tells more than its operator
const measured = new Map();

/** Shorten a text to fit `room` pixels, its middle cut out; measured once a font. */
export function fitText(c, text, room) {
  const key = `${c.font}|${Math.round(room)}|${text}`;
  let fitted = measured.get(key);
  if (fitted !== undefined) return fitted;
  fitted = text;
  if (c.measureText(text).width > room) {
    let low = 1, high = text.length;
    const cut = (n) => `${text.slice(0, Math.floor(n / 3))}…${text.slice(text.length - (n - Math.floor(n / 3)))}`;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (c.measureText(cut(middle)).width <= room) low = middle; else high = middle - 1;
    }
    fitted = cut(low);
  }
  if (measured.size > 20000) measured.clear();
  measured.set(key, fitted);
  return fitted;
}

/** Forget measured texts: the page's fonts have arrived. */
export function forgetMeasured() { measured.clear(); }

export function roundedBox(c, x, y, w, h, r) {
  c.beginPath();
  c.roundRect(x, y, w, h, r);
}

/** A node's card: strip, mark, operator, name, figure, badge, parameters. */
export function drawCard(c, view, item, look, k) {
  const { layout, theme, figures } = view;
  const [x, y, w, h] = layout.boxes[item];
  roundedBox(c, x, y, w, h, 7);
  c.fillStyle = look.body;
  c.fill();
  c.save();
  c.clip();
  c.fillStyle = theme.card;
  c.fillRect(x, y, STRIP, h);
  fillPattern(c, look, x, y, STRIP, h);
  c.restore();
  c.lineWidth = look.mark === "float" || look.mark === "conflict" ? 1.6 : 1.1;
  c.strokeStyle = look.edge;
  roundedBox(c, x, y, w, h, 7);
  c.stroke();
  if (k < NEAR) return drawTitleOnly(c, view, item, look, k);
  if (look.mark) drawMark(c, look, x + 17.5, y + 20, 11, look.mark.startsWith("text:") || !theme.dark ? look.colour : look.colour);
  const right = x + w - 9;
  const used = drawFigure(c, view, item, look, right, y + 15);
  c.textAlign = "left";
  c.textBaseline = "alphabetic";
  c.fillStyle = look.text;
  c.font = `600 12.5px ${theme.font}`;
  c.fillText(fitText(c, layout.ops[item], w - LEFT - 9 - used), x + LEFT, y + 17.5);
  c.font = `400 10.5px ${theme.font}`;
  const badge = drawBadge(c, view, item, right, y + 29);
  c.font = `400 10.5px ${theme.font}`;
  c.fillStyle = look.dim;
  c.textAlign = "left";
  c.textBaseline = "alphabetic";
  c.fillText(fitText(c, layout.names[item], w - LEFT - 9 - badge), x + LEFT, y + 32);
  if (h > 40) drawParts(c, view, item, look, x, y + 40, w);
  return undefined;
}

/** Farther off only the operator is told, as large as the card allows. */
function drawTitleOnly(c, view, item, look, k) {
  const { layout, theme } = view;
  const [x, y, w, h] = layout.boxes[item];
  if (look.mark) drawMark(c, look, x + 21, y + h / 2, 16, look.colour);
  const size = Math.min(10.5 / k, 24);
  c.font = `600 ${size}px ${theme.font}`;
  c.fillStyle = look.text;
  c.textAlign = "left";
  c.textBaseline = "middle";
  c.fillText(fitText(c, layout.ops[item], w - 44), x + 36, y + h / 2 + 1);
}

/** The SQNR figure at a card's right; returns the room it took. */
function drawFigure(c, view, item, look, right, y) {
  const { figures, theme } = view;
  const value = figures.sqnr ? figures.sqnr[item] : null;
  if (value === null || value === undefined) return 0;
  c.font = `500 10.5px ${theme.font}`;
  c.textAlign = "right";
  c.textBaseline = "middle";
  c.fillStyle = figures.stale ? look.dim : look.text;
  const text = `${value.toFixed(1)} dB`;
  c.fillText(text, right, y);
  const width = c.measureText(text).width;
  if (figures.stale) {
    c.strokeStyle = look.dim;
    c.lineWidth = 0.8;
    c.beginPath(); c.moveTo(right - width, y); c.lineTo(right, y); c.stroke();
  } else {
    c.fillStyle = view.sqnrColour(value);
    c.fillRect(right - width - 9, y - 3.5, 6, 7);
  }
  return width + 14;
}

/** A badge for a bit width other than the usual; returns the room it took. */
function drawBadge(c, view, item, right, y) {
  const { figures, theme, layout } = view;
  const word = view.bitWord(item);
  if (!word || word === figures.usualBits || word === "float") return 0;
  c.font = `600 9px ${theme.font}`;
  const text = word === "float16" ? "fp16" : word;
  const width = c.measureText(text).width + 9;
  roundedBox(c, right - width, y - 6.5, width, 13, 6.5);
  c.fillStyle = layout.palette.bits[word][theme.dark ? 1 : 0];
  c.fill();
  c.fillStyle = theme.dark ? "#101418" : "#ffffff";
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(text, right - width / 2, y + 0.5);
  return width + 5;
}

/** The parameters of a node, each with a square that is filled when it is quantized. */
function drawParts(c, view, item, look, x, y, w) {
  const { layout, theme, figures } = view;
  const parts = layout.parts[item].filter((part) => part[3]);
  c.strokeStyle = theme.soft;
  c.lineWidth = 1;
  c.beginPath(); c.moveTo(x + STRIP, y - 1.5); c.lineTo(x + w, y - 1.5); c.stroke();
  c.font = `400 9.5px ${theme.font}`;
  c.textAlign = "left";
  c.textBaseline = "middle";
  let at = x + 14;
  for (let i = 0; i < parts.length; i++) {
    const text = `${parts[i][0]} ${parts[i][2].split(" ").slice(1).join(" ")}`;
    const room = x + w - 8 - at - 11;
    if (room < 16 || i >= 3) {
      c.fillStyle = look.dim;
      c.fillText(`+${parts.length - i}`, Math.min(at, x + w - 18), y + 7);
      break;
    }
    drawPartSquare(c, view, figures.parts[layout.partOffset[item] + i], look, at, y + 3.5);
    c.fillStyle = look.dim;
    const fitted = fitText(c, text, room);
    c.fillText(fitted, at + 11, y + 7.3);
    at += 11 + c.measureText(fitted).width + 10;
  }
}

function drawPartSquare(c, view, state, look, x, y) {
  const { theme, layout } = view;
  const side = theme.dark ? "dark" : "light";
  const quantized = layout.palette.statuses[0][side];
  if (state === "1") {
    c.fillStyle = quantized;
    c.fillRect(x, y, 7, 7);
  } else {
    c.strokeStyle = state === "0" ? look.dim : theme.faint;
    c.lineWidth = 1;
    c.strokeRect(x + 0.5, y + 0.5, 6, 6);
  }
}

/** What a node would become, in words, on the edge of its card. */
export function drawPreviewWord(c, view, item) {
  const { figures, theme, looks, layout } = view;
  const [x, y, w] = layout.boxes[item];
  const text = `→ ${looks.wordOf(figures.preview[item])}`;
  c.font = `600 10px ${theme.font}`;
  const width = Math.min(c.measureText(text).width + 14, w);
  roundedBox(c, x + w - width, y - 9, width, 16, 8);
  c.fillStyle = theme.accent;
  c.fill();
  c.fillStyle = theme.dark ? "#101418" : "#ffffff";
  c.textAlign = "center";
  c.textBaseline = "middle";
  c.fillText(fitText(c, text, width - 10), x + w - width / 2, y - 0.5);
}

/** The pill of an input or output of the whole graph. */
export function drawTerminal(c, view, item, k) {
  const { layout, theme } = view;
  const [x, y, w, h] = layout.boxes[item];
  const [name, isInput, detail] = layout.terminals[item - layout.count];
  roundedBox(c, x, y, w, h, h / 2);
  c.fillStyle = theme.soft;
  c.fill();
  c.strokeStyle = theme.faint;
  c.lineWidth = 1;
  c.stroke();
  if (k < 0.3) return;
  c.fillStyle = theme.dim;
  const cx = x + 13, cy = y + h / 2;
  c.beginPath();
  if (isInput) { c.moveTo(cx - 4, cy - 3); c.lineTo(cx + 4, cy - 3); c.lineTo(cx, cy + 4); } else c.rect(cx - 3.2, cy - 3.2, 6.4, 6.4);
  c.fill();
  c.textAlign = "left";
  c.textBaseline = "middle";
  c.font = `600 10.5px ${theme.font}`;
  c.fillStyle = theme.text;
  const label = fitText(c, name, w * 0.6 - 20);
  c.fillText(label, x + 22, cy + 0.5);
  const used = c.measureText(label).width;
  c.font = `400 10px ${theme.font}`;
  c.fillStyle = theme.dim;
  c.fillText(fitText(c, detail, w - 34 - used), x + 28 + used, cy + 0.5);
}

/** A collapsed group: a pile with its name, size, and the share of each look inside. */
export function drawPile(c, view, item, k) {
  const { layout, theme } = view;
  const [x, y, w, h] = layout.boxes[item];
  const group = layout.groups[item - layout.firstGroup];
  c.lineWidth = 1;
  for (const shift of k < 0.2 ? [0] : [6, 3, 0]) {
    roundedBox(c, x + shift, y + shift, w - 6, h - 6, 8);
    c.fillStyle = shift ? theme.frame : theme.card;
    c.fill();
    c.strokeStyle = shift ? theme.soft : theme.frameLine;
    c.stroke();
  }
  drawShares(c, view, group, x + 1, y + h - 18, w - 8, 11, k);
  if (k < 0.28) return;
  const size = k < 0.5 ? Math.min(10.5 / k, 21) : 12.5;
  c.textBaseline = "alphabetic";
  c.textAlign = "left";
  c.fillStyle = theme.dim;
  chevron(c, x + 14, y + 16, false);
  c.font = `600 ${size}px ${theme.font}`;
  c.fillStyle = theme.text;
  if (k < 0.5) return void c.fillText(fitText(c, group.label, w - 40), x + 26, y + 24);
  const alike = layout.alike.get(group.like);
  const worst = view.worstOf(group);
  const count = `${group.last - group.first} nodes`;
  const note = worst !== null ? `${count} · lowest ${worst.toFixed(1)} dB` : `${count}${alike > 1 ? ` · one of ${alike} alike` : ""}`;
  c.fillText(fitText(c, group.label, w - 40), x + 26, y + 17);
  c.font = `400 10.5px ${theme.font}`;
  c.fillStyle = theme.dim;
  c.fillText(fitText(c, note, w - 40), x + 26, y + 31);
}

/** A bar with the share of each look among a group's nodes. */
function drawShares(c, view, group, x, y, w, h, k) {
  const shares = view.sharesOf(group);
  c.save();
  roundedBox(c, x + 5, y, w - 10, h - 4, 2.5);
  c.clip();
  c.fillStyle = view.theme.soft;
  c.fillRect(x, y, w, h);
  let at = x + 5;
  for (const [look, count] of shares) {
    const width = ((w - 10) * count) / (group.last - group.first);
    c.fillStyle = look.fill === "none" ? look.far : look.colour;
    c.fillRect(at, y, width, h);
    if (look.fill === "upper" || look.fill === "lower") {
      c.fillStyle = look.body;
      c.fillRect(at, look.fill === "upper" ? y + 3.5 : y, width, 3.5);
    }
    if (look.mark === "float" && k >= 0.2) {
      c.strokeStyle = look.colour;
      c.lineWidth = 1.6;
      c.strokeRect(at + 0.8, y + 0.8, Math.max(width - 1.6, 0.5), h - 5.6);
    }
    at += width;
  }
  c.restore();
}

export function chevron(c, x, y, open) {
  c.beginPath();
  if (open) { c.moveTo(x - 4, y - 2.5); c.lineTo(x + 4, y - 2.5); c.lineTo(x, y + 3); }
  else { c.moveTo(x - 2.5, y - 4.5); c.lineTo(x + 3, y); c.lineTo(x - 2.5, y + 4.5); }
  c.closePath();
  c.fill();
}
