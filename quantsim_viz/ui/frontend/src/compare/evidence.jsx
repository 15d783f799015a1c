// Behind the answer: every layer as table, scatter and along depth; the samples that disagree.

import { useMemo, useState } from "preact/hooks";
import { useRemote } from "../panes/remote.js";
import { statusByName } from "../panes/status.jsx";
import { LayerTable } from "./layertable.jsx";
import { Depth, Scatter } from "./plots.jsx";
import { Samples } from "./samples.jsx";

export function Evidence({ data, send }) {
  const table = useRemote(data.table);
  const report = useRemote(data.results);
  const explained = useRemote(data.explaining);
  const [view, setView] = useState("layers");
  const rows = useMemo(() => layerRows(table, report, data.columns), [table, report, data.columns?.join()]);
  const marked = useMemo(() => new Set(data.marked ?? []), [data.marked]);
  const telling = useMemo(() => (report && data.columns ? tellingRows(report, data.columns) : []), [report, data.columns?.join()]);
  if (!table) return <p class="empty">Reading the model.</p>;
  const choose = (row) => row && send("select", { node: row.node.name });
  const shared = { rows, letters: data.letters, selected: data.selected, marked, choose };
  return (
    <div class={`pane evidence${data.stale ? " stale-figures" : ""}`}>
      <div class="tabs" role="tablist" aria-label="Evidence">
        <Tab id="layers" view={view} setView={setView}>Layers</Tab>
        <Tab id="samples" view={view} setView={setView}>Samples they disagree on<span class="count">{telling.length}</span></Tab>
        <span class="tabs-note dim">{explained && view === "layers" ? explainedNote(explained) : ""}</span>
      </div>
      {view === "layers"
        ? report && data.columns
          ? <div class="evidence-body">
              <LayerTable key={explained?.measure ?? "plain"} {...shared} table={table} explained={explained} />
              <Scatter {...shared} />
              <Depth {...shared} />
            </div>
          : <p class="empty">{data.empty}</p>
        : <Samples rows={telling} letters={data.letters} metric={report?.metric} empty={report ? data.no_samples : data.empty} />}
    </div>
  );
}

/** The fewest layers that make most of the difference, in words. */
function explainedNote({ measure, layers, samples }) {
  const enough = layers.findIndex((layer) => layer.cumulative_share >= 0.5) + 1;
  const where = measure === "sensitivity" ? `noise at the output, each layer alone on ${samples} samples` : "layers' own noise";
  return enough ? `${enough} layer${enough === 1 ? "" : "s"} explain${enough === 1 ? "s" : ""} half of the difference in ${where}` : "";
}

function Tab({ id, view, setView, children }) {
  return <button type="button" role="tab" aria-selected={view === id} onClick={() => setView(id)}>{children}</button>;
}

/** One row a layer: both figures, both statuses, and what it explains of the difference. */
function layerRows(table, report, columns) {
  if (!table || !report || !columns) return [];
  const byName = new Map(table.nodes.map((node, index) => [node.name, index]));
  return report.layers.map((layer, order) => {
    const index = byName.get(layer.node);
    const node = table.nodes[index] ?? { name: layer.node, op_type: "" };
    const db = columns.map((column) => (column == null ? null : layer.sqnr_db[column]));
    const status = columns.map((column) => (column == null ? null : layer.status[column]));
    const known = db.filter((value) => value != null);
    return {
      id: layer.tensor, index, node, order, db, status,
      delta: db[0] == null || db[1] == null ? null : db[1] - db[0],
      statuses: status.map((name) => statusByName(table, name)), decibels: known.length ? Math.min(...known) : null,
      search: `${layer.node} ${node.op_type} ${layer.tensor} ${status.join(" ")}`.toLowerCase(),
    };
  });
}

/** The samples on which the two differ, each with its picture. */
function tellingRows(report, columns) {
  const listed = (columns[0] === 0 && report.metric?.disagreeing?.[columns[1]]) || [];
  return listed.map((row) => ({
    ...row, pair: row.predictions ?? row.scores, hits: row.right ?? [null, null], image: report.pictures?.[row.sample],
    float_right: row.label == null ? null : row.float === row.label,
  }));
}
