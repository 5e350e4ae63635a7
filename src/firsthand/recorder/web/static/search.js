// The search over the whole library: words, or a sound, or both.

import { search, sounds } from "/api.js";
import { arrange, byId, make, sentence } from "/theme/dom.js";
import { colourOf } from "/palette.js";
import { brief, clock } from "/time.js";

const WAIT_MS = 250, MOST = 200;

export class Search {
  #words = byId("search"); #sound = byId("sound"); #hits = byId("hits"); #count = byId("found-in-all"); #timer = 0; #going = null; #names = ""; #found = "";

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
    if (names.join("\n") !== this.#names) {
      this.#names = names.join("\n");
      this.#sound.replaceChildren(new Option("Any sound", ""), ...names.map((name) => new Option(name, name)));
      this.#sound.value = names.includes(chosen) ? chosen : "";
    }
    this.#sound.hidden = !names.length;
    if (this.open || !this.#hits.hidden) await this.#ask();
  }

  async #ask() {
    this.#going?.abort();
    const asked = { words: this.#words.value.trim(), sound: this.#sound.value };
    byId("shelf").hidden = this.open;
    this.#hits.hidden = !this.open;
    if (!this.open) { this.#show([], ""); this.#count.textContent = ""; return; }
    this.#going = new AbortController();
    try {
      const given = Object.fromEntries(Object.entries(asked).filter(([, value]) => value));
      const hits = await search({ ...given, limit: MOST }, this.#going.signal);
      this.#show(hits, asked.words);
      this.#count.textContent = hits.length >= MOST ? `The first ${MOST} places` : hits.length ? `${hits.length} place${hits.length === 1 ? "" : "s"}` : "Nothing found. Try another word, or only its beginning with a * after it.";
    } catch (error) {
      if (error.name === "AbortError") return;
      this.#show([], "");
      this.#count.textContent = sentence(error.message);
    }
  }

  // Only what differs from before; focus goes to the same place, if it is still there.
  #show(hits, words) {
    const found = JSON.stringify([words, hits]), held = document.activeElement?.closest("#hits a")?.getAttribute("href");
    if (found === this.#found) return;
    this.#found = found;
    arrange(this.#hits, grouped(hits).map((some) => group(some, words)), this.#words);
    if (held) [...this.#hits.querySelectorAll("a")].find((link) => link.getAttribute("href") === held)?.focus({ preventScroll: true });
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
    make("h2", {}, make("bdi", {}, title || "Recording without a title"), make("small", { className: "number" }, String(hits.length))),
    make("ol", {}, ...hits.map((hit) => row(hit, words))));
}

function row(hit, words) {
  const text = make("span", { className: "text", dir: "auto" }, ...marked(hit.text, hit.matches));
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
