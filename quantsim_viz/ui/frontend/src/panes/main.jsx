// The app's panes beside graph and editor: one component, mounted once for each kind of pane.

import { render } from "preact";
import { mounted, openChannel } from "../channel.js";
import { Changes } from "./changes.jsx";
import { Forms } from "./forms.jsx";
import { Inspector } from "./inspector.jsx";
import { Comparison, Layers } from "./layers.jsx";
import { Navigator } from "./navigator.jsx";
import { Report } from "./report.jsx";
import { Strip, restoreBottom } from "./strip.jsx";
import { Summary } from "./summary.jsx";
import style from "./panes.css";

const PANES = {
  navigator: Navigator, inspector: Inspector, layers: Layers, strip: Strip, forms: Forms,
  comparison: Comparison, summary: Summary, report: Report,
  changes: Changes,
};

restoreBottom();

export default function (component) {
  const pane = mounted(component, (root) => {
    const sheet = document.createElement("style");
    sheet.textContent = style;
    const holder = document.createElement("div");
    holder.className = "holder";
    root.append(sheet, holder);
    return { holder, channel: openChannel() };
  });
  pane.channel.update(component);
  const data = component.data ?? {};
  const Pane = PANES[data.kind];
  render(<Pane data={data} send={pane.channel.send} />, pane.holder);
}
