// The whole picture as a PNG file, made in the browser: nothing is asked of the server or the network.

import { Camera } from "./camera.js";
import { fitText } from "./cards.js";
import { drawMark, fillPattern } from "./marks.js";
import { paint } from "./paint.js";

const MARGIN = 28;
const LEGEND = 40; // pixels below the picture
const LONGEST = 16000; // what browsers allow a canvas's side to be, about
const LARGEST = 60e6; // and its area

/** Draw all of a view's graph with its legend onto a canvas of its own. */
export function drawPicture(view) {
  const [w, h] = view.layout.size;
  const width = Math.max(w + 2 * MARGIN, 420), height = h + 2 * MARGIN + LEGEND;
  const k = Math.min(2, LONGEST / Math.max(width, height), Math.sqrt(LARGEST / (width * height)));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(width * k);
  canvas.height = Math.round(height * k);
  const context = canvas.getContext("2d", { alpha: false });
  const camera = Object.assign(new Camera(), { x: (w - width) / 2, y: -MARGIN, k, width: canvas.width, height: canvas.height });
  // The same view seen by another camera, with nothing under the pointer.
  const still = Object.create(view, { camera: { value: camera }, hover: { value: null }, hoverGroup: { value: null }, hoverWire: { value: null } });
  paint(context, still, 1);
  context.setTransform(k, 0, 0, k, 0, (h + 2 * MARGIN) * k);
  drawLegend(context, view, width);
  return canvas;
}

function drawLegend(c, view, width) {
  const { theme } = view;
  c.fillStyle = theme.background;
  c.fillRect(0, 0, width, LEGEND);
  c.textBaseline = "middle";
  c.textAlign = "left";
  let at = 16;
  for (const { look, count, word } of view.panel.legendEntries()) {
    c.font = `400 12px ${theme.font}`;
    const text = fitText(c, `${word} ${count}`, Math.max(width - at - 44, 1));
    if (at + 60 > width) break;
    drawSwatch(c, look, at, LEGEND / 2 - 8);
    c.fillStyle = theme.text;
    c.fillText(text, at + 33, LEGEND / 2 + 0.5);
    at += 33 + c.measureText(text).width + 22;
  }
}

/** A look as the legend shows it, 26 by 16 pixels. */
export function drawSwatch(c, look, x, y) {
  c.beginPath();
  c.roundRect(x + 0.75, y + 0.75, 24.5, 14.5, 4);
  c.fillStyle = look.body;
  c.fill();
  c.save();
  c.clip();
  fillPattern(c, look, x, y, 5, 16);
  c.restore();
  c.strokeStyle = look.edge;
  c.lineWidth = look.mark === "float" ? 1.6 : 1.1;
  c.stroke();
  if (look.mark) drawMark(c, look, x + 15, y + 8, 9.5, look.colour);
}

/** Hand the picture to the browser as a download. */
export function savePicture(view) {
  if (!view.layout) return;
  drawPicture(view).toBlob((content) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(content);
    link.download = `${fileName(view)}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }, "image/png");
}

function fileName(view) {
  const title = view.panel.parts.title.textContent;
  return ["graph", title, view.mode].join("-").replace(/[^\w.-]+/g, "-").replace(/-+/g, "-");
}
