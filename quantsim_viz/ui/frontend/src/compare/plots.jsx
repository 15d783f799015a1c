// Both sides' SQNR: A against B with the diagonal, and both along depth. A click selects the layer;
// with the keyboard in a plot the arrow keys walk along the layers.

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { hueOf, signed } from "./letter.jsx";

const PAD = { left: 30, right: 8, top: 8, bottom: 22 };

/** The size of an element, followed. */
function useSize() {
  const box = useRef(null);
  const [size, setSize] = useState([0, 0]);
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setSize([entry.contentRect.width, entry.contentRect.height]));
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  return [box, size];
}

/** Ends of an axis in dB that hold every figure, in steps of ten. */
function rangeOf(rows) {
  const known = rows.flatMap((row) => row.db).filter((value) => value != null);
  if (!known.length) return [0, 60];
  const low = Math.floor(Math.min(...known) / 10) * 10;
  return [low, Math.max(Math.ceil(Math.max(...known) / 10) * 10, low + 10)];
}

const ticksOf = ([low, high]) => {
  const step = high - low > 60 ? 20 : 10;
  return Array.from({ length: Math.floor((high - low) / step) + 1 }, (_, k) => low + k * step);
};

function walk(event, rows, selected, choose) {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const at = rows.findIndex((row) => row.index === selected);
  choose(rows[Math.min(Math.max(at + step, 0), rows.length - 1)]);
}

function words(row, letters) {
  const each = letters.map((letter, side) => (row.db[side] == null ? "" : `${letter} ${row.db[side].toFixed(1)}`));
  return `${row.node.name}: ${each.filter(Boolean).join(", ")} dB${row.delta == null ? "" : `, ${signed(row.delta)}`}`;
}

export function Scatter({ rows, letters, selected, marked, choose }) {
  const [box, [width, height]] = useSize();
  const [hover, setHover] = useState(null);
  const [first, second] = letters;
  const shown = rows.filter((row) => row.delta != null);
  const range = rangeOf(shown);
  const size = Math.max(Math.min(width - PAD.left - PAD.right, height - PAD.top - PAD.bottom), 0);
  const scale = (value) => ((value - range[0]) / (range[1] - range[0])) * size;
  const at = (row) => [PAD.left + scale(row.db[0]), PAD.top + size - scale(row.db[1])];
  const here = hover ?? shown.find((row) => row.index === selected);
  return (
    <figure class="plot-box" aria-label={`SQNR of every layer, ${first} across, ${second} up`}>
      <figcaption><b>{second} against {first}</b> <span class="dim">{here ? words(here, letters) : `dB; above the line ${second} is better`}</span></figcaption>
      <div class="plot-area" ref={box}>
        <svg width={width} height={height} tabindex="0" role="application" aria-label={`Scatter of ${shown.length} layers. Arrow keys walk along them.`}
          onKeyDown={(event) => walk(event, shown, selected, choose)} onMouseLeave={() => setHover(null)}
          onMouseMove={(event) => setHover(nearest(event, shown, at, 18))} onClick={(event) => choose(nearest(event, shown, at, 18))}>
          {ticksOf(range).map((tick) => (
            <g key={tick} class="tick">
              <line x1={PAD.left} x2={PAD.left + size} y1={PAD.top + size - scale(tick)} y2={PAD.top + size - scale(tick)} />
              <line x1={PAD.left + scale(tick)} x2={PAD.left + scale(tick)} y1={PAD.top} y2={PAD.top + size} />
              <text x={PAD.left - 4} y={PAD.top + size - scale(tick) + 3.5} text-anchor="end">{tick}</text>
              <text x={PAD.left + scale(tick)} y={PAD.top + size + 12} text-anchor="middle">{tick}</text>
            </g>))}
          <line class="diagonal" x1={PAD.left} y1={PAD.top + size} x2={PAD.left + size} y2={PAD.top} />
          {shown.map((row) => {
            const [x, y] = at(row);
            const dim = marked.size > 0 && !marked.has(row.node.name);
            return <circle key={row.id} cx={x} cy={y} r={dim ? 2 : 3.5} class={`dot ${hueOf(row.delta > 0 ? second : first)}${dim ? " dimmed" : ""}${Math.abs(row.delta) < 0.05 ? " even" : ""}`} />;
          })}
          {here && <circle class="ring" cx={at(here)[0]} cy={at(here)[1]} r="6.5" />}
          <text class="axis-name" x={PAD.left + size} y={PAD.top + size + 21} text-anchor="end">{first}, dB</text>
          <text class="axis-name" x={PAD.left + 4} y={PAD.top + 9}>{second}, dB</text>
        </svg>
      </div>
    </figure>
  );
}

function nearest(event, rows, at, reach) {
  const box = event.currentTarget.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  let best = null;
  let least = reach * reach;
  for (const row of rows) {
    const [px, py] = at(row);
    const distance = (px - x) ** 2 + (py - y) ** 2;
    if (distance < least) [best, least] = [row, distance];
  }
  return best;
}

export function Depth({ rows, letters, selected, marked, choose }) {
  const [box, [width, height]] = useSize();
  const [hover, setHover] = useState(null);
  const [first, second] = letters;
  const range = rangeOf(rows);
  const wide = Math.max(width - PAD.left - PAD.right, 0);
  const high = Math.max(height - PAD.top - PAD.bottom, 0);
  const x = (order) => PAD.left + (wide * (order + 0.5)) / Math.max(rows.length, 1);
  const y = (value) => PAD.top + high - ((value - range[0]) / (range[1] - range[0])) * high;
  const at = (event) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left - PAD.left;
    return rows[Math.min(Math.max(Math.floor((left / wide) * rows.length), 0), rows.length - 1)];
  };
  const line = (side) => pathOf(rows, (row) => row.db[side], x, y);
  const here = hover ?? rows.find((row) => row.index === selected);
  return (
    <figure class="plot-box depth" aria-label="SQNR of both along depth">
      <figcaption><b>Along depth</b>
        <span class={`key ${hueOf(first)}`}><svg width="20" height="8" aria-hidden="true"><line x1="0" x2="20" y1="4" y2="4" class="curve" /></svg>{first}</span>
        <span class={`key ${hueOf(second)}`}><svg width="20" height="8" aria-hidden="true"><line x1="0" x2="20" y1="4" y2="4" class="curve second" /></svg>{second}</span>
        <span class="dim">{here && here.db.some((value) => value != null) ? words(here, letters) : "dB, first layer to last"}</span>
      </figcaption>
      <div class="plot-area" ref={box}>
        <svg width={width} height={height} tabindex="0" role="application" aria-label={`SQNR along depth, ${rows.length} layers. Arrow keys walk along them.`}
          onKeyDown={(event) => walk(event, rows, selected, choose)} onMouseLeave={() => setHover(null)}
          onMouseMove={(event) => rows.length && setHover(at(event))} onClick={(event) => rows.length && choose(at(event))}>
          {ticksOf(range).map((tick) => (
            <g key={tick} class="tick"><line x1={PAD.left} x2={PAD.left + wide} y1={y(tick)} y2={y(tick)} />
              <text x={PAD.left - 4} y={y(tick) + 3.5} text-anchor="end">{tick}</text></g>))}
          {rows.filter((row) => row.delta != null).map((row) => (
            <line key={row.id} class={`gap ${hueOf(row.delta > 0 ? second : first)}${marked.size && !marked.has(row.node.name) ? " dimmed" : ""}`}
              x1={x(row.order)} x2={x(row.order)} y1={y(row.db[0])} y2={y(row.db[1])} style={{ strokeWidth: Math.max(Math.min(wide / rows.length - 1, 12), 0.6) }} />))}
          <path class={`curve ${hueOf(first)}`} d={line(0)} />
          <path class={`curve second ${hueOf(second)}`} d={line(1)} />
          {here && <line class="here" x1={x(here.order)} x2={x(here.order)} y1={PAD.top} y2={PAD.top + high} />}
          <text class="axis-name" x={PAD.left} y={height - 6}>input</text>
          <text class="axis-name" x={PAD.left + wide} y={height - 6} text-anchor="end">output</text>
        </svg>
      </div>
    </figure>
  );
}

/** A line through the known figures, broken where there is none. */
function pathOf(rows, value, x, y) {
  let path = "";
  let pen = "M";
  for (const row of rows) {
    const figure = value(row);
    if (figure == null) { pen = "M"; continue; }
    path += `${pen}${x(row.order).toFixed(1)} ${y(figure).toFixed(1)}`;
    pen = "L";
  }
  return path;
}
