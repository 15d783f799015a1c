// SQNR along depth: one bar a layer, in the model's order, on the fixed scale; a click selects.

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { withFresh } from "./layers.jsx";
import { useRemote } from "./remote.js";
import { dbText, sqnrColor } from "./status.jsx";

export function Strip({ data, send }) {
  const table = useRemote(data.table);
  const results = withFresh(useRemote(data.results) ?? data.partial, data.fresh);
  const canvas = useRef(null);
  const [hover, setHover] = useState(null);
  const [width, setWidth] = useState(0);
  const bars = useMemo(() => {
    const list = [];
    table?.nodes.forEach((node, index) => {
      for (const tensor of node.tensors) list.push({ index, node, figure: results?.layers?.[tensor.name]?.f });
    });
    return list;
  }, [table, results]);
  const measured = bars.some((bar) => bar.figure);

  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setWidth(entry.contentRect.width));
    observer.observe(canvas.current.parentElement);
    return () => observer.disconnect();
  }, []);

  useLayoutEffect(() => {
    if (table && width) draw(canvas.current, bars, table.palette, data, width, hover);
  });

  const at = (event) => {
    const box = canvas.current.getBoundingClientRect();
    const share = (event.clientX - box.left - AXIS) / (box.width - AXIS);
    return Math.min(bars.length - 1, Math.max(0, Math.floor(share * bars.length)));
  };
  const shown = hover == null ? bars.find((bar) => bar.index === data.selected && bar.figure) : bars[hover];
  return (
    <div class={`strip${data.stale ? " stale-figures" : ""}`}>
      <Grip />
      <div class="caption" title="Drag to make the panel below larger or smaller" onPointerDown={resizeBottom}>
        <b>SQNR along depth</b>
        {shown?.figure && <span class="here">{shown.node.name}: {dbText(shown.figure, " dB")}</span>}
        <span>{measured || data.caption ? data.caption : "Press Simulate to see what each layer costs"}</span>
      </div>
      <div class="plot" hidden={!measured}>
        <canvas ref={canvas} role="img" aria-label="SQNR of every layer along the model's depth; the table of layers holds the same figures"
          onMouseMove={(event) => setHover(at(event))} onMouseLeave={() => setHover(null)}
          onClick={(event) => bars.length && send("select", { node: bars[at(event)].node.name })} />
      </div>
    </div>
  );
}

const AXIS = 40; // pixels for the scale in dB
const LINES = [20, 40];

const HEIGHT = "quantsim-viz:bottom-height";
const LEAST = 120;
const STEP = 24;
const most = () => Math.round(window.innerHeight * 0.7);
const setBottom = (pixels) => document.documentElement.style.setProperty("--qv-bottom", `${pixels}px`);
const bottomOf = (strip) => Math.round(window.innerHeight - strip.getBoundingClientRect().bottom);

/** The line between the picture and the tabs, for the arrow keys. */
function Grip() {
  const [height, setHeight] = useState(null);
  const press = (event) => {
    const steps = { ArrowUp: 1, ArrowDown: -1, PageUp: 5, PageDown: -5 }[event.key];
    if (!steps) return;
    event.preventDefault();
    const now = bottomOf(event.currentTarget.parentElement);
    const next = Math.min(Math.max(now + steps * STEP, LEAST), most());
    setBottom(next);
    keepBottom(next);
    setHeight(next);
  };
  return (
    <div class="grip" role="separator" tabIndex={0} aria-orientation="horizontal" aria-label="Height of the panel below"
      aria-valuemin={LEAST} aria-valuemax={most()} aria-valuenow={height ?? Math.round(window.innerHeight / 3)}
      onFocus={(event) => setHeight(bottomOf(event.currentTarget.parentElement))} onKeyDown={press} />
  );
}

function keepBottom(height) {
  try {
    localStorage.setItem(HEIGHT, String(height));
  } catch {
    /* storage is off */
  }
}

/** Bring back the height that was chosen in this browser. */
export function restoreBottom() {
  try {
    const height = Number(localStorage.getItem(HEIGHT));
    if (height) setBottom(Math.min(height, most()));
  } catch {
    /* storage is off */
  }
}

function resizeBottom(event) {
  const caption = event.currentTarget;
  const start = window.innerHeight - event.clientY - caption.closest(".strip").clientHeight;
  const grip = event.clientY;
  let height = start;
  caption.setPointerCapture(event.pointerId);
  const move = (moved) => {
    height = Math.round(Math.min(Math.max(start + grip - moved.clientY, LEAST), most()));
    if (Math.abs(moved.clientY - grip) > 3) setBottom(height);
  };
  const end = () => {
    caption.removeEventListener("pointermove", move);
    if (height !== start) keepBottom(height);
  };
  caption.addEventListener("pointermove", move);
  caption.addEventListener("pointerup", end, { once: true });
}

function draw(canvas, bars, palette, data, width, hover) {
  const height = canvas.parentElement.clientHeight;
  const ratio = window.devicePixelRatio || 1;
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const ink = getComputedStyle(canvas).color;
  const step = (width - AXIS) / Math.max(bars.length, 1);
  const [low, high] = palette.sqnr;
  context.strokeStyle = context.fillStyle = ink;
  context.font = `10px ${getComputedStyle(canvas).fontFamily}`;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const line of LINES) {
    const y = height - ((line - low) / (high - low)) * height;
    context.globalAlpha = 0.7;
    context.fillText(`${line} dB`, AXIS - 6, y);
    context.globalAlpha = 0.18;
    context.beginPath();
    context.moveTo(AXIS - 3, y);
    context.lineTo(width, y);
    context.stroke();
  }
  context.globalAlpha = 0.35;
  context.fillRect(AXIS - 1, 0, 0.5, height);
  bars.forEach((bar, index) => {
    const x = AXIS + index * step;
    const here = index === hover || bar.index === data.selected;
    if (here) {
      context.globalAlpha = 0.16;
      context.fillStyle = ink;
      context.fillRect(x, 0, Math.max(step, 1.5), height);
    }
    context.globalAlpha = 1;
    if (!bar.figure || bar.figure[0] == null) {
      context.globalAlpha = 0.25;
      context.fillStyle = ink;
      context.fillRect(x, height - 1, Math.max(step - 1, 0.5), 1);
      return;
    }
    const tall = Math.min(Math.max((bar.figure[0] - low) / (high - low), 0.02), 1) * height;
    context.fillStyle = sqnrColor(palette, bar.figure[0]);
    context.fillRect(x, height - tall, Math.max(step - (step > 4 ? 1 : 0), 0.5), tall);
    if (step > 5) {
      context.globalAlpha = 0.35;
      context.strokeStyle = ink;
      context.lineWidth = 0.5;
      context.strokeRect(x, height - tall, Math.max(step - 1, 0.5), tall);
    }
  });
}
