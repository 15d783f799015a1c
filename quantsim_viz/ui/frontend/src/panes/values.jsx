// A tensor's values beside the grid they are rounded to: counts of the float run as bars, of the
// simulated run as a line, the grid's range below, what lies outside it marked.

import { useState } from "preact/hooks";

const WIDTH = 300;
const HEIGHT = 92;
const RULER = 13;

const STATES = {
  measuring: "Measuring one batch.",
  waiting: "Waiting for the run under way, or for a valid configuration.",
};

export function Values({ data }) {
  const [log, setLog] = useState(true);
  const known = data.exact != null;
  return (
    <figure class="values" aria-label={`Values of ${data.tensor}`} aria-busy={data.state === "measuring"}>
      {data.state === "failed" && <p class="refusal">{data.problem}</p>}
      {!known && data.state !== "failed" && <p class="note">{STATES[data.state]}</p>}
      {known && (
        <div class={data.stale ? "stale-figures" : ""}>
          <Plot data={data} log={log} />
          {data.channels && <Channels rows={data.channels} />}
          <p class="keys">
            <span><i class="bar-key" /> float</span>
            {data.simulated && <span><i class="line-key" /> simulated</span>}
            {data.grid && <span><i class="grid-key" /> grid</span>}
            <button type="button" class="link" aria-pressed={log} title="Bars by the logarithm of their counts, so that rare values can be seen" onClick={() => setLog(!log)}>{log ? "logarithmic" : "linear"}</button>
          </p>
          {data.lines.map((line) => <p class="line-text" key={line}>{line}</p>)}
        </div>)}
      {known && data.stale && <p class="note">{data.state === "measuring" ? "Measuring anew; shown: an earlier state." : "Of an earlier state."}</p>}
    </figure>
  );
}

function Plot({ data, log }) {
  const [low, high] = outer(data);
  const x = (value) => ((value - low) / (high - low)) * WIDTH;
  const tall = scale([...data.exact, ...(data.simulated ?? [])], log);
  const step = (data.high - data.low) / data.exact.length;
  const left = (index) => x(data.low + index * step);
  const outside = data.grid ? [[low, data.grid.low], [data.grid.high, high]].filter(([a, b]) => b > a) : [];
  return (
    <svg viewBox={`0 0 ${WIDTH} ${HEIGHT + RULER}`} role="img" aria-label={data.lines.join(" ")}>
      {outside.map(([from, to]) => (
        <rect class="outside" key={from} x={x(from)} y="0" width={Math.max(x(to) - x(from), 0)} height={HEIGHT}><title>outside the grid: clipped</title></rect>))}
      {data.grid?.levels?.map((level) => <line class="level" key={level} x1={x(level)} x2={x(level)} y1="0" y2={HEIGHT} />)}
      <path class="float-bars" d={data.exact.map((count, index) => bar(left(index), left(index + 1), tall(count))).join("")} />
      {data.simulated && <path class="simulated" d={outline(data.simulated, left, tall)} />}
      {data.grid && [data.grid.low, data.grid.high].map((value) => (
        <line class="bound" key={value} x1={x(value)} x2={x(value)} y1="0" y2={HEIGHT + 3} />))}
      <line class="axis" x1="0" x2={WIDTH} y1={HEIGHT} y2={HEIGHT} />
      {low < 0 && high > 0 && <line class="zero" x1={x(0)} x2={x(0)} y1={HEIGHT} y2={HEIGHT + 4} />}
      <text x="0" y={HEIGHT + RULER - 2}>{short(low)}</text>
      {low < 0 && high > 0 && x(0) > 45 && x(0) < WIDTH - 45 && <text x={x(0)} y={HEIGHT + RULER - 2} text-anchor="middle">0</text>}
      <text x={WIDTH} y={HEIGHT + RULER - 2} text-anchor="end">{short(high)}</text>
    </svg>
  );
}

/** The values and the grid both fit in. */
function outer({ low, high, grid }) {
  const from = Math.min(low, grid?.low ?? low);
  const to = Math.max(high, grid?.high ?? high);
  return to > from ? [from, to] : [from - 0.5, to + 0.5];
}

function scale(counts, log) {
  const most = Math.max(...counts, 1);
  const size = (count) => (log ? Math.log1p(count) / Math.log1p(most) : count / most);
  return (count) => (count ? Math.max(size(count) * (HEIGHT - 4), 1) : 0);
}

const bar = (from, to, tall) => (tall ? `M${from.toFixed(1)} ${HEIGHT}v${(-tall).toFixed(1)}H${to.toFixed(1)}V${HEIGHT}z` : "");

function outline(counts, left, tall) {
  const steps = counts.map((count, index) => `V${(HEIGHT - tall(count)).toFixed(1)}H${left(index + 1).toFixed(1)}`);
  return `M${left(0).toFixed(1)} ${HEIGHT}${steps.join("")}V${HEIGHT}`;
}

/** Each channel's values as a stroke, and the range of its own grid behind it. */
function Channels({ rows }) {
  const finite = rows.flat().filter((value) => value != null);
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const tall = 46;
  const y = (value) => tall - ((value - low) / (high - low || 1)) * tall;
  const wide = WIDTH / rows.length;
  const stroke = (from, to, at, share) => (from == null ? null : (
    <rect x={(at + (1 - share) / 2) * wide} width={Math.max(wide * share, 0.6)} y={y(to)} height={Math.max(y(from) - y(to), 0.8)} />));
  return (
    <svg class="channels" viewBox={`0 0 ${WIDTH} ${tall + RULER}`} role="img" aria-label={`Values and grid of each of ${rows.length} channels`}>
      <g class="grid-range">{rows.map(([, , from, to], at) => stroke(from, to, at, 0.9))}</g>
      <g class="channel-values">{rows.map(([from, to], at) => stroke(from, to, at, 0.45))}</g>
      <text x="0" y={tall + RULER - 2}>channel 0</text>
      <text x={WIDTH} y={tall + RULER - 2} text-anchor="end">{rows.length - 1}</text>
    </svg>
  );
}

const short = (value) => String(Number(value.toPrecision(3)));
