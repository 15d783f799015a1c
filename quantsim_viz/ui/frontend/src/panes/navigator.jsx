// Left of the graph: the model's outline, the configuration's rules with their two counts, and
// what is wrong.

import { useMemo, useState } from "preact/hooks";
import { VirtualList } from "./list.jsx";
import { useRemote } from "./remote.js";
import { Mark, statusAt } from "./status.jsx";

const ROW = 22;
const MOST_RULES = 1500;

export function Navigator({ data, send }) {
  const [tab, setTab] = useState("outline");
  const problems = data.problems ?? [];
  const worst = problems.some((item) => item.severity === "error") ? "error"
    : problems.some((item) => item.severity === "warning") ? "warning" : "";
  const count = problems.reduce((sum, item) => sum + (item.more ?? 1), 0);
  const tabs = [
    ["outline", "Outline", null],
    ["rules", "Rules", null],
    ["problems", "Problems", count ? count.toLocaleString("en") : null],
  ];
  return (
    <div class="pane">
      <div class="tabs" role="tablist" aria-label="Navigator">
        {tabs.map(([key, title, count]) => (
          <button type="button" role="tab" key={key} aria-selected={tab === key} onClick={() => setTab(key)}>
            {title}{count != null && <span class={`count ${worst}`}>{count}</span>}
          </button>
        ))}
      </div>
      {tab === "outline" && <Outline data={data} send={send} />}
      {tab === "rules" && <Rules data={data} send={send} />}
      {tab === "problems" && <Problems problems={problems} send={send} />}
    </div>
  );
}

function outlineRows(nodes, open, query) {
  const rows = [];
  const wanted = query.trim().toLowerCase();
  if (wanted) {
    nodes.forEach((node, index) => {
      const text = `${node.name} ${node.op_type} ${node.module ?? ""}`.toLowerCase();
      if (text.includes(wanted)) rows.push({ index, depth: 0 });
    });
    return rows;
  }
  // A scope that holds one node says nothing that the node's own row does not.
  const sizes = new Map();
  for (const node of nodes) {
    (node.scope ?? []).forEach((_, depth, scope) => {
      const key = scope.slice(0, depth + 1).join("/");
      sizes.set(key, (sizes.get(key) ?? 0) + 1);
    });
  }
  let shown = [];
  nodes.forEach((node, index) => {
    const keys = (node.scope ?? []).map((_, depth, scope) => scope.slice(0, depth + 1).join("/"));
    const scope = keys.filter((key) => sizes.get(key) > 1);
    let common = 0;
    while (common < scope.length && scope[common] === shown[common]) common++;
    let hidden = false;
    scope.forEach((key, depth) => {
      if (depth >= common && !hidden) rows.push({ group: key.split("/").pop(), key, depth });
      if (open[key] === false) hidden = true;
    });
    shown = scope;
    if (!hidden) rows.push({ index, depth: scope.length });
  });
  return rows;
}

function Outline({ data, send }) {
  const table = useRemote(data.table);
  const [open, setOpen] = useState({});
  const [query, setQuery] = useState("");
  const nodes = table?.nodes ?? [];
  const rows = useMemo(() => outlineRows(nodes, open, query), [table, open, query]);
  const focus = rows.findIndex((row) => row.index === data.selected);
  const row = (at, stop) => {
    const item = rows[at];
    const indent = { paddingLeft: `${8 + item.depth * 12}px`, height: ROW };
    if (item.group) {
      const folded = open[item.key] === false;
      return (
        <button type="button" class="row group" style={indent} key={`g${item.key}${at}`} aria-expanded={!folded} {...stop}
          onClick={() => setOpen({ ...open, [item.key]: folded })}>
          <span class="twist">{folded ? "▸" : "▾"}</span>{item.group}
        </button>
      );
    }
    const node = nodes[item.index];
    return (
      <button type="button" class="row" style={indent} key={item.index} aria-current={item.index === data.selected} {...stop}
        title={`${node.name} (${node.op_type})`} onClick={() => send("select", { node: node.name })}>
        <Mark status={statusAt(table, data.status, item.index)} />
        <span class="name">{shortName(node)}</span><span class="type">{node.op_type}</span>
      </button>
    );
  };
  return (
    <>
      <input class="filter" type="search" placeholder="Filter by name or type" aria-label="Filter the outline"
        value={query} onInput={(event) => setQuery(event.currentTarget.value)} />
      <VirtualList count={rows.length} rowHeight={ROW} row={row} focus={focus} label="Outline of the model" />
    </>
  );
}

function shortName(node) {
  if (!node.scope?.length) return node.name;
  return node.name.split("/").filter(Boolean).pop() ?? node.name;
}

function Rules({ data, send }) {
  const rules = data.rules ?? [];
  if (!rules.length) return <p class="empty">The configuration has no rule that could be read.</p>;
  return (
    <div class="scroll">
      <table class="rules">
        <thead>
          <tr><th scope="col">Rule</th>
            <th scope="col" class="num" title="Matched: quantizers on which the rule says something">M</th>
            <th scope="col" class="num" title="Decided: quantizers where it has the last word">D</th></tr>
        </thead>
        <tbody>
          {rules.slice(0, MOST_RULES).map((rule) => rule.heading ? (
            <tr key={rule.pointer} class="heading"><th colSpan={3} scope="colgroup">{rule.label}</th></tr>
          ) : (
            <tr key={rule.pointer} class={rule.decided ? "" : "void"} aria-selected={rule.pointer === data.selected_rule}>
              <td><button type="button" class="link" title={rule.note}
                onClick={() => send("rule", { pointer: rule.pointer, line: rule.line })}>
                {breakable(rule.label)}<span class="value">{rule.value}</span></button></td>
              <td class="num">{rule.matched}</td><td class="num">{rule.decided}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {rules.length > MOST_RULES && <p class="empty">{rules.length - MOST_RULES} more: the margin of the editor counts them all.</p>}
    </div>
  );
}

/** Long names may break after a dot or an underscore, and nowhere else. */
const breakable = (text) => text.replace(/([._])/g, "$1\u200b");

function Problems({ problems, send }) {
  if (!problems.length) return <p class="empty">Nothing to report: the document is valid and AIMET accepts it on this model.</p>;
  return (
    <div class="scroll problems">
      {problems.map((item) => (
        <div class={`problem ${item.severity}`} key={item.id}>
          <div class="head">
            <span class="severity">{item.severity}</span><code>{item.code}</code>
            {item.line && <button type="button" class="link line" onClick={() => send("rule", { pointer: item.rule, line: item.line })}>line {item.line}</button>}
          </div>
          <p>{breakable(item.message)}</p>
          {item.nodes?.length > 0 && (
            <p class="nodes">{item.nodes.slice(0, 6).map((name) => (
              <button type="button" class="link" key={name} onClick={() => send("select", { node: name })}>{name}</button>))}
              {item.nodes.length > 6 && <span>and {item.nodes.length - 6} more</span>}</p>
          )}
          {item.fix && <button type="button" class="act" onClick={() => send("fix", { id: item.id })}>{breakable(item.fix.title)}</button>}
        </div>
      ))}
    </div>
  );
}
