// What is in view, and how fast, in words.

import { said } from "/said.js";

const WINDOW_MS = 1500, REFRESH_MS = 250, SHOW_MOST = 4;

export class Readouts {
  #hands; #spoken; #fields; #times = []; #server_ms = 0; #trip_ms = 0; #said = ""; #shown = "";

  constructor(byId) {
    this.#hands = byId("hands");
    this.#spoken = byId("spoken");
    this.#fields = { fps: byId("fps"), server: byId("server-ms"), trip: byId("trip-ms") };
    setInterval(() => this.#refresh(), REFRESH_MS);
  }

  add({ result, server_ms, trip_ms }, mirror) {
    this.#times.push(performance.now());
    const part = this.#times.length > 1 ? 0.1 : 1; // a running mean, or the figures flicker
    this.#server_ms += part * (server_ms - this.#server_ms);
    this.#trip_ms += part * (trip_ms - this.#trip_ms);
    this.#list(result.hands, mirror);
  }

  clear() {
    this.#times = [];
    this.#hands.replaceChildren(item("none soft", "Nothing yet"));
    this.#shown = "";
    for (const field of Object.values(this.#fields)) field.textContent = "–";
  }

  #list(hands, mirror) {
    const words = hands.map((hand) => said(hand, mirror));
    const key = JSON.stringify(hands.map((hand, index) => [hand.track, hand.handedness, words[index]]));
    if (key === this.#shown) return;
    this.#shown = key;
    const lines = hands.slice(0, SHOW_MOST).map((hand, index) => {
      const line = item(hand.handedness);
      const dot = document.createElement("i"), name = document.createElement("b"), side = document.createElement("small");
      name.textContent = words[index] || "no known gesture";
      name.classList.toggle("unknown", !words[index]);
      side.textContent = `${hand.handedness} hand`;
      line.append(dot, name, side);
      return line;
    });
    if (hands.length > SHOW_MOST) lines.push(item("none soft", `and ${hands.length - SHOW_MOST} more`));
    this.#hands.replaceChildren(...(lines.length ? lines : [item("none soft", "No hand in view")]));
  }

  #refresh() {
    const now = performance.now();
    this.#times = this.#times.filter((time) => now - time < WINDOW_MS);
    if (this.#times.length > 1) {
      const seconds = (this.#times.at(-1) - this.#times[0]) / 1000;
      this.#fields.fps.textContent = ((this.#times.length - 1) / seconds).toFixed(0);
    }
    if (this.#times.length) {
      this.#fields.server.textContent = this.#server_ms.toFixed(0);
      this.#fields.trip.textContent = this.#trip_ms.toFixed(0);
    }
    const words = [...this.#hands.querySelectorAll("li:not(.none)")].map((li) => `${li.children[2].textContent}: ${li.children[1].textContent}`).join(", ");
    if (words !== this.#said) this.#spoken.textContent = this.#said = words;
  }
}

function item(kind, words = "") {
  const line = document.createElement("li");
  line.className = kind;
  line.textContent = words;
  return line;
}
