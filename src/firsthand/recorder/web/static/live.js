// What is being recorded here: its time, its waveform, its words as they come.

import { Capture } from "/capture.js";
import { byId, make, remark, sentence } from "/dom.js";
import { Columns, NOTHING, fitted } from "/drawing.js";
import { Levels } from "/level.js";
import { colourOf, colourOfNothing, onRepaint } from "/palette.js";
import { clock } from "/time.js";

const PITCH_PX = 4, MOST_WORDS = 2000, BEHIND_MS = 3000;

export class Live {
  #capture = null; #levels = null; #colours = new Uint8Array(1200); #names = []; #said = []; #box = { width: 1, height: 1 }; #asked = 0;
  #hearer; #lost = ""; #stopping = false; #shown = "";

  // `hearer` has changed(): began or ended, ticked(clock), and ended(number, rest): 0 when it failed,
  // and a file of what was left or null.
  constructor(hearer) {
    this.#hearer = hearer;
    byId("stop").onclick = () => this.#capture?.stop();
    new ResizeObserver(([{ contentRect }]) => { this.#box = contentRect; this.#draw(); }).observe(byId("live-wave"));
    onRepaint(() => { this.#draw(); this.#legend(); });
    addEventListener("beforeunload", (event) => { if (this.#capture) { event.preventDefault(); event.returnValue = true; } });
  }

  get on() { return this.#capture !== null; }
  get number() { return this.#capture?.number ?? 0; }

  async start() {
    if (this.#capture) return;
    this.#levels = null;
    this.#colours.fill(NOTHING);
    this.#names = [];
    this.#said = [];
    this.#lost = this.#shown = "";
    this.#stopping = false;
    for (const one of ["live-said", "live-guess", "live-legend"]) byId(one).replaceChildren();
    byId("live-hint").hidden = false;
    byId("live-time").textContent = "0:00";
    const capture = new Capture({
      begun: () => {},
      samples: (samples, rate_hz) => this.#hear(samples, rate_hz),
      connected: () => { this.#lost = ""; this.#state(); },
      lost: (reason) => { this.#lost = reason || "The server does not answer"; this.#state(); },
      stopping: () => { this.#stopping = true; this.#state(); },
      ended: (number) => { this.#over(); this.#hearer.ended(number); },
      failed: (words, rest) => {
        this.#over();
        remark(`${sentence(words)}${rest ? " What it had not taken is added as a file." : ""}`, true);
        this.#hearer.ended(0, rest);
      },
    });
    await capture.start();
    this.#capture = capture;
    this.#state();
    this.#hearer.changed();
  }

  news(message) {
    if (!this.#capture || message.recording !== this.number) return;
    if (message.words) {
      const { text, attached } = message.words;
      text.forEach((word, at) => this.#said.push(attached[at] ? word : ` ${word}`));
      this.#said = this.#said.slice(-MOST_WORDS);
      byId("live-said").textContent = this.#said.join("").trim();
      byId("live-guess").textContent = "";
    }
    if ("guess" in message) byId("live-guess").textContent = message.guess;
    if (message.heard) this.#colour(message.heard);
    byId("live-hint").hidden = this.#said.length > 0 || byId("live-guess").textContent !== "";
  }

  #over() {
    this.#capture = null;
    this.#hearer.changed();
  }

  #state() {
    const behind = this.#capture?.behind_ms > BEHIND_MS;
    const words = this.#lost ? "The connection is lost. Recording goes on, and is sent when it is back" : this.#stopping ? "Saving" : behind ? "Recording, catching up" : "Recording";
    if (words === byId("live-state").textContent) return;
    byId("live-state").textContent = words;
    byId("live-title").classList.toggle("away", Boolean(this.#lost));
    byId("stop").disabled = this.#stopping;
  }

  #hear(samples, rate_hz) {
    this.#levels ??= new Levels(rate_hz);
    this.#levels.add(samples);
    this.#draw();
    const now = clock(this.#capture?.ms ?? 0);
    if (now === this.#shown) return;
    byId("live-time").textContent = this.#shown = now;
    this.#state();
    this.#hearer.ticked(now);
  }

  #colour({ first, classes, colours }) {
    const places = classes.map((name) => {
      if (!this.#names.includes(name)) this.#names.push(name);
      return this.#names.indexOf(name);
    });
    const octets = Uint8Array.from(atob(colours), (letter) => letter.charCodeAt(0));
    if (first + octets.length > this.#colours.length) {
      const more = new Uint8Array(2 * (first + octets.length)).fill(NOTHING);
      more.set(this.#colours);
      this.#colours = more;
    }
    octets.forEach((colour, at) => { this.#colours[first + at] = places[colour] ?? NOTHING; });
    this.#legend();
    this.#draw();
  }

  // The sounds that are in what is seen.
  #legend() {
    const seen = new Set(), end = this.#levels?.levels.length ?? 0;
    for (let at = Math.max(0, end - Math.ceil(this.#box.width / PITCH_PX)); at < end; at += 1) seen.add(this.#colours[at]);
    seen.delete(NOTHING);
    const names = this.#names.filter((_, place) => seen.has(place)), root = byId("live-legend");
    root.replaceChildren(...names.map((name) => {
      const dot = make("i");
      dot.style.background = colourOf(name);
      return make("span", {}, dot, name);
    }));
  }

  #draw() { this.#asked ||= requestAnimationFrame(() => { this.#asked = 0; this.#drawNow(); }); }

  // The newest bar stands at the right.
  #drawNow() {
    const [brush, width, height] = fitted(byId("live-wave"), this.#box), levels = this.#levels?.levels ?? [], columns = new Columns();
    const seen = Math.ceil(width / PITCH_PX);
    for (let at = levels.length; at < seen; at += 1) columns.add(NOTHING, width - (at + 1) * PITCH_PX, 0);
    for (let at = Math.max(0, levels.length - seen); at < levels.length; at += 1) columns.add(this.#colours[at] ?? NOTHING, width - (levels.length - at) * PITCH_PX, levels[at]);
    columns.draw(brush, PITCH_PX - 1.5, height / 2, height / 2 - 4, (colour) => [colour === NOTHING ? colourOfNothing() : colourOf(this.#names[colour]), 1]);
  }
}
