// The answer: which is better, whether that is more than chance, and the figures behind it.

import { Delta, Letter, hueOf, signed } from "./letter.jsx";

const MARKS = { better: "▲", worse: "▼", alike: "=", unclear: "?", refused: "!", none: "" };

export function Verdict({ data, send }) {
  return (
    <div class={`verdict${data.stale ? " stale" : ""}`}>
      <div class="answer" aria-live="polite">
        <h1 class={data.tone}><span class="tone-mark" aria-hidden="true">{MARKS[data.tone] ?? ""}</span>{data.headline}</h1>
        {data.lines.map((line) => <p key={line}>{line}</p>)}
        <p class="caption-line">
          {data.busy && <span class="busy">{data.busy} <button type="button" class="link" onClick={() => send("stop")}>stop</button></span>}
          {data.caption && <small>{data.caption}</small>}
          <Metric data={data} send={send} />
        </p>
      </div>
      <Figures data={data} />
    </div>
  );
}

/** Which accuracy is measured. */
function Metric({ data, send }) {
  return (
    <label class="metric-choice">accuracy
      <select value={data.asked} onChange={(event) => send("metric", { name: event.currentTarget.value })}>
        <option value="">as the labels suit</option>
        {data.metrics.map((name) => <option key={name} value={name}>{name}</option>)}
      </select>
    </label>
  );
}

function Figures({ data }) {
  const { rows, metric } = data;
  const span = forestSpan(rows);
  if (!rows.length) return <div class="figures" />;
  return (
    <div class={`figures${rows.length > 4 ? " many" : ""}`}>
      <table>
        <thead>
          <tr>
            <th scope="col">Side</th>
            {metric && <th scope="col" class="num" title={metric.hint}>{metric.title}</th>}
            {metric && <th scope="col" class="num" title={metric.difference_hint}>against A</th>}
            {metric && <th scope="col" class="forest-head" title={metric.interval_hint}>{metric.interval_title}{span && <Axis span={span} scale={metric.scale} />}</th>}
            {metric && span && <th scope="col" class="num interval" title={metric.interval_hint}>{metric.interval_title}</th>}
            {metric && <th scope="col" class="num" title={metric.test_hint}>p</th>}
            <th scope="col" class="num" title="Signal to quantization noise at the model's outputs, powers added">output SQNR</th>
            <th scope="col" class="num">against A</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.letter} class={`${hueOf(row.letter)}${row.stale ? " stale-row" : ""}${row.beside ? " beside" : ""}`}>
              <th scope="row"><span class="side-name">{row.letter === "float" ? <span class="letter float small" aria-hidden="true">ƒ</span> : <Letter letter={row.letter} small />}<span class="name" title={row.name}>{row.name}</span></span></th>
              {row.problem
                ? <td colSpan={metric ? 7 : 2} class="refusal-cell"><span title={row.problem}>{row.problem}</span></td>
                : <>
                  {metric && <td class="num strong">{row.value ?? "–"}</td>}
                  {metric && <td class="num">{row.difference == null ? "" : <Delta value={row.difference * metric.scale} digits={metric.digits} unit={metric.unit} good={metric.good} />}</td>}
                  {metric && <td class="forest-cell">{row.same ? <span class="dim">{row.same}</span> : row.interval && <Whisker row={row} span={span} metric={metric} />}</td>}
                  {metric && span && <td class="num interval">{row.same ?? (row.interval && ends(row, metric))}</td>}
                  {metric && <td class="num">{row.p ?? ""}</td>}
                  <td class="num">{row.sqnr ?? ""}</td>
                  <td class="num">{row.sqnr_delta == null ? "" : <Delta value={row.sqnr_delta} unit=" dB" />}</td>
                </>}
            </tr>))}
        </tbody>
      </table>
    </div>
  );
}

/** The interval in figures, where there is no room to draw it. */
const ends = (row, metric) => row.interval.map((value) => (Number.isFinite(value) ? signed(value * metric.scale, metric.digits) : "∞")).join(" … ");

/** How far the axis goes to either side of zero, so that every interval fits. */
function forestSpan(rows) {
  const ends = rows.flatMap((row) => row.interval ?? []).map(Math.abs).filter(Number.isFinite);
  return ends.length ? Math.max(...ends) * 1.08 || 1 : null;
}

const WIDTH = 168;
const place = (value, span) => ((value + span) / (2 * span)) * WIDTH;

function Axis({ span, scale }) {
  const end = nice(span * scale) / scale;
  return (
    <svg class="axis" width={WIDTH} height="13" aria-hidden="true">
      {[-end, 0, end].map((value) => <text key={value} x={place(value, span)} y="10" text-anchor={value < 0 && value <= -span * 0.9 ? "start" : value >= span * 0.9 ? "end" : "middle"}>{value === 0 ? "0" : signed(value * scale, digitsOf(end * scale))}</text>)}
    </svg>
  );
}

const nice = (value) => {
  const step = 10 ** Math.floor(Math.log10(value));
  return [5, 2, 1].map((factor) => factor * step).find((size) => size <= value) ?? step;
};
const digitsOf = (value) => (value >= 1 ? 0 : Math.min(4, Math.ceil(-Math.log10(value))));

function Whisker({ row, span, metric }) {
  const [low, high] = row.interval.map((value) => (Number.isFinite(value) ? value : Math.sign(value) * span));
  const [a, b] = [place(low, span), place(high, span)];
  const middle = place(row.difference, span);
  const words = `${signed(row.difference * metric.scale, metric.digits)}${metric.unit}, between ${signed(low * metric.scale, metric.digits)} and ${signed(high * metric.scale, metric.digits)}`;
  return (
    <svg class="forest" width={WIDTH} height="18" role="img" aria-label={words}>
      <title>{words}</title>
      <line class="zero" x1={WIDTH / 2} x2={WIDTH / 2} y1="0" y2="18" />
      <line class="reach" x1={a} x2={b} y1="9" y2="9" />
      <line class="reach" x1={a} x2={a} y1="5" y2="13" />
      <line class="reach" x1={b} x2={b} y1="5" y2="13" />
      <rect class="point" x={middle - 4} y="5" width="8" height="8" />
    </svg>
  );
}
