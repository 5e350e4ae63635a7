// Keeps the word being said in view, until the reader scrolls; then waits to be asked.

import { byId } from "/dom.js";

const SCROLL_KEYS = ["PageUp", "PageDown", "Home", "End", "ArrowUp", "ArrowDown"];

export class Follow {
  #on = true; #button = byId("follow"); #last = null; #playing = false; #still = matchMedia("(prefers-reduced-motion: reduce)");

  constructor() {
    const leave = () => { if (this.#playing && this.#on) this.#set(false); };
    addEventListener("wheel", ({ target }) => { if (!target.closest?.(".wave")) leave(); }, { passive: true });
    addEventListener("touchmove", ({ target }) => { if (!target.closest?.(".deck, .legend")) leave(); }, { passive: true });
    addEventListener("keydown", ({ key, target }) => { if (SCROLL_KEYS.includes(key) && !target.closest?.("[role=slider], input, select, textarea")) leave(); });
    addEventListener("pointerdown", ({ target, clientX }) => { if (target === document.documentElement && clientX >= target.clientWidth) leave(); });
    this.#button.onclick = () => { this.#set(true); if (this.#last) this.show(this.#last); };
  }

  begin() { this.#set(true); this.#last = null; }

  // The word now said, and whether the sound goes on.
  at(element, playing) {
    if (playing && !this.#playing) this.#set(true);
    this.#playing = playing;
    if (!playing) this.#button.hidden = true;
    if (element === this.#last) return;
    this.#last = element;
    if (element && playing && this.#on) this.#ease(element);
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
