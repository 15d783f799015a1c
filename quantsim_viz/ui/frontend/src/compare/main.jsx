// The panes of the Compare page: one component, mounted once for each kind of pane.

import { render } from "preact";
import { openChannel } from "../channel.js";
import { mounted } from "../mounting.js";
import panesStyle from "../panes/panes.css";
import { Causes } from "./causes.jsx";
import style from "./compare.css";
import { Evidence } from "./evidence.jsx";
import { Sides } from "./sides.jsx";
import { Verdict } from "./verdict.jsx";

const PANES = { sides: Sides, verdict: Verdict, causes: Causes, evidence: Evidence };

export default function (component) {
  const { part, cleanup } = mounted(component, makePane);
  part.channel.update(component);
  const data = component.data ?? {};
  const Pane = PANES[data.kind];
  render(<Pane data={data} send={part.channel.send} />, part.holder);
  return cleanup;
}

function makePane() {
  const element = document.createElement("div");
  element.className = "part";
  const sheet = document.createElement("style");
  sheet.textContent = panesStyle + style;
  const holder = document.createElement("div");
  holder.className = "holder";
  element.append(sheet, holder);
  return { element, holder, channel: openChannel() };
}
