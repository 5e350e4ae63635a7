// All entries: what they achieved, whose turn it is, and why some are refused.

import { between, bytes, percent, short } from "/numbers.js";
import { arrange, make, sentence } from "/theme/dom.js";

const NONE = "–";
const standing = (act) => (entry) => entry.standing ? act(entry.standing) : null;

// `of` is what a column is sorted by; the better is first where `high` says so.
const COLUMNS = [
  { key: "name", title: "Model", of: (entry) => entry.name },
  { key: "score", title: "Score", high: true, of: standing((it) => it.scores.score[0]), told: (it) => [String(it.scores.score[0]), between(it.scores.score, Math.round)] },
  { key: "accuracy", title: "Correct, %", high: true, of: standing((it) => it.accuracy[0]), told: (it) => [percent(it.accuracy[0]), between(it.accuracy, percent)] },
  { key: "median", title: "Median ms", of: standing((it) => it.median_ms[0]), told: (it) => [short(it.median_ms[0]), between(it.median_ms, short)] },
  { key: "p90", title: "p90 ms", of: standing((it) => it.p90_ms[0]), told: (it) => [short(it.p90_ms[0]), between(it.p90_ms, short)] },
  { key: "score2018", title: "2018", high: true, of: standing((it) => it.scores.score_2018[0]), told: (it) => [it.scores.score_2018[0].toFixed(4), ""] },
  { key: "size", title: "Size", of: (entry) => entry.size_bytes },
  { key: "state", title: "State", of: ({ state }) => state },
];
const LATER = { judged: 0, judging: 1, waiting: 2, refused: 3 };
const STAGES = { loading: "Loading", answering: "Answering", measuring: "Timing" };

export const remarksOf = ({ reason, standing: it }) => [...(reason ? [reason] : []), ...(it?.remarks ?? []), ...(it?.doubts ?? [])].map(sentence);

export class Table {
  #hearer; #body = make("tbody", { role: "rowgroup" }); #heads = new Map(); #rows = new Map(); #entries = []; #now = {}; #by = "score"; #turned = false; #pointed = "";

  // `hearer` has opened(sha256) and pointed(sha256), which gets "" when nothing is.
  constructor(root, hearer) {
    this.#hearer = hearer;
    const heads = make("tr", { role: "row" });
    for (const { key, title } of COLUMNS) {
      const head = make("th", { scope: "col", role: "columnheader", className: key }, make("button", { className: "head", onclick: () => this.#sortBy(key) }, title));
      this.#heads.set(key, head);
      heads.append(head);
    }
    root.append(make("table", { role: "table", "aria-label": "Models" }, make("thead", { role: "rowgroup" }, heads), this.#body));
  }

  show(entries, now) {
    this.#entries = entries;
    this.#now = now;
    this.#arrange();
  }

  // What the judge does is different.
  work(now) {
    this.#now = now;
    for (const entry of this.#entries) this.#rows.get(entry.sha256)?.work(entry, now);
  }

  // Lights up one model, or none.
  point(sha256) {
    this.#pointed = sha256;
    for (const [key, row] of this.#rows) row.element.classList.toggle("on", key === sha256);
  }

  focus(sha256) { (this.#rows.get(sha256)?.name ?? this.#heads.get("name").firstChild).focus({ preventScroll: true }); }

  #sortBy(key) {
    this.#turned = this.#by === key && !this.#turned;
    this.#by = key;
    this.#arrange();
  }

  #arrange() {
    const { of, high, key: by } = COLUMNS.find(({ key }) => key === this.#by), way = (high ? -1 : 1) * (this.#turned ? -1 : 1);
    for (const [key, head] of this.#heads) {
      if (key === by) head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
    const order = [...this.#entries].sort((a, b) => {
      const [first, second] = [of(a), of(b)];
      if (first === null || second === null) return (first === null) - (second === null) || LATER[a.state] - LATER[b.state];
      return way * (typeof first === "string" ? first.localeCompare(second) : first - second) || best(a, b);
    });
    const here = new Set(order.map(({ sha256 }) => sha256));
    for (const key of this.#rows.keys()) if (!here.has(key)) this.#rows.delete(key);
    const ranks = new Map(order.filter((each) => each.standing).sort(best).map(({ sha256 }, at) => [sha256, at + 1]));
    for (const entry of order) {
      if (!this.#rows.has(entry.sha256)) this.#rows.set(entry.sha256, new Row(entry.sha256, this.#hearer));
      this.#rows.get(entry.sha256).show(entry, ranks.get(entry.sha256));
    }
    arrange(this.#body, order.map(({ sha256 }) => this.#rows.get(sha256).element), document.getElementById("title"));
    this.work(this.#now);
    this.point(this.#pointed);
  }
}

// The order of the challenge: more correct in time, then more correct at all, then faster; those without a standing last.
function best(a, b) {
  if (!a.standing || !b.standing) return Boolean(b.standing) - Boolean(a.standing);
  const [first, second] = [a.standing, b.standing];
  return second.scores.score[0] - first.scores.score[0] || second.accuracy[0] - first.accuracy[0] || first.median_ms[0] - second.median_ms[0];
}

class Row {
  #cells = new Map(); #shown = ""; #rank = make("span", { className: "rank number" }); #remarks = make("small", { className: "remarks" });
  #state = make("span", { className: "told number" }); #bar = make("progress", { max: 1, hidden: true });

  constructor(sha256, hearer) {
    this.name = make("button", { className: "name", onclick: () => hearer.opened(sha256) });
    this.element = make("tr", { role: "row", "data-sha256": sha256 });
    for (const { key, title } of COLUMNS) {
      const cell = key === "name" ? make("th", { scope: "row", role: "rowheader", className: key }, this.#rank, make("div", {}, this.name, this.#remarks)) : make("td", { role: "cell", className: `${key} number`, "data-title": title });
      this.#cells.set(key, cell);
      this.element.append(cell);
    }
    this.#cells.get("state").append(this.#state, this.#bar);
    this.element.addEventListener("pointerenter", () => hearer.pointed(sha256));
    this.element.addEventListener("pointerleave", () => hearer.pointed(""));
    this.element.addEventListener("focusin", () => hearer.pointed(sha256));
    this.element.addEventListener("focusout", () => hearer.pointed(""));
  }

  show(entry, rank) {
    const shown = JSON.stringify([entry, rank]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.name.replaceChildren(make("bdi", {}, entry.name));
    this.#rank.textContent = rank ?? "";
    this.#remarks.replaceChildren(...remarksOf(entry).map((words) => make("span", { dir: "auto" }, words)));
    for (const { key, told } of COLUMNS.filter((column) => column.told)) {
      const [value, range] = entry.standing ? told(entry.standing) : [NONE, ""];
      this.#cells.get(key).classList.toggle("none", !entry.standing);
      this.#cells.get(key).replaceChildren(value, ...(range ? [make("small", {}, range)] : []));
    }
    this.#cells.get("size").textContent = bytes(entry.size_bytes);
    this.#bar.setAttribute("aria-label", `Judging ${entry.name}`);
  }

  work(entry, now) {
    const going = entry.state === "judging" && now.judging === entry.sha256, judged = entry.state === "judged", disturbed = judged && entry.standing.doubts.length > 0, marked = judged && entry.standing.remarks.length > 0;
    const words = { judged: disturbed ? "Disturbed" : marked ? "Marked" : "Judged", waiting: "Waiting", judging: going ? `${STAGES[now.stage] ?? "Judging"} ${Math.floor(100 * now.share)}%` : "Judging", refused: "Refused" }[entry.state];
    this.#state.textContent = words;
    this.#bar.hidden = !going;
    if (going) this.#bar.value = now.share;
    this.element.className = `${entry.state}${disturbed || marked ? " marked" : ""}${this.element.classList.contains("on") ? " on" : ""}`;
  }
}
