// The document against the file as opened (or what it is compared with): what went, what came.

const SIGNS = { same: " ", gone: "−", new: "+", gap: "⋯" };
const WORDS = { gone: "taken out", new: "added" };

export function Changes({ data, send }) {
  if (data.hidden) return null;
  return (
    <div class="pane changes scroll" tabIndex={0} role="region" aria-label="Changes">
      <div class="bar-choice">
        <label>Against <select aria-label="Compare the document's text with" value={data.against} onChange={(event) => send("against", { reference: event.currentTarget.value })}>
          {data.choices.map(([reference, title]) => <option key={reference} value={reference}>{title}</option>)}
        </select></label>
        <span class="dim">{data.caption}</span>
      </div>
      {data.rows.length > 0 && (
        <table><tbody>
          {data.rows.map((row, at) => (
            <tr class={row.kind} key={at}>
              <td class="num">{row.a}</td>
              <td class="num">{row.b && <button type="button" class="link" title="Go to this line"
                onClick={() => send("rule", { pointer: "", line: row.b })}>{row.b}</button>}</td>
              <td class="sign">{SIGNS[row.kind]}{WORDS[row.kind] && <span class="unseen">{WORDS[row.kind]}</span>}</td>
              <td><code>{row.text}</code></td>
            </tr>))}
        </tbody></table>)}
    </div>
  );
}
