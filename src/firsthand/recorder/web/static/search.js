// The search over the whole library: words, or a sound, or both.

import { search, sounds } from "/api.js";
import { byId, make, sentence } from "/dom.js";
import { colourOf } from "/palette.js";
import { brief, clock } from "/time.js";

const WAIT_MS = 250, MOST = 200;

export class Search {
  #words = byId("search"); #sound = byId("sound"); #hits = byId("hits"); #count = byId("found-in-all"); #timer = 0; #going = null;

  constructor() {
    this.#words.oninput = () => { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.#ask(), WAIT_MS); };
    this.#sound.onchange = () => this.#ask();
    byId("searching").onsubmit = (event) => {
      event.preventDefault();
      clearTimeout(this.#timer);
      this.#ask();
    };
  }

  get open() { return Boolean(this.#words.value.trim() || this.#sound.value); }

  clear() {
    this.#words.value = this.#sound.value = "";
    this.#ask();
  }

  async refresh() {
    const names = await sounds(), chosen = this.#sound.value;
    this.#sound.replaceChildren(new Option("Any sound", ""), ...names.map((name) => new Option(name, name)));
    this.#sound.value = names.includes(chosen) ? chosen : "";
    this.#sound.hidden = !names.length;
  }

  async #ask() {
    this.#going?.abort();
    const asked = { words: this.#words.value.trim(), sound: this.#sound.value };
    byId("shelf").hidden = this.open;
    this.#hits.hidden = !this.open;
    if (!this.open) { this.#hits.replaceChildren(); this.#count.textContent = ""; return; }
    this.#going = new AbortController();
    try {
      const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
      const hits = await search({ ...given, limit: MOST }, this.#going.signal);
      this.#hits.replaceChildren(...grouped(hits).map((some) => group(some, asked.words)));
      this.#count.textContent = hits.length >= MOST ? `The first ${MOST} places` : hits.length ? `${hits.length} place${hits.length === 1 ? "" : "s"}` : "Nothing found. Try another word, or only its beginning with a * after it.";
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#hits.replaceChildren();
      this.#count.textContent = sentence(error.message);
    }
  }
}

// Hits of one recording together, the recordings in the order of their first.
function grouped(hits) {
  const groups = new Map();
  for (const hit of hits) groups.set(hit.recording, [...(groups.get(hit.recording) ?? []), hit]);
  return [...groups.values()];
}

function group(hits, words) {
  const [{ recording, title }] = hits;
  return make("li", { "data-recording": recording },
    make("h2", {}, title || "Recording without a title", make("small", { className: "number" }, String(hits.length))),
    make("ol", {}, ...hits.map((hit) => row(hit, words))));
}

function row(hit, words) {
  const text = make("span", { className: "text" }, ...marked(hit.text, hit.matches));
  if (hit.sound) {
    const dot = make("i");
    dot.style.background = colourOf(hit.sound);
    text.prepend(dot, hit.sound, make("small", { className: "soft number" }, ` ${brief(hit.end_ms - hit.start_ms)}${hit.text && " – "}`));
  }
  const asked = new URLSearchParams({ at: hit.start_ms, ...(words && { words }) });
  return make("li", {}, make("a", { href: `#/${hit.recording}?${asked}` }, make("span", { className: "at number" }, clock(hit.start_ms)), text));
}

// The text in pieces, those that match in <mark>; spans count code points.
function marked(text, matches) {
  const points = [...text], pieces = [];
  let at = 0;
  for (const [first, last] of [...matches].sort(([one], [other]) => one - other)) {
    if (first < at) continue;
    pieces.push(points.slice(at, first).join(""), make("mark", {}, points.slice(first, last).join("")));
    at = last;
  }
  return [...pieces, points.slice(at).join("")];
}
