// The files on their way to the server, and those that wait there to become recordings.

import { arrange, byId, make, save, sentence } from "/theme/dom.js";
import { progress, told } from "/work.js";

export class Uploads {
  #root = byId("uploads"); #hearer; #changed; #sending = []; #waiting = new Map();

  // `hearer` has forget(upload), retry(upload), again(sending) and dismiss(sending); changed() is called when there are more or fewer.
  constructor(hearer, changed) {
    this.#hearer = hearer;
    this.#changed = changed;
  }

  get count() { return this.#root.childElementCount; }

  show(uploads) {
    const before = this.#waiting;
    this.#waiting = new Map(uploads.map((one) => [one.upload, before.get(one.upload) ?? this.#waits(one)]));
    for (const one of uploads) this.#tell(one);
    this.#arrange();
  }

  work(id, work) {
    const row = this.#waiting.get(id);
    if (row) this.#tell({ ...row.about, work });
  }

  // `rest`: nobody else has this file, it is the rest of a recording.
  sending(file, rest = false) {
    const row = new Row(file.name), one = {
      file, rest, row, copying: true,
      at: (part) => { row.bar.value = part; },
      done: () => { one.copying = false; this.#drop(one); },
      begun: () => { one.copying = true; row.show("Copying", false, true); },
      failed: (why) => { one.copying = false; row.show(sentence(why), true, false, ...buttons); },
      drop: () => this.#drop(one),
    };
    const buttons = [
      row.button("Try again", () => this.#hearer.again(one)),
      ...(rest ? [row.button("Save to this computer", () => save(file))] : []),
      row.button("Dismiss", () => this.#hearer.dismiss(one)),
    ];
    one.begun();
    row.bar.value = 0;
    this.#sending.push(one);
    this.#arrange();
    return one;
  }

  #drop(one) {
    this.#sending = this.#sending.filter((other) => other !== one);
    this.#arrange();
  }

  #waits({ upload, name }) {
    const row = new Row(name, upload);
    row.again = row.button("Try again", () => this.#hearer.retry(upload));
    row.dismiss = row.button("Dismiss", () => this.#hearer.forget(upload));
    row.cancel = row.button("Cancel", () => this.#hearer.forget(upload));
    return row;
  }

  #tell(about) {
    const row = this.#waiting.get(about.upload), { problem, work } = about, going = !problem && work && work.stage !== "waiting";
    row.about = about;
    row.show(problem ? sentence(problem) : work ? told(work) : "Waiting its turn", Boolean(problem), going, ...(problem ? [row.again, row.dismiss] : going ? [] : [row.cancel]));
    if (going) progress(row.bar, work);
  }

  #arrange() {
    arrange(this.#root, [...this.#sending.map(({ row }) => row), ...this.#waiting.values()].map(({ element }) => element), byId("library-title"));
    this.#root.hidden = !this.count;
    this.#changed();
  }
}

class Row {
  #name; #line = make("small", { className: "number" }); #choices = make("span", { className: "row-choices" });

  constructor(name, upload) {
    this.#name = name;
    this.bar = make("progress", { max: 1, "aria-label": `Adding ${name}` });
    this.element = make("li", { "data-upload": upload }, make("span", { className: "file" }, make("bdi", {}, name), this.#line), this.bar, this.#choices);
  }

  show(words, bad, going, ...buttons) {
    this.#line.textContent = words;
    this.element.className = bad ? "bad" : "";
    this.bar.hidden = !going;
    arrange(this.#choices, buttons, buttons[0] ?? byId("library-title"));
  }

  button(word, act) { return make("button", { className: "plain", onclick: act, "aria-label": `${word} ${this.#name}` }, word); }
}
