// All recordings, newest first, and the files that wait to become some.

import { byId, make, sentence } from "/dom.js";
import { drop, renew, thumbnail } from "/thumbnail.js";
import { brief, moment, titled } from "/time.js";

const STAGES = { waiting: "Waiting its turn", storing: "Storing the sound", "writing down": "Writing down" };

const share = ({ done_ms, whole_ms }) => whole_ms ? Math.min(1, done_ms / whole_ms) : 0;

// "Writing down, 42%"
export function told(work) {
  const stage = STAGES[work.stage] ?? sentence(work.stage);
  return work.whole_ms && work.stage !== "waiting" ? `${stage}, ${Math.floor(share(work) * 100)}%` : stage;
}

export function progress(bar, work) {
  if (work.whole_ms) bar.value = share(work);
  else bar.removeAttribute("value");
}

export class List {
  #rows = new Map(); #hearer; #uploads = []; #sending = []; #filled = false;

  // `hearer` has forget(upload).
  constructor(hearer) { this.#hearer = hearer; }

  show(recordings, uploads) {
    const root = byId("recordings"), gone = new Set(this.#rows.keys());
    const rows = recordings.map((item) => {
      gone.delete(item.number);
      if (!this.#rows.has(item.number)) this.#rows.set(item.number, new Row(item.number));
      const row = this.#rows.get(item.number);
      row.show(item);
      return row.element;
    });
    for (const number of gone) { this.#rows.get(number).leave(); this.#rows.delete(number); }
    if (rows.length !== root.children.length || rows.some((row, place) => root.children[place] !== row)) root.replaceChildren(...rows);
    this.#uploads = uploads;
    this.#filled = true;
    this.#showUploads();
  }

  work(number, work) { this.#rows.get(number)?.work(work); }

  // A file on its way to the server; returns what tells its share and its end.
  sending(name) {
    const one = { name, share: 0, problem: "" };
    this.#sending.push(one);
    this.#showUploads();
    return {
      at: (part) => { one.share = part; if (one.bar) one.bar.value = part; },
      done: () => this.#drop(one),
      failed: (why) => { one.problem = why; this.#showUploads(); },
    };
  }

  upload(id, work) {
    const known = this.#uploads.find(({ upload }) => upload === id);
    if (!known) return;
    known.work = work;
    this.#showUploads();
  }

  #drop(one) {
    this.#sending = this.#sending.filter((other) => other !== one);
    this.#showUploads();
  }

  #showUploads() {
    const rows = [...this.#sending.map((one) => this.#sendingRow(one)), ...this.#uploads.map((one) => this.#uploadRow(one))];
    byId("uploads").replaceChildren(...rows);
    byId("uploads").hidden = !rows.length;
    byId("welcome").hidden = !this.#filled || rows.length > 0 || this.#rows.size > 0;
  }

  #sendingRow(one) {
    const line = make("small", {}, one.problem ? sentence(one.problem) : "Copying");
    const row = make("li", { className: one.problem ? "bad" : "" }, make("span", { className: "file" }, one.name, line));
    one.bar = null;
    if (one.problem) row.append(this.#button("Dismiss", one.name, () => this.#drop(one)));
    else row.append(one.bar = make("progress", { max: 1, value: one.share, "aria-label": `Copying ${one.name}` }));
    return row;
  }

  #uploadRow(one) {
    const line = make("small", { className: "number" }, one.problem ? sentence(one.problem) : one.work ? told(one.work) : "Waiting its turn");
    const row = make("li", { className: one.problem ? "bad" : "", "data-upload": one.upload }, make("span", { className: "file" }, one.name, line));
    if (one.work && !one.problem && one.work.stage !== "waiting") {
      const bar = make("progress", { max: 1, "aria-label": `Adding ${one.name}` });
      progress(bar, one.work);
      row.append(bar);
    } else row.append(this.#button(one.problem ? "Dismiss" : "Cancel", one.name, () => this.#hearer.forget(one.upload)));
    return row;
  }

  #button(word, name, act) { return make("button", { className: "plain", onclick: act, "aria-label": `${word} ${name}` }, word); }
}

class Row {
  #title = make("b"); #facts = make("div", { className: "facts" }); #words = make("div", { className: "words" }); #going = null;
  #canvas; #bar = make("progress", { max: 1, hidden: true, "aria-label": "Progress" }); #before = "";

  constructor(number) {
    this.#canvas = make("canvas", { "data-number": number, "aria-hidden": "true" });
    this.element = make("li", { "data-recording": number },
      make("a", { href: `#/${number}` }, make("div", {}, this.#title, this.#facts, this.#words), this.#canvas));
    this.element.append(this.#bar);
    thumbnail(this.#canvas);
  }

  show(item) {
    this.#title.textContent = titled(item);
    const facts = [make("span", {}, moment(item.begun_at))];
    this.#going = make("span", { className: "going number" });
    if (item.state === "recording") facts.push(make("span", { className: "recording-now" }, "Recording now"));
    else facts.push(make("span", { className: "number" }, brief(item.duration_ms)));
    this.#facts.replaceChildren(...facts, this.#going);
    this.#words.replaceChildren(...item.tags.map((tag) => make("span", {}, tag)));
    this.#words.hidden = !item.tags.length;
    this.work(item.work);
    const now = `${item.state} ${item.duration_ms} ${!item.work}`;
    if (this.#before && this.#before !== now) renew(this.#canvas);
    this.#before = now;
  }

  work(work) {
    this.#going.textContent = work ? told(work) : "";
    this.#bar.hidden = !work || work.stage === "waiting";
    if (work) progress(this.#bar, work);
  }

  leave() { drop(this.#canvas); }
}
