// The graph view: Streamlit calls the function below whenever its data or the theme change.
//
// A layout is fetched once by its hash; what travels on an edit is a string with a character a node.

import { publish, withdraw } from "./graph/hooks.js";
import { View } from "./graph/view.js";

// Named here so that the browser fetches all modules at once, not those of each depth in turn.
import "./graph/camera.js";
import "./graph/cards.js";
import "./graph/channel.js";
import "./graph/hulls.js";
import "./graph/input.js";
import "./graph/link.js";
import "./graph/lit.js";
import "./graph/looks.js";
import "./graph/marks.js";
import "./graph/model.js";
import "./graph/paint.js";
import "./graph/panel.js";
import "./graph/picture.js";
import "./graph/query.js";
import "./graph/strip.js";
import "./graph/theme.js";
import "./graph/tooltip.js";
import "./graph/tree.js";

const STYLE = new URL("graph.css", import.meta.url).href;

const views = new Map(); // by the element Streamlit mounts us in

const MARKUP = `
<div class="qv-graph">
  <div class="qv-stage" tabindex="0" role="application"
       aria-label="Model graph. Arrow keys walk along wires, slash searches, question mark lists the keys. The same nodes follow as a tree.">
    <canvas class="qv-canvas" aria-hidden="true"></canvas>
    <canvas class="qv-strip" hidden aria-hidden="true"></canvas>
    <div class="qv-find">
      <input class="qv-search" type="search" placeholder="Search  /" spellcheck="false" autocomplete="off"
             aria-label="Search nodes: a name, an operator, status:float, sqnr<20">
      <span class="qv-count" role="status"></span>
    </div>
    <div class="qv-tools">
      <div class="qv-modes" role="group" aria-label="Colour by"></div>
      <div class="qv-fold" role="group" aria-label="Groups">
        <button type="button" class="qv-open-all" title="Open all groups" aria-label="Open all groups">⊞</button>
        <button type="button" class="qv-close-all" title="Close all groups" aria-label="Close all groups">⊟</button>
      </div>
      <div role="group" aria-label="Zoom">
        <button type="button" class="qv-zoom-out" title="Zoom out (−)" aria-label="Zoom out">−</button>
        <span class="qv-scale"></span>
        <button type="button" class="qv-zoom-in" title="Zoom in (+)" aria-label="Zoom in">+</button>
        <button type="button" class="qv-fit" title="Fit all of it, or of a deep model its width (f)" aria-label="Fit">⤢</button>
      </div>
      <div><button type="button" class="qv-save" title="Save the picture as PNG (p)" aria-label="Save the picture as PNG">⤓</button><button type="button" class="qv-help-button" title="Keys (?)" aria-label="Keys">?</button></div>
    </div>
    <div class="qv-legend" role="group" aria-label="Legend: press an entry to show only its nodes"></div>
    <div class="qv-title" hidden></div>
    <div class="qv-message" role="status" hidden></div>
    <div class="qv-help" role="region" aria-label="Keys" tabindex="0" hidden></div>
    <div class="qv-menu" role="menu" hidden></div>
    <div class="qv-tooltip" role="tooltip" hidden></div>
  </div>
  <ul class="qv-tree" role="tree" aria-label="Nodes of the model"></ul>
</div>`;

/** Streamlit may unmount a component and mount it anew in the middle of a session. A view that was
 * let go of waits this long, in milliseconds, to be taken up again with its camera, mode and focus. */
const PATIENCE = 2000;
const parked = new Map();

export default function graph({ data, parentElement, setTriggerValue }) {
  let view = views.get(parentElement);
  if (!view) {
    view = unpark(data.key) || makeView(data.key);
    const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: STYLE });
    parentElement.append(style, view.root);
    views.set(parentElement, view);
    view.joinLink(data.link);
    publish(view);
    if (view.hadFocus) view.stage.focus();
  }
  view.root.style.setProperty("--qv-height", typeof data.height === "number" ? `${data.height}px` : "100%");
  view.channel.update(setTriggerValue, data.ack);
  view.update(data);
  return () => {
    // Streamlit also calls this when a newer call overtook an older one: then we are still mounted.
    if (parentElement.isConnected || !views.delete(parentElement)) return;
    view.hadFocus = view.root.contains(view.root.getRootNode().activeElement);
    parentElement.replaceChildren();
    parked.set(view, setTimeout(() => drop(view), PATIENCE));
  };
}

function makeView(key) {
  const host = document.createElement("div");
  host.innerHTML = MARKUP; // fixed text above; names from a model only ever become text nodes
  return new View(host.firstElementChild, key);
}

/** Take up the view of this key that was let go of last, if its time is not over. */
function unpark(key) {
  const view = [...parked.keys()].findLast((one) => one.key === key);
  if (!view) return null;
  clearTimeout(parked.get(view));
  parked.delete(view);
  return view;
}

/** End a view that nobody took up again. */
function drop(view) {
  parked.delete(view);
  view.close();
  withdraw(view);
}
