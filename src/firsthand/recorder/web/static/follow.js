// Keeps the word being said in view, until the reader scrolls; then waits to be asked.

import { byId } from "/theme/dom.js";

const SCROLL_KEYS = ["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"];

export class Follow {
  #elementOf; #on = true; #button = byId("follow"); #last = -1; #playing = false; #still = matchMedia("(prefers-reduced-motion: reduce)");

  // elementOf(word) is the element of a word, or null.
  constructor(elementOf) {
    this.#elementOf = elementOf;
    const leave = () => { if (this.#playing && this.#on) this.#set(false); };
    addEventListener("wheel", ({ target }) => { if (!target.closest?.(".wave")) leave(); }, { passive: true });
    addEventListener("touchmove", ({ target }) => { if (!target.closest?.(".deck, .legend")) leave(); }, { passive: true });
    addEventListener("keydown", ({ key, target }) => { if (SCROLL_KEYS.includes(key) && !target.closest?.("[role=slider], input, select, textarea")) leave(); });
    addEventListener("pointerdown", ({ target, clientX }) => { if (target === document.documentElement && clientX >= target.clientWidth) leave(); });
    this.#button.onclick = () => {
      const element = this.#elementOf(this.#last);
      this.#set(true);
      if (element) this.show(element);
    };
  }

  begin() {
    this.#set(true);
    this.#last = -1;
  }

  // The word now said, and whether the sound goes on.
  at(word, playing) {
    if (playing && !this.#playing) this.#set(true);
    this.#playing = playing;
    if (!playing) this.#button.hidden = true;
    if (word === this.#last) return;
    this.#last = word;
    const element = playing && this.#on && this.#elementOf(word);
    if (element) this.#ease(element);
  }

  // Brings an element below the waveform and above the player; twice, for what is laid out only then.
  show(element) {
    const middle = () => scrollTo({ top: scrollY + element.getBoundingClientRect().top - this.#top() - (innerHeight - this.#top()) * 0.25, behavior: "instant" });
    middle();
    requestAnimationFrame(() => { middle(); requestAnimationFrame(middle); });
  }

  #top() { return document.querySelector(".deck").offsetHeight; }

  #ease(element) {
    const { top, bottom } = element.getBoundingClientRect(), high = this.#top() + 12, low = innerHeight - 130;
    if (top >= high && bottom <= low) return;
    if (top < high - innerHeight || bottom > low + innerHeight) { this.show(element); return; }
    scrollBy({ top: top - high - (low - high) * 0.2, behavior: this.#still.matches ? "instant" : "smooth" });
  }

  #set(on) {
    this.#on = on;
    this.#button.hidden = on || !this.#playing;
  }
}
