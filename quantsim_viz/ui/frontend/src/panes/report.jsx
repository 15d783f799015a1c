// The outcome of a run in a few large figures, with what they are of.

export function Report({ data }) {
  return (
    <div class="report">
      {data.figures?.length > 0 && (
        <dl>
          {data.figures.map((figure) => (
            <div key={figure.label} title={figure.hint}><dt>{figure.label}</dt><dd class={figure.tone ?? ""}>{figure.value}</dd></div>))}
        </dl>)}
      {(data.lines ?? []).map((line) => <p key={line}>{line}</p>)}
      {data.caption && <p class="dim">{data.caption}</p>}
    </div>
  );
}
