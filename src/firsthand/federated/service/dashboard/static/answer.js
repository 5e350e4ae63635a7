// What a sum says: every estimate with its interval, on one scale.

import { short } from "/words.js";
import { make } from "/theme/dom.js";

const NS = "http://www.w3.org/2000/svg";

export function answerOf({ estimates, more, counts }) {
  const values = estimates.flatMap(([, value, low, high]) => [value, low, high]);
  const least = counts ? 0 : Math.min(...values), most = Math.max(...values), width = most - least || 1;
  const at = (value) => 100 * Math.min(Math.max((value - least) / width, 0), 1);
  const rows = estimates.map(([name, value, low, high]) => make("tr", {},
    make("th", { scope: "row" }, make("bdi", {}, name)), make("td", {}, drawn(at(value), at(low), at(high), counts)),
    make("td", { className: "value number" }, short(value)), make("td", { className: "range number" }, `${short(low)} – ${short(high)}`)));
  const caption = make("caption", {}, more ? `The largest ${estimates.length} of ${estimates.length + more}, with 95% intervals` : "With 95% intervals");
  return make("div", { className: "answer" }, make("table", {}, caption, make("tbody", {}, ...rows)));
}

function drawn(value, low, high, counts) {
  const svg = shape("svg", { "aria-hidden": "true" });
  if (counts) svg.append(shape("rect", { class: "bar", x: "0", y: "3", width: `${value}%`, height: "12", rx: "3" }));
  svg.append(shape("line", { class: "reach", x1: `${low}%`, x2: `${high}%`, y1: "9", y2: "9" }));
  svg.append(shape("circle", { class: "dot", cx: `${value}%`, cy: "9", r: "4" }));
  return svg;
}

function shape(kind, about) {
  const element = document.createElementNS(NS, kind);
  for (const [name, value] of Object.entries(about)) element.setAttribute(name, value);
  return element;
}
