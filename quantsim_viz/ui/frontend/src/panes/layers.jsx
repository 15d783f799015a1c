// The table of layers: one row for each float output of each node; sortable, filterable, linked
// with the selection. The Compare page has the same table with other columns.

import { useMemo, useState } from "preact/hooks";
import { compileQuery } from "../../../static/graph/query.js";
import { VirtualList } from "./list.jsx";
import { useRemote } from "./remote.js";
import { Mark, dbText, sqnrColor, statusAt } from "./status.jsx";

const ROW = 23;

/** Numbers first by size, then words; what is missing always comes last. */
function compareValues(a, b, direction) {
  const missing = (value) => value === null || value === undefined || value === "";
  if (missing(a) || missing(b)) return missing(a) - missing(b);
  const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  return order * direction;
}

export function SortableTable({ columns, rows, initial, selected, onSelect, label, empty, narrow }) {
  const [sort, setSort] = useState(initial);
  const [query, setQuery] = useState("");
  const [narrowed, setNarrowed] = useState(false);
  const shown = useMemo(() => {
    const test = compileQuery(query, FACTS);
    let result = test ? rows.filter(test) : rows;
    if (narrow && narrowed) result = result.filter(narrow.test);
    const column = columns.find((item) => item.key === sort?.key);
    if (column) {
      result = [...result].sort((a, b) => compareValues(column.value(a), column.value(b), sort.direction) || a.order - b.order);
    }
    return result;
  }, [rows, columns, sort, query, narrowed]);
  const focus = shown.findIndex((row) => row.index === selected);
  const template = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };
  const toggle = (key) => setSort((now) => {
    if (now?.key !== key) return { key, direction: 1 };
    return now.direction === 1 ? { key, direction: -1 } : null;
  });
  const row = (at, stop) => {
    const item = shown[at];
    return (
      <div role="row" class={item.stale ? "tr stale-figures" : "tr"} key={item.id} style={{ ...template, height: ROW }} aria-selected={item.index === selected}
        onClick={() => onSelect(item)}>
        {columns.map((column) => (
          <div role="cell" class={column.numeric ? "num" : ""} key={column.key}>{column.render(item, stop)}</div>
        ))}
      </div>
    );
  };
  const header = (
    <div role="row" class="tr head" style={template}>
      {columns.map((column) => (
        <div role="columnheader" key={column.key} class={column.numeric ? "num" : ""}
          aria-sort={sort?.key === column.key ? (sort.direction === 1 ? "ascending" : "descending") : "none"}>
          <button type="button" title={column.hint} onClick={() => toggle(column.key)}>
            {column.title}<span class="arrow">{sort?.key === column.key ? (sort.direction === 1 ? "▲" : "▼") : ""}</span>
          </button>
        </div>
      ))}
    </div>
  );
  return (
    <div class="pane table">
      <div class="toolbar">
        <input class="filter" type="search" placeholder="Filter: a name, type, status:float" aria-label={`Filter: ${label}`}
          value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
        {narrow && <label class="narrow"><input type="checkbox" checked={narrowed} onChange={(event) => setNarrowed(event.currentTarget.checked)} /> {narrow.title}</label>}
        <span class="dim">{shown.length === rows.length ? rowsText(rows.length) : `${shown.length} of ${rowsText(rows.length)}`}</span>
      </div>
      {shown.length
        ? <VirtualList count={shown.length} rowHeight={ROW} row={row} focus={focus} label={label} role="table" bodyRole="rowgroup" rows={shown.length + 1} header={header} headerHeight={26} />
        : <p class="empty">{rows.length ? nothingFound(query) : empty}</p>}
    </div>
  );
}

/** What a filter may ask of a row: the words of the graph's search. Which rule touched what is known there alone. */
const FACTS = {
  name: (row) => row.node.name,
  op: (row) => row.node.op_type,
  module: (row) => row.node.module ?? "",
  also: (row) => row.search,
  statuses: (row) => row.statuses,
  bits: (row) => row.bits,
  sqnr: (row) => row.decibels,
  params: (row) => row.node.params ?? [],
  touched: () => new Set(),
};

const nothingFound = (query) => (/(^|\s)-?rule:/i.test(query) ? "What a rule touches is found by the graph's search." : "No row is found by that.");

const rowsText = (count) => (count === 1 ? "1 row" : `${count} rows`);

function Bar({ palette, figure }) {
  if (!figure) return <span class="dim">–</span>;
  if (figure[0] == null) return <span class="dim">{dbText(figure)}</span>;
  const width = `${Math.min(Math.max(figure[0] / palette.sqnr[1], 0.02), 1) * 100}%`;
  return (
    <span class="bar"><span class="track"><i style={{ width, background: sqnrColor(palette, figure[0]) }} /></span>
      <b>{dbText(figure)}</b></span>
  );
}

const encodingText = (encoding) =>
  encoding ? `${number(encoding.min)} … ${number(encoding.max)}` : "";
const number = (value) => (Math.abs(value) >= 1000 || (value && Math.abs(value) < 0.01) ? value.toExponential(2) : value.toFixed(3));

export function Layers({ data, send }) {
  const table = useRemote(data.table);
  const whole = useRemote(data.results) ?? data.partial;
  const results = useMemo(() => withFresh(whole, data.fresh), [whole, data.fresh]);
  const rows = useMemo(() => layerRows(table, results, data), [table, results, data.status, data.bits, data.stale, data.fresh]);
  const columns = useMemo(() => table && layerColumns(table, data.status, data.bits, results?.measures), [table, data.status, data.bits, results?.measures]);
  if (!table) return <p class="empty">Reading the model.</p>;
  return (
    <>
      {data.note && <p class={`ribbon ${data.stale ? "stale" : ""}`}>{data.note}</p>}
      <div class={data.stale && !data.fresh ? "grow stale-figures" : "grow"}>
        <SortableTable columns={columns} rows={rows} initial={null} selected={data.selected} label="Layers"
          empty="This model has no layer with a float output." onSelect={(row) => send("select", { node: row.node.name })} />
      </div>
    </>
  );
}

/** The last figures, and in their place those that have come in since the edit. */
export function withFresh(results, fresh) {
  if (!results || !fresh) return results;
  return { ...results, layers: { ...results.layers, ...fresh.layers } };
}

function layerRows(table, results, { status, bits, stale, fresh }) {
  const rows = [];
  table?.nodes.forEach((node, index) => {
    for (const tensor of node.tensors) {
      const result = results?.layers?.[tensor.name];
      rows.push({
        id: tensor.name, index, node, tensor, result, order: rows.length,
        statuses: [statusAt(table, status, index)], bits: widthOf(bits, tensor.name), decibels: result?.f?.[0] ?? null, stale: stale && fresh && !fresh.layers[tensor.name],
        search: `${node.name} ${node.op_type} ${node.module ?? ""} ${tensor.name} ${statusAt(table, status, index).word}`.toLowerCase(),
      });
    }
  });
  return rows;
}

/** The bit width of a tensor's grid, its own or the one it carries, as the graph's search calls it. */
function widthOf(bits, tensor) {
  const word = bits?.[tensor] ?? "float";
  const carried = /^grid of (.*)$/.exec(word);
  return carried ? widthOf(bits, carried[1]) : word.replace(/^u?int/, "");
}

const MEASURES = {
  isolated: ["Isolated, dB", "Signal to noise of this layer's own quantizers alone, its inputs being float"],
  sensitivity: ["Sensitivity, dB", "Signal to noise at the model's outputs with only this layer's quantizers on: the lowest matter most"],
};

const own = (at) => (row) => row.result?.q?.[at] ?? null;
const decibelText = (value) => (value == null ? <span class="dim">–</span> : value.toFixed(1));

/** What the layer's own quantizer does to its output, by itself. */
const quantizerColumns = [
  { key: "own", title: "Own, dB", width: "76px", numeric: true, hint: "Signal to the noise of this tensor's own quantizer, no other acting", value: own(0), render: (row) => decibelText(own(0)(row)) },
  { key: "clipping", title: "Clipping", width: "76px", numeric: true, hint: "Share of that noise from outside the range: what a wider range would cure; the rest is rounding", value: own(1), render: (row) => (own(1)(row) == null ? <span class="dim">–</span> : `${(own(1)(row) * 100).toFixed(1)} %`) },
  { key: "finer", title: "1 bit, dB", width: "76px", numeric: true, hint: "What one more bit would gain at the same range", value: own(3), render: (row) => decibelText(own(3)(row)) },
];

function layerColumns(table, letters, bits, measures = []) {
  const status = (row) => statusAt(table, letters, row.index);
  return [
    { key: "order", title: "#", width: "44px", numeric: true, hint: "Position in the model", value: (row) => row.order, render: (row) => <span class="dim">{row.order + 1}</span> },
    { key: "node", title: "Node", width: "minmax(120px, 2.2fr)", value: (row) => row.node.name, render: (row, stop) => (
      <button type="button" class="cell-link" {...stop} title={row.node.module ? `${row.node.name}, module ${row.node.module}` : row.node.name}>{row.node.name}</button>) },
    { key: "type", title: "Type", width: "minmax(80px, 1fr)", value: (row) => row.node.op_type, render: (row) => row.node.op_type },
    { key: "status", title: "Status", width: "minmax(120px, 1.2fr)", value: (row) => status(row).word, render: (row) => <><Mark status={status(row)} /> {status(row).word}</> },
    { key: "bits", title: "Output", width: "minmax(56px, .6fr)", hint: "What its output is quantized to, or whose grid it carries", value: (row) => bits?.[row.tensor.name] ?? "", render: (row) => bits?.[row.tensor.name] ?? <span class="dim">{bits ? "float" : "–"}</span> },
    { key: "shape", title: "Shape", width: "minmax(90px, 1fr)", value: (row) => row.tensor.shape, render: (row) => <span class="mono dim">{row.tensor.shape}</span> },
    { key: "sqnr", title: "SQNR, dB", width: "minmax(120px, 1.3fr)", numeric: true,
      hint: "Signal to quantization noise at this output, all quantizers up to here on", value: (row) => row.result?.f?.[0] ?? null,
      render: (row) => <Bar palette={table.palette} figure={row.result?.f} /> },
    ...measures.filter((name) => MEASURES[name]).map((name) => ({
      key: name, title: MEASURES[name][0], width: "minmax(110px, 1.2fr)", numeric: true, hint: MEASURES[name][1],
      value: (row) => row.result?.m?.[name]?.[0] ?? null, render: (row) => <Bar palette={table.palette} figure={row.result?.m?.[name]} />,
    })),
    ...(measures.includes("quantizers") ? quantizerColumns : []),
    { key: "range", title: "Range", width: "minmax(120px, 1fr)", numeric: true, hint: "Smallest and largest value its grid can hold", value: (row) => (row.result?.e ? row.result.e.max - row.result.e.min : null),
      render: (row) => <span class="mono">{encodingText(row.result?.e)}</span> },
  ];
}
