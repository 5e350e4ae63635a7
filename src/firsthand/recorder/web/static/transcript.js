// What was said, to read and to click.

import { make } from "/theme/dom.js";
import { colourOf, onRepaint } from "/palette.js";
import { noises, paragraphs } from "/paragraphs.js";
import { Sheet } from "/sheet.js";
import { Slices } from "/slices.js";

const SHEET_ITEMS = 6, CHARACTER_PX = 8.9, GUTTER_PX = 88, NARROW_PX = 480;

export class Transcript {
  #root; #hearer; #words = null; #sheets = []; #spans = []; #lit = -1; #marked = new Set(); #chosen = new Set(); #guess; #shown = 0;
  #near; #far; #asked = 0; #waiting = [];

  // `hearer` has play(ms), seek(ms), nameOf(speaker) and rename(speaker, heading).
  constructor(root, hearer) {
    this.#root = root;
    this.#hearer = hearer;
    this.#guess = make("p", { className: "guess", dir: "auto", hidden: true });
    this.#near = new IntersectionObserver((entries) => this.#approach(entries), { rootMargin: "60% 0px" });
    this.#far = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) if (!isIntersecting) this.#empty(target.sheet);
    }, { rootMargin: "300% 0px" });
    new ResizeObserver(([{ contentRect: { width } }]) => {
      const inner = width <= NARROW_PX ? width : width - GUTTER_PX;
      root.style.setProperty("--per-line", Math.max(20, Math.floor(inner / CHARACTER_PX)));
    }).observe(root);
    onRepaint(() => { for (const dot of root.querySelectorAll(".heard i")) dot.style.background = colourOf(dot.dataset.sound); });
    root.addEventListener("click", (event) => this.#click(event));
    root.addEventListener("keydown", (event) => this.#key(event));
  }

  get words() { return this.#words; }

  clear() {
    this.#shown += 1;
    this.#near.disconnect();
    this.#far.disconnect();
    this.#words = null;
    this.#sheets = [];
    this.#spans = [];
    this.#waiting = [];
    this.#marked = new Set();
    this.#chosen = new Set();
    this.#lit = -1;
    this.#guess.hidden = true;
    this.#root.replaceChildren(this.#guess);
  }

  // `told` has words, turns, sounds and sound_names; `none` is said when there is nothing.
  async show(told, none) {
    const marked = this.#marked, chosen = this.#chosen, held = this.#words ? document.activeElement?.closest("#transcript .said")?.querySelector(".stamp")?.dataset.start : undefined;
    const top = this.#words ? scrollY : null;
    this.clear();
    const mine = this.#shown, slices = new Slices(), heard = noises(told.sounds, told.sound_names);
    this.#words = told.words;
    let items = [];
    for (const item of inOrder(paragraphs(told.words, told.turns), heard)) {
      items.push(item);
      if (items.length === SHEET_ITEMS) { this.#add(items); items = []; }
      if (!slices.due) continue;
      await slices.rest();
      if (mine !== this.#shown) return;
    }
    if (items.length) this.#add(items);
    if (!this.#sheets.length) this.#guess.before(make("p", { className: "none" }, none));
    this.mark(marked, chosen);
    if (held) this.elementOf(this.wordAt(Number(held)))?.closest(".said").querySelector(".stamp").focus({ preventScroll: true });
    if (top !== null) scrollTo({ top, behavior: "instant" });
  }

  // New words at the end: the last paragraph may go on, or others follow it.
  append(more, turns) {
    if (!this.#words) return;
    this.#root.querySelector(".none")?.remove();
    for (const part of ["text", "start_ms", "end_ms", "attached"]) for (const one of more[part]) this.#words[part].push(one);
    const last = this.#sheets.at(-1), open = last?.first >= 0 ? this.#sheets.pop() : null, from = open?.first ?? this.#words.text.length - more.text.length;
    const before = this.#sheets.at(-1)?.paragraphs.at(-1)?.speaker ?? -2;
    open?.element.remove();
    let items = [...(open?.noises ?? [])];
    for (const paragraph of paragraphs(this.#words, turns, from, before)) {
      items.push(paragraph);
      if (items.length >= SHEET_ITEMS) { this.#fill(this.#add(items)); items = []; }
    }
    if (items.length) this.#fill(this.#add(items));
    this.guess("");
  }

  guess(words) {
    this.#guess.textContent = words;
    this.#guess.hidden = !words;
  }

  renamed() { for (const sheet of this.#sheets) if (sheet.filled) sheet.renamed(this.#hearer.nameOf); }

  // The word being said at a time: the last that has begun; -1 before the first.
  wordAt(ms) {
    const starts = this.#words?.start_ms ?? [];
    return before(starts.length, (at) => starts[at] <= ms);
  }

  light(index) {
    if (index === this.#lit) return;
    this.#dress(this.#lit, false);
    this.#lit = index;
    this.#dress(index, true);
  }

  // Marks what a search has found; `chosen` are the words of the hit one stands at.
  mark(marked = this.#marked, chosen = new Set()) {
    const were = [this.#marked, this.#chosen];
    this.#marked = marked;
    this.#chosen = chosen;
    for (const some of [...were, marked, chosen]) for (const index of some) this.#paintHit(index);
  }

  // The element of a word; null for none.
  elementOf(index) {
    const sheet = this.#sheetOf(index);
    if (sheet) this.#fill(sheet);
    return this.#spans[index] ?? null;
  }

  #sheetOf(index) {
    const said = this.#sheets, place = before(said.length, (at) => said[at].reach <= index);
    return index >= 0 && place >= 0 && index <= said[place].last ? said[place] : null;
  }

  #add(items) {
    const sheet = new Sheet(items, this.#words);
    // Sheets of noises only lie between the words of their neighbours.
    sheet.reach = sheet.first >= 0 ? sheet.first : (this.#sheets.at(-1)?.last ?? -1) + 1;
    if (sheet.last < 0) sheet.last = sheet.reach - 1;
    sheet.noises = items.filter((item) => !("first" in item));
    this.#sheets.push(sheet);
    this.#guess.before(sheet.element);
    this.#near.observe(sheet.element);
    return sheet;
  }

  // One sheet a frame is filled, those that are seen before those that are near.
  #approach(entries) {
    for (const { target, isIntersecting, boundingClientRect: { top, bottom } } of entries) {
      this.#waiting = this.#waiting.filter((sheet) => sheet !== target.sheet);
      if (!isIntersecting || target.sheet.filled) continue;
      if (bottom > 0 && top < innerHeight) this.#waiting.unshift(target.sheet);
      else this.#waiting.push(target.sheet);
    }
    this.#later();
  }

  #later() {
    if (!this.#waiting.length) return;
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      const sheet = this.#waiting.shift();
      if (sheet) this.#fill(sheet);
      this.#later();
    });
  }

  #fill(sheet) {
    if (sheet.filled) return;
    this.#far.observe(sheet.element);
    sheet.fill(this.#hearer.nameOf, (index, span) => {
      this.#spans[index] = span;
      if (this.#marked.has(index) || this.#chosen.has(index)) this.#paintHit(index);
      if (index === this.#lit) this.#dress(index, true);
    });
  }

  // Unless somebody has selected something of it, or stands in it.
  #empty(sheet) {
    const selected = getSelection();
    if (!sheet.filled || sheet.element.contains(document.activeElement) || (!selected.isCollapsed && selected.containsNode(sheet.element, true))) return;
    this.#far.unobserve(sheet.element);
    sheet.empty();
    for (let at = sheet.first; at <= sheet.last; at += 1) delete this.#spans[at];
  }

  #paintHit(index) {
    const span = this.#spans[index], chosen = this.#chosen.has(index);
    span?.classList.toggle("hit", chosen || this.#marked.has(index));
    span?.classList.toggle("chosen", chosen);
  }

  #dress(index, on) {
    const span = this.#spans[index];
    span?.classList.toggle("now", on);
    if (on) span?.setAttribute("aria-current", "true");
    else span?.removeAttribute("aria-current");
  }

  #click({ target }) {
    const word = target.closest("[data-word]"), stamp = target.closest(".stamp"), speaker = target.closest("[data-speaker]");
    if (word && getSelection().isCollapsed) this.#hearer.play(this.#words.start_ms[Number(word.dataset.word)]);
    else if (stamp) this.#hearer.play(Number(stamp.dataset.start));
    else if (speaker) this.#hearer.rename(Number(speaker.dataset.speaker), speaker.parentElement);
  }

  // On a time stamp: word by word, and paragraph by paragraph.
  #key(event) {
    if (!event.target.matches(".stamp") || event.ctrlKey || event.metaKey || event.altKey) return;
    const along = { ArrowLeft: -1, ArrowRight: 1 }[event.key], down = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!along && !down) return;
    event.preventDefault();
    event.stopPropagation();
    if (down) this.#neighbour(event.target.parentElement, down)?.querySelector(".stamp").focus();
    else this.#stepWord(event.target, along);
  }

  #neighbour(line, down) {
    const side = down > 0 ? "nextElementSibling" : "previousElementSibling", sheet = line.parentElement[side]?.sheet;
    if (line[side]) return line[side];
    if (sheet) this.#fill(sheet);
    return sheet && (down > 0 ? sheet.element.firstElementChild : sheet.element.lastElementChild);
  }

  #stepWord(stamp, along) {
    const line = stamp.parentElement.querySelector("[data-first]");
    if (!line) return;
    const first = Number(line.dataset.first), last = Number(line.dataset.last), now = this.#lit;
    const index = now < first || now > last ? (along > 0 ? first : last) : now + along;
    if (index < 0 || index >= this.#words.text.length) return;
    this.#hearer.seek(this.#words.start_ms[index]);
    if (index < first || index > last) this.elementOf(index)?.closest(".said").querySelector(".stamp").focus();
  }
}

// The last place of `length` for which `holds` still holds, -1 for none.
function before(length, holds) {
  let low = 0, high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

function* inOrder(said, heard) {
  let next = 0;
  for (const paragraph of said) {
    while (next < heard.length && heard[next].start_ms <= paragraph.start_ms) yield heard[next++];
    yield paragraph;
  }
  yield* heard.slice(next);
}
