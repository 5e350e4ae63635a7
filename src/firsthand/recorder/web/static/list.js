// All recordings, newest first.

import { arrange, byId, make } from "/theme/dom.js";
import { Slices } from "/slices.js";
import { drop, renew, thumbnail } from "/thumbnail.js";
import { brief, moment, titled } from "/time.js";
import { Uploads } from "/uploads.js";
import { isLive, progress, told } from "/work.js";

export class List {
  #rows = new Map(); #hearer; #uploads; #filled = false;

  // `hearer` has forget(upload), retry(upload), again(sending), dismiss(sending) and end(number).
  constructor(hearer) {
    this.#hearer = hearer;
    this.#uploads = new Uploads(hearer, () => this.#welcome());
  }

  // In slices: there may be thousands.
  async show(recordings, uploads) {
    const slices = new Slices(), gone = new Set(this.#rows.keys()), rows = [], root = byId("recordings"), grown = root.childElementCount;
    this.#uploads.show(uploads);
    for (const item of recordings) {
      gone.delete(item.number);
      if (!this.#rows.has(item.number)) this.#rows.set(item.number, new Row(item.number, this.#hearer));
      const row = this.#rows.get(item.number);
      row.show(item);
      rows.push(row.element);
      if (!slices.due) continue;
      if (!grown) root.append(...rows.slice(root.childElementCount));
      await slices.rest();
    }
    for (const number of gone) { this.#rows.get(number).leave(); this.#rows.delete(number); }
    arrange(root, rows, byId("library-title"));
    this.#welcome(true);
  }

  work(number, work) { this.#rows.get(number)?.work(work); }
  upload(id, work) { this.#uploads.work(id, work); }

  // A file on its way to the server; returns what tells its share and its end.
  sending(file, rest) { return this.#uploads.sending(file, rest); }

  // A recording that is no more.
  drop(number) {
    this.#rows.get(number)?.leave();
    this.#rows.get(number)?.element.remove();
    this.#rows.delete(number);
  }

  #welcome(filled = this.#filled) {
    this.#filled = filled;
    byId("welcome").hidden = !filled || this.#uploads.count > 0 || this.#rows.size > 0;
  }
}

class Row {
  #title = make("b", { dir: "auto" }); #facts = make("div", { className: "facts" }); #words = make("div", { className: "words" }); #going = make("span", { className: "going number" });
  #canvas; #bar = make("progress", { max: 1, hidden: true, "aria-label": "Progress" }); #end; #link; #shown = ""; #drawn = "";

  constructor(number, hearer) {
    this.#canvas = make("canvas", { "data-number": number, "aria-hidden": "true" });
    this.#link = make("a", { href: `#/${number}` }, make("div", {}, this.#title, this.#facts, this.#words), this.#canvas);
    this.#end = make("button", { className: "plain end", hidden: true, onclick: () => { this.#link.focus({ preventScroll: true }); hearer.end(number); } }, "End");
    this.element = make("li", { "data-recording": number }, this.#link, this.#end, this.#bar);
    thumbnail(this.#canvas);
  }

  show(item) {
    const shown = JSON.stringify({ ...item, work: isLive(item) }), drawn = `${item.state} ${item.duration_ms} ${!item.work}`;
    this.work(item.work);
    if (this.#drawn && this.#drawn !== drawn) renew(this.#canvas);
    this.#drawn = drawn;
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#title.textContent = titled(item);
    const length = isLive(item) ? make("span", { className: "recording-now" }, item.away ? "Its page is away" : "Recording now") : make("span", { className: "number" }, brief(item.duration_ms));
    this.#facts.replaceChildren(make("span", {}, moment(item.begun_at)), length, this.#going);
    this.#words.replaceChildren(...item.tags.map((tag) => make("span", {}, make("bdi", {}, tag))));
    this.#words.hidden = !item.tags.length;
    if (!item.away && document.activeElement === this.#end) this.#link.focus({ preventScroll: true });
    this.#end.hidden = !item.away;
    this.#end.setAttribute("aria-label", `End ${titled(item)}`);
  }

  work(work) {
    this.#going.textContent = work ? told(work) : "";
    this.#bar.hidden = !work || work.stage === "waiting";
    if (work) progress(this.#bar, work);
  }

  leave() { drop(this.#canvas); }
}
