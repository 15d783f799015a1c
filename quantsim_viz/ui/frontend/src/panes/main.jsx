// The app's panes beside graph and editor: one component, mounted once for each kind of pane.

import { render } from "preact";
import { openChannel } from "../channel.js";
import { mounted } from "../mounting.js";
import { Changes } from "./changes.jsx";
import { Forms } from "./forms.jsx";
import { Inspector } from "./inspector.jsx";
import { Layers } from "./layers.jsx";
import { Navigator } from "./navigator.jsx";
import { Presets } from "./presets.jsx";
import { Report } from "./report.jsx";
import { Strip, restoreBottom } from "./strip.jsx";
import { Summary } from "./summary.jsx";
import style from "./panes.css";

const PANES = {
  navigator: Navigator, inspector: Inspector, layers: Layers, strip: Strip, forms: Forms,
  summary: Summary, report: Report,
  changes: Changes, presets: Presets,
};

restoreBottom();

export default function (component) {
  const { part, cleanup } = mounted(component, makePane);
  part.channel.update(component);
  const data = component.data ?? {};
  const Pane = PANES[data.kind];
  // A hidden pane stands as it was, its open sections and filters too.
  if (!data.hidden || !part.drawn) render(<Pane data={data} send={part.channel.send} />, part.holder);
  part.drawn = true;
  return cleanup;
}

function makePane() {
  const element = document.createElement("div");
  element.className = "part";
  const sheet = document.createElement("style");
  sheet.textContent = style;
  const holder = document.createElement("div");
  holder.className = "holder";
  element.append(sheet, holder);
  return { element, holder, channel: openChannel() };
}
