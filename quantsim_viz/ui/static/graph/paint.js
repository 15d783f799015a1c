// The whole picture, back to front: grid, frames, wires, enclosures, items, labels, rings.

import { NEAR, chevron, drawCard, drawPile, drawPreviewWord, drawTerminal, fitText, roundedBox } from "./cards.js";
import { fillPattern } from "./marks.js";

export const FAR = 0.2; // below this scale a node is a coloured box and nothing else
const LABELS = 1.25; // from here on wires tell dtype, bits and SQNR

/** Paint `view` onto canvas context `c`, `dpr` device pixels to a pixel. */
export function paint(c, view, dpr) {
  const { camera, layout, theme } = view;
  c.setTransform(dpr, 0, 0, dpr, 0, 0);
  c.fillStyle = theme.canvas;
  c.fillRect(0, 0, camera.width, camera.height);
  drawGrid(c, camera, theme);
  if (!layout) return;
  const [x0, y0] = camera.toWorld(0, 0);
  const [x1, y1] = camera.toWorld(camera.width, camera.height);
  const near = layout.within(x0 - 60, y0 - 40, x1 + 60, y1 + 40);
  const k = camera.k;
  c.setTransform(dpr * k, 0, 0, dpr * k, -camera.x * k * dpr, -camera.y * k * dpr);
  drawFrames(c, view, x0, y0, x1, y1);
  drawWires(c, view, near.segments);
  if (k >= 0.2) drawTitles(c, view, x0, y0, x1, y1);
  drawEnclosures(c, view, x0, y0, x1, y1);
  drawItems(c, view, near.items, x0, y0, x1, y1);
  if (k >= 0.35) drawStubs(c, view, near.items);
  view.labels = k >= LABELS ? drawWireLabels(c, view, near.segments) : [];
  drawRings(c, view);
  if (view.figures.preview && k >= NEAR) drawPreviewWords(c, view, near.items);
}

function drawGrid(c, camera, theme) {
  let step = 24 * camera.k;
  while (step < 14) step *= 4;
  while (step > 56) step /= 4;
  const ox = (-camera.x * camera.k) % step, oy = (-camera.y * camera.k) % step;
  c.fillStyle = theme.grid;
  for (let y = oy < 0 ? oy + step : oy; y < camera.height; y += step) {
    for (let x = ox < 0 ? ox + step : ox; x < camera.width; x += step) c.fillRect(x, y, 1, 1);
  }
}

function* framesIn({ layout }, x0, y0, x1, y1) {
  for (const number of layout.frames) {
    const [x, y, w, h] = layout.groups[number].rect;
    if (x <= x1 && y <= y1 && x + w >= x0 && y + h >= y0) yield [number, x, y, w, h];
  }
}

function drawFrames(c, view, x0, y0, x1, y1) {
  const { theme, camera } = view;
  for (const [number, x, y, w, h] of framesIn(view, x0, y0, x1, y1)) {
    const hovered = view.hoverGroup === number;
    roundedBox(c, x, y, w, h, 10);
    c.fillStyle = theme.frame;
    c.fill();
    c.lineWidth = (hovered ? 1.6 : 1) / Math.min(camera.k, 1);
    c.strokeStyle = hovered ? theme.dim : theme.frameLine;
    c.stroke();
  }
}

/** Title lines of open groups, above the wires that run through them. */
function drawTitles(c, view, x0, y0, x1, y1) {
  const { layout, theme, camera } = view;
  const k = camera.k;
  c.textAlign = "left";
  c.textBaseline = "middle";
  for (const [number, x, y, w] of framesIn(view, x0, y0, x1, y1)) {
    const group = layout.groups[number];
    const hovered = view.hoverGroup === number;
    const size = k < 0.5 ? Math.min(9.5 / k, 19) : 11;
    c.font = `600 ${size}px ${theme.font}`;
    const label = fitText(c, group.label, w - 40);
    const used = c.measureText(label).width;
    c.font = `400 10px ${theme.font}`;
    const alike = layout.alike.get(group.like);
    const full = `${group.last - group.first} nodes${alike > 1 ? ` · one of ${alike} alike` : ""}`;
    const note = k >= 0.5 && used + 60 < w ? fitText(c, full, w - used - 48) : "";
    c.fillStyle = theme.plate;
    roundedBox(c, x + 4, y + 3, used + 24 + (note ? c.measureText(note).width + 10 : 0), 18, 5);
    c.fill();
    c.fillStyle = hovered ? theme.text : theme.dim;
    chevron(c, x + 13, y + 12, true);
    c.font = `600 ${size}px ${theme.font}`;
    c.fillText(label, x + 23, y + 12.5);
    c.font = `400 10px ${theme.font}`;
    c.fillStyle = theme.dim;
    if (note) c.fillText(note, x + 31 + used, y + 12.5);
  }
}

function trace(c, points) {
  c.moveTo(points[0], points[1]);
  for (let at = 2; at + 5 < points.length; at += 6) {
    c.bezierCurveTo(points[at], points[at + 1], points[at + 2], points[at + 3], points[at + 4], points[at + 5]);
  }
}

/** Far off a curve is a line, and what is shorter than a pixel or two is nothing. */
function traceFar(c, points, k) {
  const x = points[points.length - 2], y = points[points.length - 1];
  if ((Math.abs(x - points[0]) + Math.abs(y - points[1])) * k < 1.5) return;
  c.moveTo(points[0], points[1]);
  c.lineTo(x, y);
}

function arrowHead(c, points, size) {
  const n = points.length;
  const x = points[n - 2], y = points[n - 1];
  const angle = Math.atan2(y - points[n - 3], x - points[n - 4]) || Math.PI / 2;
  c.moveTo(x, y);
  c.lineTo(x - size * Math.cos(angle - 0.42), y - size * Math.sin(angle - 0.42));
  c.lineTo(x - size * Math.cos(angle + 0.42), y - size * Math.sin(angle + 0.42));
  c.closePath();
}

function drawWires(c, view, segments) {
  const { layout, theme, camera } = view;
  const k = camera.k;
  const quiet = [], lit = [];
  for (const segment of segments) (view.litSegments.has(segment) ? lit : quiet).push(segment);
  const stroke = (numbers, colour, width, alpha) => {
    c.globalAlpha = alpha;
    c.strokeStyle = colour;
    c.fillStyle = colour;
    c.lineWidth = width / Math.min(Math.max(k, 0.35), 1);
    c.beginPath();
    for (const segment of numbers) {
      if (k < 0.1) traceFar(c, layout.segments[segment], k); else trace(c, layout.segments[segment]);
    }
    c.stroke();
    if (k < 0.3) return;
    c.beginPath();
    for (const segment of numbers) if (layout.arrows[segment] === "1") arrowHead(c, layout.segments[segment], 6.5);
    c.fill();
  };
  stroke(quiet, theme.line, 1.1, view.lit ? 0.35 : 1);
  if (lit.length) stroke(lit, theme.accent, 2, 1);
  c.globalAlpha = 1;
  drawDirect(c, view);
}

/** Wires drawn as stubs, shown in full for what is hovered or selected. */
function drawDirect(c, view) {
  const { layout, theme, camera } = view;
  if (!view.litStubs.size) return;
  c.strokeStyle = theme.accent;
  c.lineWidth = 1.4 / Math.min(camera.k, 1);
  c.setLineDash([6 / camera.k, 5 / camera.k]);
  c.beginPath();
  for (const wire of view.litStubs) {
    const [source, target] = layout.wires[wire];
    const [sx, sy, sw, sh] = layout.boxes[source];
    const [tx, ty, tw] = layout.boxes[target];
    const bend = Math.max(Math.min((ty - sy) / 2, 400), 60);
    c.moveTo(sx + sw / 2, sy + sh);
    c.bezierCurveTo(sx + sw / 2 + bend / 2, sy + sh + bend, tx + tw / 2 + bend / 2, ty - bend, tx + tw / 2, ty);
  }
  c.stroke();
  c.setLineDash([]);
}

function drawEnclosures(c, view, x0, y0, x1, y1) {
  const { theme, camera, layout } = view;
  if (!view.hulls.length) return;
  const side = theme.dark ? "dark" : "light";
  const fused = layout.palette.statuses.find((entry) => entry.status === "fused");
  c.strokeStyle = fused[side];
  c.lineWidth = 1.4 / Math.min(Math.max(camera.k, 0.4), 1);
  c.setLineDash(camera.k < FAR ? [] : [6, 4]);
  c.globalAlpha = view.lit ? 0.5 : 0.95;
  for (const { path, box } of view.hulls) {
    if (box[0] > x1 || box[1] > y1 || box[2] < x0 || box[3] < y0) continue;
    c.fillStyle = theme.dark ? "rgba(61,155,217,.07)" : "rgba(0,114,178,.045)";
    c.fill(path);
    c.stroke(path);
  }
  c.globalAlpha = 1;
  c.setLineDash([]);
}

function drawItems(c, view, items, x0, y0, x1, y1) {
  const { layout, camera, figures } = view;
  const k = camera.k;
  for (const item of items) {
    const [x, y, w, h] = layout.boxes[item];
    if (x > x1 || y > y1 || x + w < x0 || y + h < y0) continue;
    c.globalAlpha = view.isDimmed(item) ? 0.22 : 1;
    if (layout.isNode(item)) {
      const previewed = figures.preview && figures.preview[item] !== figures.status[item];
      const look = view.looks.of(item, previewed ? figures.preview[item] : undefined);
      if (k < FAR) drawFar(c, look, x, y, w, h, view.theme);
      else drawCard(c, view, item, look, k);
      if (previewed) hatch(c, view, x, y, w, h);
    } else if (layout.isGroup(item)) {
      drawPile(c, view, item, k);
    } else {
      drawTerminal(c, view, item, k);
    }
  }
  c.globalAlpha = 1;
}

/** Last of all, over rings and dashes: what nodes would become. */
function drawPreviewWords(c, view, items) {
  const { preview, status } = view.figures;
  for (const item of items) {
    if (view.layout.isNode(item) && preview[item] !== status[item]) drawPreviewWord(c, view, item);
  }
}

function drawFar(c, look, x, y, w, h, theme) {
  c.fillStyle = look.far;
  if (look.fill === "solid") return c.fillRect(x, y, w, h);
  c.fillStyle = look.fill === "none" ? look.body : theme.card;
  c.fillRect(x, y, w, h);
  fillPattern(c, look, x, y, w, h);
  c.strokeStyle = look.colour;
  c.lineWidth = 5;
  return c.strokeRect(x + 2.5, y + 2.5, w - 5, h - 5);
}

/** Ghost paint: what an offered edit would do, not yet done. */
function hatch(c, view, x, y, w, h) {
  c.save();
  roundedBox(c, x, y, w, h, 7);
  c.clip();
  c.strokeStyle = view.theme.accent;
  c.globalAlpha = 0.16;
  c.lineWidth = 3;
  c.beginPath();
  for (let at = -h; at < w; at += 10) { c.moveTo(x + at, y + h); c.lineTo(x + at + h, y); }
  c.stroke();
  c.restore();
  c.strokeStyle = view.theme.accent;
  c.lineWidth = 1.8 / Math.min(view.camera.k, 1);
  c.setLineDash([5, 3]);
  roundedBox(c, x - 1.5, y - 1.5, w + 3, h + 3, 8);
  c.stroke();
  c.setLineDash([]);
}

/** Tags where wires that are not drawn in full begin and end. */
function drawStubs(c, view, items) {
  const { layout, theme } = view;
  c.font = `500 9px ${theme.font}`;
  c.textBaseline = "middle";
  c.textAlign = "left";
  const tag = (text, x, y, room) => {
    const fitted = fitText(c, text, room - 10);
    const width = c.measureText(fitted).width + 10;
    roundedBox(c, x, y, width, 13, 3);
    c.fillStyle = theme.canvas;
    c.fill();
    c.strokeStyle = theme.frameLine;
    c.lineWidth = 0.8;
    c.stroke();
    c.fillStyle = theme.dim;
    c.fillText(fitted, x + 5, y + 7);
    return width + 4;
  };
  for (const item of items) {
    const [x, y, w, h] = layout.boxes[item];
    const into = layout.stubsInto.get(item);
    if (into) {
      const room = Math.max(w / Math.min(into.length, 2) - 4, 40);
      let at = x + 2;
      into.slice(0, 2).forEach((wire, i) => {
        const [source, , tensors] = layout.wires[wire];
        const more = into.length > 2 && i === 1 ? ` +${into.length - 2}` : "";
        const name = layout.isGroup(source) ? layout.tensors[tensors[0]][0] : layout.nameOf(source);
        at += tag(`↘ ${name}${more}`, at, y - 14, room);
      });
    }
    const from = layout.stubsFrom.get(item);
    if (from) tag(`↘ ${from} more ${from === 1 ? "reader" : "readers"}`, x + w / 2 + 6, y + h + 2, w);
  }
}

function drawWireLabels(c, view, segments) {
  const { layout, theme } = view;
  c.textAlign = "left";
  c.textBaseline = "middle";
  c.font = `400 8.5px ${theme.font}`;
  const taken = [];
  const isFree = (x, y, w) => taken.every(([ox, oy, ow]) => x > ox + ow || ox > x + w || Math.abs(y - oy) > 11);
  for (const segment of segments) {
    const wire = layout.wireOfSegment.get(segment);
    if (layout.arrows[segment] !== "1" || wire === undefined) continue;
    const points = layout.segments[segment];
    const x = points[points.length - 2], y = points[points.length - 1] - 12;
    const text = view.wireLabel(wire);
    const width = c.measureText(text).width + 4;
    const fromLeft = points[0] < x - 4;
    const spots = fromLeft ? [x - width - 5, x + 6] : [x + 6, x - width - 5];
    const at = spots.find((spot) => isFree(spot, y, width));
    if (at === undefined) continue;
    taken.push([at, y, width, text]);
    c.fillStyle = theme.canvas;
    c.globalAlpha = 0.85;
    c.fillRect(at, y - 5.5, width, 11);
    c.globalAlpha = view.lit ? 0.5 : 1;
    c.fillStyle = theme.dim;
    c.fillText(text, at + 2, y + 0.5);
  }
  c.globalAlpha = 1;
  return taken.map(([, , , text]) => text);
}

function drawRings(c, view) {
  const { layout, theme, camera } = view;
  const ring = (item, colour, width, away) => {
    const box = layout.boxes[item];
    if (!box) return;
    const [x, y, w, h] = box;
    c.strokeStyle = colour;
    c.lineWidth = width / Math.min(camera.k, 1);
    const gap = away / Math.min(camera.k, 1);
    roundedBox(c, x - gap, y - gap, w + 2 * gap, h + 2 * gap, 8 + gap);
    c.stroke();
  };
  c.setLineDash([3, 3]);
  c.strokeStyle = theme.dim;
  c.lineWidth = 1.4 / Math.min(camera.k, 1);
  for (const { rect: [x, y, w, h] } of view.alikeGroups()) {
    roundedBox(c, x - 3, y - 3, w + 6, h + 6, 12);
    c.stroke();
  }
  c.setLineDash([]);
  for (const item of view.matches) ring(item, theme.dark ? "#FFD166" : "#B0427E", 1.6, 2.5);
  if (view.hover !== null && !view.selectedItems.has(view.hover)) ring(view.hover, theme.dim, 1.4, 1.5);
  for (const item of view.selectedItems) {
    c.globalAlpha = 0.25;
    ring(item, theme.accent, 7, 4);
    c.globalAlpha = 1;
    ring(item, theme.accent, 2.4, 2.6);
  }
}
