// The search inside one recording: marks, and steps from one to the next.

import { search } from "/api.js";
import { byId, remark, sentence } from "/theme/dom.js";

const WAIT_MS = 250, MOST = 1000, AROUND_MS = 12000, NEAR_MS = 60;

const bare = (word) => word.toLowerCase().replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");

export class Finder {
  #field = byId("find"); #hearer; #number = 0; #hits = []; #place = -1; #timer = 0; #going = null;

  // `hearer` has words() -> { text, start_ms }, wordAt(ms), place() -> ms, marked(words, hits) and stood(hit).
  constructor(hearer) {
    this.#hearer = hearer;
    this.#field.oninput = () => { clearTimeout(this.#timer); this.#timer = setTimeout(() => this.#ask(this.#hearer.place()), WAIT_MS); };
    byId("finding").onsubmit = (event) => { event.preventDefault(); this.step(1); };
    byId("previous").onclick = () => this.step(-1);
    byId("next").onclick = () => this.step(1);
    this.#field.onkeydown = (event) => {
      if (event.key === "Enter" && event.shiftKey) { event.preventDefault(); this.step(-1); }
    };
  }

  get active() { return this.#hits.length > 0; }

  begin(number) {
    this.#number = number;
    this.clear();
  }

  clear() {
    clearTimeout(this.#timer);
    this.#going?.abort();
    this.#field.value = "";
    this.#show([]);
  }

  // Searches for words as if typed, and stands at the hit nearest to a time.
  async find(words, near_ms) {
    this.#field.value = words;
    await this.#ask(near_ms);
  }

  step(by) {
    if (!this.#hits.length) return;
    this.#place = (this.#place + by + this.#hits.length) % this.#hits.length;
    this.#stand();
  }

  async #ask(near_ms) {
    const words = this.#field.value.trim();
    this.#going?.abort();
    if (!words) { this.#show([]); return; }
    this.#going = new AbortController();
    try {
      const hits = await search({ words, in: this.#number, limit: MOST }, this.#going.signal);
      this.#show(hits.sort((one, other) => one.start_ms - other.start_ms), words);
      if (!hits.length) return;
      this.#place = hits.reduce((best, hit, at) => Math.abs(hit.start_ms - near_ms) < Math.abs(hits[best].start_ms - near_ms) ? at : best, 0);
      this.#stand();
    } catch (error) {
      if (error.name !== "AbortError") remark(sentence(error.message), true);
    }
  }

  #show(hits, words = "") {
    this.#place = -1;
    const marked = new Set();
    this.#hits = hits.map((hit) => ({ ...hit, words: this.#wordsOf(hit) }));
    for (const { words: some } of this.#hits) for (const index of some) marked.add(index);
    byId("stepping").hidden = !words;
    byId("previous").disabled = byId("next").disabled = hits.length < 2;
    byId("found").textContent = words && !hits.length ? "Nothing found" : "";
    this.#hearer.marked(marked, this.#hits);
  }

  // Which words of the transcript a hit means: those said then that read like what matched.
  #wordsOf({ start_ms, end_ms, text, matches }) {
    const points = [...text], sought = new Set(), words = this.#hearer.words();
    for (const [first, last] of matches) for (const word of points.slice(first, last).join("").split(/\s+/)) sought.add(bare(word));
    sought.delete("");
    const within = (around) => {
      const found = new Set();
      for (let at = Math.max(0, this.#hearer.wordAt(start_ms - around)); at < words.text.length && words.start_ms[at] <= end_ms + around; at += 1) {
        if (words.start_ms[at] >= start_ms - around && sought.has(bare(words.text[at]))) found.add(at);
      }
      return found;
    };
    const exactly = within(NEAR_MS);
    return exactly.size ? exactly : within(AROUND_MS);
  }

  #stand() {
    byId("found").textContent = `${this.#place + 1} of ${this.#hits.length >= MOST ? `the first ${MOST}` : this.#hits.length}`;
    this.#hearer.stood(this.#hits[this.#place]);
  }
}
