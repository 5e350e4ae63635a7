// Some paragraphs of a transcript together: plain text until it comes near what is seen, then words.

import { make } from "/theme/dom.js";
import { colourOf } from "/palette.js";
import { brief, clock, spoken } from "/time.js";

export class Sheet {
  filled = false; #items; #words;

  // `items` are paragraphs and noises, in order; `words` those of the whole transcript.
  constructor(items, words) {
    this.#items = items;
    this.#words = words;
    const said = this.paragraphs;
    this.first = said[0]?.first ?? -1;
    this.last = said.at(-1)?.last ?? -1;
    this.element = make("div", { className: "sheet", dir: "auto" });
    this.element.sheet = this;
    this.empty();
    const size = { characters: this.element.textContent.length, items: items.length, turns: said.filter(named).length };
    for (const [name, number] of Object.entries(size)) this.element.style.setProperty(`--${name}`, number);
  }

  get paragraphs() { return this.#items.filter((item) => "first" in item); }

  // Makes its elements; calls worded(index, span) for every word.
  fill(nameOf, worded) {
    if (this.filled) return;
    this.filled = true;
    this.element.replaceChildren(...this.#items.map((item) => "first" in item ? this.#paragraph(item, nameOf, worded) : noise(item)));
  }

  // Makes plain text of it again.
  empty() {
    this.filled = false;
    this.element.replaceChildren(this.paragraphs.map((item) => textOf(item, this.#words)).join(" "));
  }

  renamed(nameOf) {
    for (const button of this.element.querySelectorAll("h3 > button")) button.textContent = nameOf(Number(button.dataset.speaker));
  }

  #paragraph(item, nameOf, worded) {
    const { first, last, start_ms, speaker } = item, { text, attached } = this.#words;
    const line = make("p", { dir: "auto", "data-first": first, "data-last": last });
    for (let at = first; at <= last; at += 1) {
      if (at > first && !attached[at]) line.append(" ");
      const span = document.createElement("span");
      span.dataset.word = at;
      span.textContent = text[at];
      line.append(span);
      worded(at, span);
    }
    const element = make("div", { className: named(item) ? "said turn" : "said" });
    if (named(item)) element.append(make("h3", {}, make("button", { title: "Rename", dir: "auto", "data-speaker": speaker }, nameOf(speaker))));
    element.append(stamp(start_ms, `Play from ${spoken(start_ms)}`), line);
    return element;
  }
}

const named = (item) => item.turn && item.speaker >= 0;

const stamp = (ms, label) => make("button", { className: "stamp", "data-start": ms, "aria-label": label }, clock(ms));

function textOf({ first, last }, { text, attached }) {
  let all = text[first];
  for (let at = first + 1; at <= last; at += 1) all += (attached[at] ? "" : " ") + text[at];
  return all;
}

function noise({ name, start_ms, end_ms }) {
  const dot = make("i", { "data-sound": name });
  dot.style.background = colourOf(name);
  return make("div", { className: "said heard" }, stamp(start_ms, `Play ${name} from ${spoken(start_ms)}`),
    make("span", {}, dot, name, make("small", {}, ` ${brief(end_ms - start_ms)}`)));
}
