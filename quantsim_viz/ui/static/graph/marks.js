// The second cue: a mark for each status, drawn as a shape, so that no font can lack it.

/** Draw the mark of a look, centred, `size` pixels across, on canvas or tinted card. */
export function drawMark(c, look, x, y, size, ink) {
  const h = size / 2;
  c.save();
  c.strokeStyle = ink;
  c.fillStyle = ink;
  c.lineWidth = Math.max(size / 8, 0.8);
  c.lineJoin = "round";
  c.lineCap = "round";
  const mark = look.mark || "";
  if (mark.startsWith("text:")) {
    const text = mark.slice(5);
    c.font = `700 ${text.length > 1 ? size * 0.86 : size}px system-ui, sans-serif`;
    c.textAlign = "center";
    c.textBaseline = "middle";
    c.fillText(text, x, y + size * 0.05);
  } else if (SHAPES[mark]) {
    SHAPES[mark](c, x, y, h);
  }
  c.restore();
}

function square(c, x, y, h) {
  const s = h * 0.82;
  c.beginPath();
  c.rect(x - s, y - s, 2 * s, 2 * s);
}

const SHAPES = {
  quantized(c, x, y, h) { square(c, x, y, h); c.fill(); },
  input_weight(c, x, y, h) {
    square(c, x, y, h); c.stroke();
    const s = h * 0.82;
    c.beginPath(); c.moveTo(x - s, y - s); c.lineTo(x + s, y - s); c.lineTo(x - s, y + s); c.closePath(); c.fill();
  },
  weight_only(c, x, y, h) {
    square(c, x, y, h); c.stroke();
    const s = h * 0.82;
    c.fillRect(x - s, y - s, s, 2 * s);
  },
  output_only(c, x, y, h) {
    square(c, x, y, h); c.stroke();
    const s = h * 0.82;
    c.fillRect(x, y - s, s, 2 * s);
  },
  fused(c, x, y, h) {
    const r = h * 0.46;
    c.beginPath(); c.ellipse(x - h * 0.4, y + h * 0.4, r * 1.15, r * 0.8, -Math.PI / 4, 0, 7); c.stroke();
    c.beginPath(); c.ellipse(x + h * 0.4, y - h * 0.4, r * 1.15, r * 0.8, -Math.PI / 4, 0, 7); c.stroke();
  },
  passthrough(c, x, y, h) {
    c.beginPath();
    c.moveTo(x - h * 0.9, y); c.lineTo(x + h * 0.9, y);
    c.moveTo(x + h * 0.25, y - h * 0.6); c.lineTo(x + h * 0.9, y); c.lineTo(x + h * 0.25, y + h * 0.6);
    c.stroke();
  },
  float(c, x, y, h) {
    c.beginPath();
    c.moveTo(x + h * 0.75, y - h * 0.75);
    c.bezierCurveTo(x + h * 0.1, y - h * 1.25, x + h * 0.1, y - h * 0.4, x, y);
    c.bezierCurveTo(x - h * 0.1, y + h * 0.5, x - h * 0.1, y + h * 1.25, x - h * 0.75, y + h * 0.8);
    c.moveTo(x - h * 0.5, y - h * 0.15); c.lineTo(x + h * 0.5, y - h * 0.15);
    c.stroke();
  },
  unquantizable(c, x, y, h) { c.beginPath(); c.arc(x, y, h * 0.28, 0, 7); c.fill(); },
  conflict(c, x, y, h) {
    c.lineWidth *= 1.3;
    c.beginPath(); c.moveTo(x, y - h * 0.9); c.lineTo(x, y + h * 0.25); c.stroke();
    c.beginPath(); c.arc(x, y + h * 0.85, h * 0.2, 0, 7); c.fill();
  },
};

/** Fill a box the way a status is filled: solid, a half of it, or its outline alone. */
export function fillPattern(c, look, x, y, w, h) {
  c.fillStyle = look.colour;
  if (look.fill === "solid") c.fillRect(x, y, w, h);
  else if (look.fill === "upper") c.fillRect(x, y, w, h / 2);
  else if (look.fill === "lower") c.fillRect(x, y + h / 2, w, h / 2);
  else if (look.fill === "left") c.fillRect(x, y, w * 0.6, h);
}
