// All that is known of one entry.

import { between, bytes, moment, percent, short } from "/numbers.js";
import { remarksOf } from "/table.js";
import { byId, make } from "/theme/dom.js";

const STATES = { waiting: "Waits its turn", judging: "Is being judged", judged: "Judged", refused: "Refused" };

export class Details {
  #root = byId("details"); #hearer; #sha256 = ""; #shown = "";

  // `hearer` has judgeAgain(sha256), remove(sha256) and closed(sha256).
  constructor(hearer) {
    this.#hearer = hearer;
    this.#root.addEventListener("close", () => { const was = this.#sha256; this.#sha256 = ""; hearer.closed(was); });
    this.#root.addEventListener("click", ({ target }) => { if (target === this.#root) this.#root.close(); });
  }

  open(entry) {
    this.#shown = "";
    this.#sha256 = entry.sha256;
    this.show([entry]);
    this.#root.showModal();
    this.#root.scrollTop = 0;
  }

  // Tells anew of the entry that is open, which may be no more.
  show(entries) {
    if (!this.#sha256) return;
    const entry = entries.find(({ sha256 }) => sha256 === this.#sha256);
    if (!entry) { this.#root.close(); return; }
    const shown = JSON.stringify(entry);
    if (shown === this.#shown) return;
    this.#shown = shown;
    const focused = this.#root.contains(document.activeElement) ? document.activeElement.textContent : "";
    this.#root.replaceChildren(...this.#content(entry));
    [...this.#root.querySelectorAll("button")].find(({ textContent }) => textContent === focused)?.focus();
  }

  #content(entry) {
    const { standing } = entry, busy = entry.state === "waiting" || entry.state === "judging";
    const remarks = remarksOf(entry).map((words) => make("li", { dir: "auto" }, words));
    const removing = make("button", { disabled: entry.state === "judging", onclick: () => {
      if (removing.dataset.sure) { this.#hearer.remove(entry.sha256); return; }
      removing.dataset.sure = "yes";
      removing.className = "danger";
      removing.textContent = "Remove for good";
    } }, "Remove");
    return [
      make("h2", { id: "details-title" }, make("bdi", {}, entry.name)),
      make("p", { className: "soft words", dir: "auto" }, entry.description),
      ...(remarks.length ? [make("ul", { className: "remarks" }, ...remarks)] : []),
      facts([["State", STATES[entry.state]], ...(standing ? achieved(standing) : [])]),
      facts([
        ["Version", entry.version], ["Licence", entry.licence], ["File", `.${entry.format}, ${bytes(entry.size_bytes)}`],
        ...(entry.inputs.length ? [["Input", entry.inputs.join("; ")]] : []),
        ["Submitted", moment(entry.submitted_at)], ["SHA-256", make("code", {}, entry.sha256)],
      ]),
      make("p", { className: "choices" }, removing, make("button", { disabled: busy, onclick: () => this.#hearer.judgeAgain(entry.sha256) }, "Judge again"), make("button", { className: "main", autofocus: true, onclick: () => this.#root.close() }, "Close")),
    ];
  }
}

function achieved(it) {
  const { score, score_every_second: half, score_2018: old } = it.scores;
  return [
    ["Correct", `${percent(it.accuracy[0])}% (${between(it.accuracy, percent)}) of ${it.images} images`],
    ["In time", `${score[0]} (${between(score, Math.round)}) within 33 ms × ${it.images}`],
    ["Every second image", `${half[0]} (${between(half, Math.round)}) with the others left out`],
    ["Score of 2018", `${old[0].toFixed(4)} (${between(old, (value) => value.toFixed(4))}) a second`],
    ["Median", `${short(it.median_ms[0])} ms (${between(it.median_ms, short)})`],
    ["90th percentile", `${short(it.p90_ms[0])} ms (${between(it.p90_ms, short)})`],
    ["Apart from these", `loading ${short(it.init_ms)} ms, first run ${short(it.first_ms)} ms, input copied in ${short(it.copy_ms)} ms`],
    ["Disturbed", `${it.disturbed} of ${it.blocks} blocks; ${it.queries} queries count`],
    ["Measured", `${moment(it.judged_at)}; ${it.rules}`], ["Machine", it.machine],
  ];
}

const facts = (rows) => make("dl", {}, ...rows.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", { dir: "auto" }, value))));
