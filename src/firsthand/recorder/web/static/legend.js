// The sounds of a recording: name, colour, share of the time; pressed ones keep their colour.

import { make } from "/theme/dom.js";
import { colourOf, onRepaint } from "/palette.js";
import { bitOf } from "/pyramid.js";

const SMALLEST = 0.0005;

export class Legend {
  #root; #hearer; #wanted = 0; #words = "";

  // `hearer` has filtered(mask).
  constructor(root, hearer) {
    this.#root = root;
    this.#hearer = hearer;
    onRepaint(() => { for (const dot of root.querySelectorAll("i")) dot.style.background = colourOf(dot.parentElement.dataset.sound); });
  }

  show(pyramid) {
    const shares = pyramid.classes.map((name, colour) => ({ name, colour, share: pyramid.counts[colour] / Math.max(1, pyramid.length) }));
    const heard = shares.filter(({ share }) => share > 0).sort((one, other) => other.share - one.share);
    const buttons = heard.map((sound) => this.#button(sound)), words = heard.map(({ colour }, place) => `${colour} ${buttons[place].textContent}`).join("\n");
    if (words !== this.#words) {
      const held = document.activeElement?.dataset.sound;
      this.#words = words;
      this.#root.replaceChildren(...buttons);
      if (held) buttons.find(({ dataset }) => dataset.sound === held)?.focus({ preventScroll: true });
    }
    this.#filter(this.#wanted & heard.reduce((mask, { colour }) => mask | bitOf(colour), 0));
  }

  clear() {
    this.#words = "";
    this.#root.replaceChildren();
    this.#filter(0);
  }

  #button({ name, colour, share }) {
    const dot = make("i"), told = share < SMALLEST ? "< 0.1%" : `${(share * 100).toFixed(share < 0.1 ? 1 : 0)}%`;
    dot.style.background = colourOf(name);
    const button = make("button", { "data-sound": name, "aria-pressed": String(Boolean(this.#wanted & bitOf(colour))) }, dot, name, make("small", {}, told));
    button.onclick = () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      this.#filter(this.#wanted ^ bitOf(colour));
    };
    return button;
  }

  #filter(mask) {
    this.#wanted = mask;
    this.#root.classList.toggle("filtering", mask !== 0);
    this.#hearer.filtered(mask);
  }
}
