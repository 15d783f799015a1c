// Every layer with the figures of both sides; sortable, filterable, linked with the selection.

import { useMemo } from "preact/hooks";
import { SortableTable } from "../panes/layers.jsx";
import { Mark, statusByName } from "../panes/status.jsx";
import { Delta } from "./letter.jsx";

export function LayerTable({ rows, table, letters, selected, marked, choose, explained }) {
  const columns = useMemo(() => columnsOf(table, letters, explained), [table, letters.join(), explained]);
  const shown = marked.size ? rows.filter((row) => marked.has(row.node.name)) : rows;
  return (
    <div class="layer-table">
      <SortableTable columns={columns} rows={shown} initial={explained ? { key: "share", direction: -1 } : { key: "delta", direction: 1 }} selected={selected}
        label="Layers, both sides" narrow={{ title: "of another status", test: (row) => row.status[0] !== row.status[1] }}
        empty="Neither run has a figure." onSelect={choose} />
    </div>
  );
}

function columnsOf(table, [first, second], explained) {
  const most = Math.max(...(explained?.layers ?? []).map((layer) => layer.share), 1e-9);
  const parts = new Map((explained?.layers ?? []).map((layer) => [layer.tensor, layer]));
  const hint = explained?.measure === "sensitivity"
    ? `Its part of the difference in noise at the outputs, each layer's own quantizers alone: ${second} against ${first}; signs left aside`
    : "Its part of the difference in noise of layers' own quantizers, each relative to its signal: an indication";
  const db = (value) => (value == null ? <span class="dim">–</span> : value.toFixed(1));
  const looks = (row, side) => statusByName(table, row.status[side]);
  const status = (side, title) => ({
    key: `status${side}`, title, width: "24px", hint: `Status in ${title}`, value: (row) => looks(row, side).word,
    render: (row) => <span class={row.status[0] === row.status[1] ? "same" : ""}>{row.status[side] && <Mark status={looks(row, side)} />}</span>,
  });
  return [
    { key: "order", title: "#", width: "30px", numeric: true, hint: "Position in the model", value: (row) => row.order, render: (row) => <span class="dim">{row.order + 1}</span> },
    { key: "node", title: "Node", width: "minmax(84px, 2.2fr)", value: (row) => row.node.name, render: (row, stop) => <button type="button" class="cell-link" title={row.node.name} {...stop}>{row.node.name}</button> },
    { key: "type", title: "Type", width: "minmax(52px, .9fr)", value: (row) => row.node.op_type, render: (row) => row.node.op_type },
    status(0, first), status(1, second),
    { key: "a", title: `${first}, dB`, width: "48px", numeric: true, hint: `SQNR of ${first}`, value: (row) => row.db[0], render: (row) => db(row.db[0]) },
    { key: "b", title: `${second}, dB`, width: "48px", numeric: true, hint: `SQNR of ${second}`, value: (row) => row.db[1], render: (row) => db(row.db[1]) },
    { key: "delta", title: `${second} − ${first}`, width: "56px", numeric: true, hint: "Difference of SQNR in dB", value: (row) => row.delta, render: (row) => <Delta value={row.delta} /> },
    ...(explained ? [{
      key: "share", title: "explains", width: "64px", numeric: true, hint,
      value: (row) => parts.get(row.id)?.share ?? null, render: (row) => <ShareBar part={parts.get(row.id)} most={most} />,
    }] : []),
  ];
}

function ShareBar({ part, most }) {
  if (!part || part.share < 0.0005) return <span class="dim">–</span>;
  const less = part.difference < 0;
  return (
    <span class="explains" title={less ? "less noise" : "more noise"}><i style={{ width: `${(part.share / most) * 100}%` }} class={less ? "" : "against"} />
      <b class={less ? "better" : "worse"}>{less ? "−" : "+"}</b><b>{part.share < 0.095 ? (part.share * 100).toFixed(1) : Math.round(part.share * 100)} %</b></span>
  );
}
