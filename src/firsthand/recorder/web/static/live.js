// What is being recorded here: its time, its waveform, its words as they come.

import { Capture } from "/capture.js";
import { retitle, recording } from "/api.js";
import { byId, make, remark, save, sentence } from "/theme/dom.js";
import { Columns, NOTHING } from "/drawing.js";
import { fitted } from "/theme/canvas.js";
import { Levels } from "/level.js";
import { colourOf, colourOfNothing, onRepaint } from "/palette.js";
import { clock } from "/time.js";
import { flat } from "/titling.js";
import { unknown } from "/words.js";

const PITCH_PX = 4, MOST_WORDS = 2000, BEHIND_MS = 3000, UNHEARD_MS = 10000, TICK_MS = 500, BAR_MS = 50, SILENT_BARS = 200;

const SILENT = "Nothing but silence for 10 seconds. Is the microphone on, and is it the right one?";

export class Live {
  #capture = null; #levels = null; #colours = new Uint8Array(1200); #names = []; #said = []; #box = { width: 1, height: 1 }; #asked = 0;
  #hearer; #lost = ""; #away = false; #stopping = false; #shown = ""; #doubt = ""; #title = ""; #number = 0; #known = 0; #later = null; #ticking = 0;

  // `hearer` has changed(): began or ended, ticked(clock), and ended(number, rest): 0 when it failed,
  // and a file of what was left or null.
  constructor(hearer) {
    this.#hearer = hearer;
    byId("stop").onclick = () => this.#capture?.stop();
    byId("save-rest").onclick = () => { if (this.#capture) save(this.#capture.rest()); };
    byId("live-name").onchange = () => this.#retitle();
    byId("live-name").onkeydown = ({ key }) => { if (key === "Enter") byId("live-name").blur(); };
    new ResizeObserver(([{ contentRect }]) => { this.#box = contentRect; this.#draw(); }).observe(byId("live-wave"));
    onRepaint(() => { this.#draw(); this.#legend(); });
    addEventListener("beforeunload", (event) => { if (this.#capture) { event.preventDefault(); event.returnValue = true; } });
    addEventListener("pagehide", () => this.#capture?.leave());
  }

  get on() { return this.#capture !== null; }
  get number() { return this.#capture?.number ?? 0; }

  async start() {
    if (this.#capture) return;
    this.#levels = null;
    this.#colours.fill(NOTHING);
    this.#names = [];
    this.#said = [];
    this.#lost = this.#shown = this.#doubt = this.#title = "";
    this.#away = this.#stopping = false;
    this.#number = this.#known = 0;
    this.#later = null;
    byId("live-name").value = "";
    for (const one of ["live-said", "live-guess", "live-legend"]) byId(one).replaceChildren();
    byId("live-hint").hidden = false;
    byId("live-time").textContent = "0:00";
    const capture = new Capture({
      title: () => this.#title,
      samples: (samples, rate_hz) => this.#hear(samples, rate_hz),
      connected: (number) => this.#connected(number),
      renewed: () => remark("The server was started again. The recording goes on as a new one; what was stored before is kept."),
      lost: (reason) => { this.#away = true; this.#lost = reason; this.#state(); },
      doubt: (words) => { this.#doubt = words; this.#warn(); },
      stopping: () => { this.#stopping = true; this.#state(); },
      ended: (number) => { this.#over(); this.#hearer.ended(number); },
      failed: (words, rest) => {
        this.#over();
        remark(`${sentence(words)}${rest ? " What was not stored is added as a file." : ""}`, true);
        this.#hearer.ended(0, rest);
      },
    });
    await capture.start();
    this.#capture = capture;
    this.#ticking = setInterval(() => this.#state(), TICK_MS);
    this.#state();
    this.#warn();
    this.#hearer.changed();
  }

  news(message) {
    if (!this.#capture || message.recording !== this.number) return;
    if (this.#later) { this.#later.push(message); return; }
    if (message.words) this.#say(message.words);
    if ("guess" in message) byId("live-guess").textContent = message.guess;
    if (message.heard) this.#colour(message.heard);
    byId("live-hint").hidden = this.#said.length > 0 || byId("live-guess").textContent !== "";
  }

  // Words may have been missed.
  async again() {
    const { number } = this;
    if (!number || this.#later) return;
    this.#later = [];
    try {
      const { words } = await recording(number);
      if (number === this.number) this.#say({ ...words, first: 0 });
    } catch { /* they come with the next words */ }
    const later = this.#later ?? [];
    this.#later = null;
    for (const message of later) this.news(message);
  }

  #say(words) {
    const more = unknown(words, this.#known);
    if (!more) { this.again(); return; }
    if (!more.text.length) return;
    this.#known += more.text.length;
    more.text.forEach((word, at) => this.#said.push(more.attached[at] ? word : ` ${word}`));
    this.#said = this.#said.slice(-MOST_WORDS);
    byId("live-said").textContent = this.#said.join("").trim();
    byId("live-guess").textContent = "";
    byId("live-hint").hidden = true;
  }

  #connected(number) {
    const other = number !== this.#number;
    if (other) this.#known = 0;
    this.#number = number;
    this.#away = false;
    this.#lost = "";
    this.#state();
    if (other && this.#title) this.#tell();
  }

  #retitle() {
    this.#title = byId("live-name").value = flat(byId("live-name").value);
    if (this.number) this.#tell();
  }

  async #tell() {
    try { await retitle(this.number, this.#title); } catch (error) { remark(sentence(error.message), true); }
  }

  #over() {
    clearInterval(this.#ticking);
    if (document.activeElement === byId("live-name")) this.#retitle();
    this.#capture = null;
    byId("save-rest").hidden = true;
    this.#hearer.changed();
  }

  #state() {
    if (!this.#capture) return;
    const behind = this.#capture.behind_ms > BEHIND_MS, why = this.#lost ? `. ${sentence(this.#lost)}` : ".";
    const words = this.#stopping ? this.#away ? `Stopped; waiting for the server${why}` : "Saving"
      : this.#away ? `The connection is lost${why} Recording goes on, and is sent when it is back` : behind ? "Recording, catching up" : "Recording";
    const saved = byId("save-rest"), held = document.activeElement;
    byId("stop").disabled = this.#stopping;
    saved.hidden = !(this.#capture.unheard_ms > UNHEARD_MS || (this.#stopping && this.#away && this.#capture.behind_ms));
    if ((held === saved && saved.hidden) || (held === byId("stop") && this.#stopping)) byId("live-title").focus({ preventScroll: true });
    if (words === byId("live-state").textContent) return;
    byId("live-state").textContent = words;
    byId("live-title").classList.toggle("away", this.#away);
  }

  #warn() {
    const levels = this.#levels?.levels ?? [], silent = levels.length >= SILENT_BARS && levels.slice(-SILENT_BARS).every((level) => level === 0);
    const words = this.#doubt || (silent && !this.#stopping ? SILENT : "");
    if (words === byId("live-doubt").textContent) return;
    byId("live-doubt").textContent = words;
    byId("live-doubt").hidden = !words;
  }

  #hear(samples, rate_hz) {
    this.#levels ??= new Levels(rate_hz);
    this.#levels.add(samples);
    this.#draw();
    const now = clock(this.#capture?.ms ?? 0);
    if (now === this.#shown) return;
    byId("live-time").textContent = this.#shown = now;
    this.#state();
    this.#warn();
    this.#hearer.ticked(now);
  }

  #colour({ first, classes, colours }) {
    const places = classes.map((name) => {
      if (!this.#names.includes(name)) this.#names.push(name);
      return this.#names.indexOf(name);
    });
    const octets = Uint8Array.from(atob(colours), (letter) => letter.charCodeAt(0)), begun = Math.round(this.#capture.origin_ms / BAR_MS);
    first += begun; // a server that was started again counts from there
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
