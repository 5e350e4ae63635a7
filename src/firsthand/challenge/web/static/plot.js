// Accuracy over the time of an image, with the frontier of models than which none is both faster and better.

import { between, percent, short } from "/numbers.js";
import { linear, linearTicks, logTicks, logarithmic } from "/scales.js";
import { make } from "/theme/dom.js";

const NS = "http://www.w3.org/2000/svg";
const RADIUS = 6, REACH = 18, LETTER = 6.6, LINE = 18, MANY = 16;

function draw(kind, about = {}, ...inside) {
  const element = document.createElementNS(NS, kind);
  for (const [name, value] of Object.entries(about)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

// Which of `points` ({ ms, share }) are the best for their time, fastest first.
export function frontierOf(points) {
  const best = [];
  for (const point of [...points].sort((a, b) => a.ms - b.ms || b.share - a.share)) {
    if (!best.length || point.share > best.at(-1).share) best.push(point);
  }
  return best;
}

export class Plot {
  #root; #hearer; #entries = []; #limit = 33; #marks = new Map(); #tip; #current = "";

  // `hearer` has opened(sha256) and pointed(sha256), which gets "" when nothing is.
  constructor(root, hearer) {
    this.#root = root;
    this.#hearer = hearer;
    this.#tip = make("div", { className: "tip", hidden: true, "aria-hidden": "true" });
    new ResizeObserver(() => this.#redraw()).observe(root);
  }

  // `entries` are those with a standing.
  show(entries, limit_ms) {
    const shown = (list) => JSON.stringify(list.map(({ sha256, name, standing }) => [sha256, name, standing.accuracy, standing.median_ms, standing.doubts.length]));
    const changed = shown(entries) !== shown(this.#entries) || limit_ms !== this.#limit;
    this.#entries = entries;
    this.#limit = limit_ms;
    if (changed || !this.#marks.size) this.#redraw();
  }

  // Lights up one model, or none.
  point(sha256) {
    for (const [key, mark] of this.#marks) mark.classList.toggle("on", key === sha256);
    const entry = this.#entries.find((each) => each.sha256 === sha256), mark = this.#marks.get(sha256);
    this.#tip.hidden = !entry || !mark;
    if (this.#tip.hidden) return;
    const { accuracy, median_ms } = entry.standing;
    this.#tip.replaceChildren(make("b", {}, make("bdi", {}, entry.name)), make("span", { className: "number" }, `${percent(accuracy[0])}% · ${short(median_ms[0])} ms`));
    const { x, y } = mark.place, wide = this.#root.clientWidth, half = this.#tip.offsetWidth / 2;
    this.#tip.style.left = `${Math.min(Math.max(x, half + 2), wide - half - 2)}px`;
    this.#tip.style.top = `${y}px`;
    this.#tip.classList.toggle("below", y < 76);
  }

  #redraw() {
    const width = this.#root.clientWidth, entries = this.#entries;
    if (!width || !entries.length) { this.#marks.clear(); this.#root.replaceChildren(); return; }
    const held = this.#root.contains(document.activeElement) ? document.activeElement.dataset.sha256 : "";
    const height = width < 520 ? 300 : 380, area = { left: 46, right: width - 12, top: 14, bottom: height - 44 };
    const points = entries.map((entry) => ({ entry, ms: entry.standing.median_ms[0], share: entry.standing.accuracy[0] }));
    const times = [...points.map(({ ms }) => ms), this.#limit];
    const low_ms = Math.min(...times) / 1.7, high_ms = Math.max(...times) * 2;
    const least = 100 * Math.min(...entries.map(({ standing }) => standing.accuracy[1])), most = 100 * Math.max(...entries.map(({ standing }) => standing.accuracy[2]));
    const spare = Math.max(2, 0.12 * (most - least)), low = Math.max(0, least - spare), high = Math.min(100, most + spare);
    const x = logarithmic(low_ms, high_ms, area.left, area.right), y = linear(low, high, area.bottom, area.top);
    const best = new Set(frontierOf(points));

    const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": `Accuracy over the time of an image: ${entries.length} model${entries.length > 1 ? "s" : ""}` });
    svg.append(this.#axes(area, x, y, logTicks(low_ms, high_ms), linearTicks(low, high, height < 340 ? 4 : 5)));
    svg.append(step([...best], x, y, area));
    svg.append(draw("g", { class: "limit", "aria-hidden": "true" }, draw("line", { x1: x(this.#limit), x2: x(this.#limit), y1: area.top, y2: area.bottom }), draw("text", { x: x(this.#limit) - 6, y: area.top + 11, "text-anchor": "end" }, `${this.#limit} ms`)));
    const marks = draw("g"), labels = draw("g", { class: "names", "aria-hidden": "true" });
    this.#marks = new Map();
    for (const point of points.sort((a, b) => a.ms - b.ms)) {
      const mark = this.#mark(point, best.has(point), { x: x(point.ms), y: y(100 * point.share) }, y, x);
      this.#marks.set(point.entry.sha256, mark);
      marks.append(mark);
    }
    const named = points.length > MANY ? points.filter((point) => best.has(point)) : points;
    labels.append(...placed(named.sort((a, b) => best.has(b) - best.has(a)), [...best], [...this.#marks.values()].map(({ place }) => place), this.#limit, area, x, y));
    svg.append(labels, marks);
    this.#root.replaceChildren(svg, this.#tip);
    const first = this.#marks.has(this.#current) ? this.#current : points[0].entry.sha256;
    this.#roam(first);
    if (held) this.#marks.get(held)?.focus({ preventScroll: true });
    else this.point("");
  }

  #axes(area, x, y, times, shares) {
    const group = draw("g", { class: "axes", "aria-hidden": "true" });
    for (const share of shares) group.append(draw("line", { x1: area.left, x2: area.right, y1: y(share), y2: y(share) }), draw("text", { x: area.left - 8, y: y(share) + 4, "text-anchor": "end" }, `${share}%`));
    for (const ms of times) group.append(draw("line", { class: "tick", x1: x(ms), x2: x(ms), y1: area.bottom, y2: area.bottom + 5 }), draw("text", { x: x(ms), y: area.bottom + 20, "text-anchor": "middle" }, String(ms)));
    group.append(draw("line", { class: "tick", x1: area.left, x2: area.right, y1: area.bottom, y2: area.bottom }), draw("text", { class: "axis", x: area.right, y: area.bottom + 38, "text-anchor": "end" }, "median time of an image, ms"));
    return group;
  }

  #mark({ entry, ms, share }, best, place, y, x) {
    const { accuracy, median_ms, doubts } = entry.standing, { sha256 } = entry;
    const mark = draw("g", {
      class: `mark${best ? " best" : ""}${doubts.length ? " doubtful" : ""}`, role: "button", tabindex: -1, "data-sha256": sha256,
      "aria-label": `${entry.name}: ${percent(share)}%, ${between(accuracy, percent)}, at ${short(ms)} ms${best ? ", on the frontier" : ""}${doubts.length ? ", disturbed" : ""}`,
    },
    draw("line", { x1: place.x, x2: place.x, y1: y(100 * accuracy[1]), y2: y(100 * accuracy[2]) }),
    draw("line", { x1: x(median_ms[1]), x2: x(median_ms[2]), y1: place.y, y2: place.y }),
    draw("circle", { class: "reach", cx: place.x, cy: place.y, r: REACH }),
    draw("circle", { class: "dot", cx: place.x, cy: place.y, r: RADIUS }));
    mark.place = place;
    mark.addEventListener("pointerenter", () => this.#hearer.pointed(sha256));
    mark.addEventListener("pointerleave", () => this.#hearer.pointed(""));
    mark.addEventListener("focus", () => this.#hearer.pointed(sha256));
    mark.addEventListener("blur", () => this.#hearer.pointed(""));
    mark.addEventListener("click", () => this.#hearer.opened(sha256));
    mark.addEventListener("keydown", (event) => this.#key(event, sha256));
    return mark;
  }

  #key(event, sha256) {
    const order = this.#entries.toSorted((a, b) => a.standing.median_ms[0] - b.standing.median_ms[0]).map((each) => each.sha256), at = order.indexOf(sha256);
    const next = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: order.length - 1 }[event.key];
    if (event.key === "Enter" || event.key === " ") this.#hearer.opened(sha256);
    else if (next === undefined) return;
    else if (order[next]) { this.#roam(order[next]); this.#marks.get(order[next]).focus(); }
    event.preventDefault();
  }

  // One of the points takes the focus of the Tab key.
  #roam(sha256) {
    this.#current = sha256;
    for (const [key, mark] of this.#marks) mark.setAttribute("tabindex", key === sha256 ? 0 : -1);
  }
}

// The stairs of the frontier, and what lies under them.
function step(best, x, y, area) {
  let line = "";
  for (const [at, { ms, share }] of best.entries()) line += at ? `H${x(ms)}V${y(100 * share)}` : `M${x(ms)},${area.bottom}V${y(100 * share)}`;
  line += `H${area.right}`;
  return draw("g", { class: "frontier", "aria-hidden": "true" }, draw("path", { class: "under", d: `${line}V${area.bottom}Z` }), draw("path", { d: line }));
}

// Names beside their points, where there is room for them beside the lines.
function placed(points, best, places, limit, area, x, y) {
  const around = ({ x: mid, y: level }, by) => ({ left: mid - by, right: mid + by, top: level - by, bottom: level + by });
  const stairs = best.flatMap(({ ms, share }, at) => {
    const left = x(ms), level = y(100 * share), right = best[at + 1] ? x(best[at + 1].ms) : area.right, below = at ? y(100 * best[at - 1].share) : area.bottom;
    return [{ left, right, top: level - 1, bottom: level + 1 }, { left: left - 1, right: left + 1, top: level, bottom: below }];
  });
  const taken = [...places.map((place) => around(place, RADIUS + 2)), ...stairs, { left: x(limit) - 42, right: x(limit) + 2, top: area.top, bottom: area.top + 16 }, { left: x(limit) - 2, right: x(limit) + 2, top: area.top, bottom: area.bottom }];
  const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  const found = [];
  for (const { entry, ms, share } of points) {
    const words = entry.name.length > 28 ? `${entry.name.slice(0, 27)}…` : entry.name, wide = words.length * LETTER, at = { x: x(ms), y: y(100 * share) };
    const [left, right, level, above, under] = [at.x - 11 - wide, at.x + 11, at.y - LINE / 2, at.y - 7 - LINE, at.y + 7];
    for (const side of [[left, level], [right, level], [right, above], [left, above], [right, under], [left, under]]) {
      const box = { left: side[0], right: side[0] + wide, top: side[1], bottom: side[1] + LINE };
      if (box.left < area.left || box.right > area.right || box.top < area.top || box.bottom > area.bottom || taken.some((other) => meets(box, other))) continue;
      taken.push(box);
      found.push(draw("text", side[0] < at.x ? { x: side[0] + wide, y: side[1] + 13, "text-anchor": "end" } : { x: side[0], y: side[1] + 13 }, words));
      break;
    }
  }
  return found;
}
