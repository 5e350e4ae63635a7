// Accuracy over a cost, with the frontier of models than which none is both cheaper and better.

const NS = "http://www.w3.org/2000/svg";
const DOT = 6, CAP = 4, REACH = 18, LINE = 17, LETTERS = 28, FONT = "12px system-ui, sans-serif";

// `limit` names the field of a budget that an axis shows; a `log` axis is one where all values allow it.
const AXES = {
  median: {
    title: "Median time, ms", log: true, scale: 1e3, of: "median_us", ends: ["median_us_low", "median_us_high"],
    limit: "median_us",
  },
  size: { title: "Size, KB", log: true, scale: 1e3, of: "bytes", limit: "bytes" },
  macs: { title: "MACs, M", log: true, scale: 1e6, of: "macs", limit: "macs" },
  energy: { title: "Energy proxy, µJ", log: true, scale: 1, of: "energy_uj" },
  memory: { title: "Memory, MB", log: false, scale: 1, of: "memory_mb" },
};
const SHARES = ["accuracy", "accuracy_low", "accuracy_high"];

function draw(kind, about = {}, ...inside) {
  const element = document.createElementNS(NS, kind);
  for (const [name, value] of Object.entries(about)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

function tell(kind, words) {
  const element = document.createElement(kind);
  element.dir = "auto";
  element.textContent = words;
  return element;
}

// A straight line from one place to another.
const line = (x1, y1, x2, y2, kind = "") => draw("line", { class: kind, x1, y1, x2, y2 });

class Plot {
  #root; #members; #pointed; #tip = document.createElement("div"); #view = null; #marks = []; #roaming = 0;

  // `pointed` gets the number of the member that is looked at, or -1.
  constructor(root, members, pointed) {
    this.#root = root;
    this.#members = members;
    this.#pointed = pointed;
    this.#tip.className = "tip";
    this.#tip.ariaHidden = "true";
    new ResizeObserver(() => this.#redraw()).observe(root);
  }

  // `view` is { axis, limits, over, pick, word }: a key of AXES, the budget, the members beyond it, and one member with
  // the word for it.
  show(view) {
    this.#view = view;
    this.#redraw();
  }

  // Lights up one member and says what it is; none for -1.
  point(at) {
    for (const [n, mark] of this.#marks.entries()) mark.element.classList.toggle("on", n === at);
    this.#tip.hidden = !this.#marks[at];
    if (this.#tip.hidden) return;
    const { name, details } = this.#members[at], { x, y } = this.#marks[at];
    this.#tip.replaceChildren(tell("b", name), ...details.map((words) => tell("span", words)));
    const wide = this.#root.clientWidth, half = this.#tip.offsetWidth / 2;
    this.#tip.style.left = `${Math.min(Math.max(x, half), wide - half)}px`;
    this.#tip.style.top = `${y}px`;
    this.#tip.classList.toggle("below", y < this.#tip.offsetHeight + REACH);
  }

  #redraw() {
    const width = this.#root.clientWidth;
    if (!width || !this.#view) return;
    const held = this.#marks.findIndex(({ element }) => element === document.activeElement);
    const height = width < 520 ? 340 : 420, area = { left: 46, right: width - 12, top: 12, bottom: height - 46 };
    const axis = AXES[this.#view.axis], x = across(axis, this.#members, area), y = upwards(this.#members, area);
    const best = frontier(this.#members, (member) => member[axis.of]);
    this.#marks = this.#members.map((member, at) => {
      const place = placeOf(member, axis, x, y);
      return { ...place, element: this.#mark(member, at, place, best.includes(member)) };
    });
    const stairs = steps(best.map((member) => this.#marks[this.#members.indexOf(member)]), area);
    const label = `Accuracy over ${axis.title}: ${this.#members.length} models, reached by the arrow keys`;
    const about = { viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": label };
    const svg = draw("svg", about, axes(axis.title, area, x, y), draw("path", { class: "frontier", d: path(stairs) }),
      limitLines(this.#view.limits, axis, this.#members, area, x, y),
      names(this.#importance(best), this.#members, this.#marks, stairs, area),
      draw("g", {}, ...this.#marks.map(({ element }) => element)));
    this.#root.replaceChildren(svg, this.#tip);
    this.#roam(this.#roaming);
    if (held >= 0) this.#marks[held].element.focus({ preventScroll: true });
    else this.point(-1);
  }

  // The numbers of the members, those whose names matter most first.
  #importance(best) {
    const weight = (member) => (member === this.#view.pick) * 4 + member.teacher * 2 + best.includes(member);
    return [...this.#members.keys()].sort((a, b) => weight(this.#members[b]) - weight(this.#members[a]));
  }

  #mark(member, at, place, best) {
    const { pick, over, word } = this.#view, { x, y, low, high, ends } = place;
    const said = { teacher: "teacher", best: "on the frontier", over: "over the budget", pick: `the ${word}` };
    const holds = { teacher: member.teacher, best, over: over.has(member), pick: member === pick };
    const kinds = Object.keys(said).filter((kind) => holds[kind]);
    const circle = (kind, r) => draw("circle", { class: kind, cx: x, cy: y, r });
    const dot = member.teacher ? draw("path", { class: "dot", d: diamond(x, y) }) : circle("dot", DOT);
    const mark = draw("g", {
      class: ["mark", ...kinds].join(" "), role: "img", tabindex: -1, "data-at": at,
      "aria-label": [member.name, ...kinds.map((kind) => said[kind]), ...member.details].join(", "),
    }, upright(x, high, low), ...(ends.length ? [level(...ends, y)] : []));
    mark.append(circle("reach", REACH), circle("ring", DOT + 5), dot);
    mark.addEventListener("pointerenter", () => this.#pointed(at));
    mark.addEventListener("pointerleave", () => this.#pointed(Number(document.activeElement.dataset.at ?? -1)));
    mark.addEventListener("focus", () => { this.#roam(at); this.#pointed(at); });
    mark.addEventListener("blur", () => this.#pointed(-1));
    mark.addEventListener("keydown", (event) => this.#key(event, at));
    return mark;
  }

  #key(event, at) {
    const order = [...this.#marks.keys()].sort((a, b) => this.#marks[a].x - this.#marks[b].x), last = order.length - 1;
    const here = order.indexOf(at), before = Math.max(here - 1, 0), after = Math.min(here + 1, last);
    const keys = { ArrowRight: after, ArrowUp: after, ArrowLeft: before, ArrowDown: before, Home: 0, End: last };
    const next = keys[event.key];
    if (next === undefined) return;
    this.#marks[order[next]].element.focus();
    event.preventDefault();
  }

  // One of the points takes the focus of the Tab key.
  #roam(at) {
    this.#roaming = at;
    for (const [n, { element }] of this.#marks.entries()) element.setAttribute("tabindex", n === at ? 0 : -1);
  }
}

function across(axis, members, area) {
  const values = members.flatMap((member) => [axis.of, ...axis.ends ?? []].map((field) => member[field] / axis.scale));
  if (axis.log && Math.min(...values) > 0) return logarithmic(values, area.left, area.right);
  return linear(values, area.left, area.right, { least: Math.max(...values.map(Math.abs)) / 10 || 1 });
}

function upwards(members, area) {
  const shares = members.flatMap((member) => SHARES.map((field) => member[field]));
  return linear(shares.map((share) => 100 * share), area.bottom, area.top, { least: 0.5, bottom: 0, top: 100 });
}

// A member's point, the heights of its accuracy's limits, and how far its cost reaches to either side.
function placeOf(member, axis, x, y) {
  const [middle, ...ends] = [axis.of, ...axis.ends ?? []].map((field) => x.at(member[field] / axis.scale));
  const [at, low, high] = SHARES.map((field) => y.at(100 * member[field]));
  return { x: middle, y: at, low, high, ends };
}

function axes(title, area, x, y) {
  const group = draw("g", { class: "axes", "aria-hidden": "true" }), say = (words, about) => draw("text", about, words);
  const { left, right, bottom } = area;
  for (const tick of y.ticks) {
    const at = y.at(tick);
    group.append(line(left, at, right, at), say(`${tick}%`, { x: left - 8, y: at + 4, "text-anchor": "end" }));
  }
  for (const tick of apart(x.ticks, x.at, 48)) {
    const words = tick.toLocaleString("en", { maximumSignificantDigits: 6 }).replaceAll(",", "\u202f"), at = x.at(tick);
    group.append(line(at, bottom, at, bottom + 5, "tick"));
    group.append(say(words, { x: at, y: bottom + 20, "text-anchor": "middle" }));
  }
  group.append(line(left, bottom, right, bottom, "tick"));
  group.append(say(title, { class: "title", x: right, y: bottom + 40, "text-anchor": "end" }));
  return group;
}

// The most a model may cost on this axis, and the least accuracy, where they are within the plot.
function limitLines(limits, axis, members, area, x, y) {
  const group = draw("g", { class: "limit", "aria-hidden": "true" }), cost = limits[axis.limit] / axis.scale;
  const within = (value, { low, high }) => value >= low && value <= high;
  if (within(cost, x)) group.append(line(x.at(cost), area.top, x.at(cost), area.bottom));
  const teacher = members.find((each) => each.teacher);
  const floor = teacher && limits.drop !== undefined ? teacher.accuracy - limits.drop : 0;
  const least = 100 * Math.max(limits.accuracy ?? 0, floor);
  if (least > 0 && within(least, y)) group.append(line(area.left, y.at(least), area.right, y.at(least)));
  return group;
}

// The corners of the frontier's stairs, from the cheapest point up and to the right.
function steps(places, area) {
  const corners = places.flatMap(({ x, y }, at) => at ? [{ x, y: places[at - 1].y }, { x, y }] : [{ x, y }]);
  return [...corners, { x: area.right, y: corners.at(-1).y }];
}

// Error bars with a cap at each end.
const bar = (d) => draw("path", { class: "bar", d });
const upright = (x, top, end) => bar(`M${x - CAP},${top}h${2 * CAP}M${x},${top}V${end}M${x - CAP},${end}h${2 * CAP}`);
const level = (left, end, y) => bar(`M${left},${y - CAP}v${2 * CAP}M${left},${y}H${end}M${end},${y - CAP}v${2 * CAP}`);

const path = (corners) => corners.map(({ x, y }, at) => `${at ? "L" : "M"}${x},${y}`).join("");
const diamond = (x, y, by = DOT + 2) => `M${x - by},${y}L${x},${y - by}L${x + by},${y}L${x},${y + by}Z`;

// The members' names beside their points, in the order given, with a line to those that stand far off.
function names(order, members, places, stairs, area) {
  const pen = document.createElement("canvas").getContext("2d");
  pen.font = FONT;
  const words = order.map((at) => shortened(members[at].name)), points = order.map((at) => places[at]);
  const wide = points.map((point, n) => ({ ...point, width: pen.measureText(words[n]).width + 4 }));
  const boxes = placed(wide, stairs, area);
  const group = draw("g", { class: "names", "aria-hidden": "true" });
  for (const [n, box] of boxes.entries()) {
    if (!box) continue;
    const { x, y } = points[n], { left, right, top, bottom } = box;
    const near = Math.min(Math.max(x, left), right), edge = top > y ? top + 3 : bottom - 3;
    if (box.far) group.append(line(x, y, near, edge, "leader"));
    group.append(draw("text", { x: left + 2, y: bottom - 5 }, words[n]));
  }
  return group;
}

function shortened(name) {
  const letters = [...name];
  return letters.length > LETTERS ? `${letters.slice(0, LETTERS - 1).join("")}…` : name;
}

// A box of text, `width` px wide, for each of `points`, or null where there is no room: away from the points and from
// each other, and from the stairs if that can be.
function placed(points, stairs, area) {
  const taken = points.map((point) => span(point, point, DOT + 3));
  const walls = stairs.slice(1).map((corner, at) => span(stairs[at], corner, 1));
  return points.map((point) => {
    const free = around(point).filter((box) => inside(box, area) && !taken.some((other) => meets(box, other)));
    const found = free.find((box) => !box.far && !walls.some((wall) => meets(box, wall))) ?? free[0] ?? null;
    if (found) taken.push(found);
    return found;
  });
}

// Where the text of a point could stand, the best first.
function around({ x, y, ends, width }) {
  const left = Math.min(x - DOT, ...ends) - 6, right = Math.max(x + DOT, ...ends) + 6;
  return [13, 28, 43, 58, 73, 88, 103].flatMap((by) => {
    const far = by > 13, up = y - by - LINE + 3, down = y + by - 3, beside = y - LINE / 2;
    const sides = far ? [] : [[right, beside], [left - width, beside]];
    return [...sides, ...[up, down].flatMap((top) => [[x + 4, top], [x - 4 - width, top], [x - width / 2, top]])]
      .map(([from, top]) => ({ left: from, right: from + width, top, bottom: top + LINE, far }));
  });
}

// The box around two corners and `more` px.
function span(a, b, more) {
  const left = Math.min(a.x, b.x) - more, right = Math.max(a.x, b.x) + more;
  return { left, right, top: Math.min(a.y, b.y) - more, bottom: Math.max(a.y, b.y) + more };
}

const inside = (a, b) => a.left >= b.left && a.right <= b.right && a.top >= b.top && a.bottom <= b.bottom;
const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
