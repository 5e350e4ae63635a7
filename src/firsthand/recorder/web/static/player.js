// Plays the sound, and tells where it is.

import { byId, remark } from "/theme/dom.js";
import { clock } from "/time.js";

export class Player {
  #audio = byId("audio"); #play = byId("play"); #hearer; #duration = 0; #asked = 0; #shown = "";

  // `hearer` has at(ms, playing).
  constructor(hearer) {
    this.#hearer = hearer;
    this.#play.onclick = () => this.toggle();
    byId("back5").onclick = () => this.step(-5000);
    byId("on5").onclick = () => this.step(5000);
    byId("speed").onchange = ({ target }) => { this.#audio.playbackRate = this.#audio.defaultPlaybackRate = Number(target.value); };
    for (const kind of ["play", "pause", "ended"]) this.#audio.addEventListener(kind, () => this.#state());
    this.#audio.addEventListener("seeked", () => this.#tell());
    this.#audio.addEventListener("error", () => { if (this.#audio.getAttribute("src")) remark("The sound cannot be played.", true); });
  }

  get ms() { return this.#audio.currentTime * 1000; }
  get playing() { return !this.#audio.paused && !this.#audio.ended; }
  get loaded() { return this.#audio.hasAttribute("src"); }

  load(source, duration_ms) {
    if (this.#audio.getAttribute("src") !== source) this.#audio.src = source;
    this.length(duration_ms);
    byId("player").hidden = false;
    this.#tell();
  }

  length(duration_ms) {
    this.#duration = duration_ms;
    byId("whole").textContent = clock(duration_ms);
  }

  unload() {
    this.#audio.pause();
    this.#audio.removeAttribute("src");
    this.#audio.load();
    byId("player").hidden = true;
  }

  seek(ms) {
    if (!this.loaded) return;
    this.#audio.currentTime = Math.min(Math.max(0, ms), this.#duration) / 1000;
    this.#tell();
  }

  playFrom(ms) {
    this.seek(ms);
    this.#start();
  }

  step(ms) {
    this.seek(this.ms + ms);
    return this.loaded;
  }

  // False without a sound.
  toggle() {
    if (this.playing) this.#audio.pause();
    else if (this.loaded) this.#start();
    return this.loaded;
  }

  #start() {
    this.#audio.play().catch((error) => { if (error.name !== "AbortError") remark("The sound cannot be played.", true); });
  }

  #state() {
    this.#play.classList.toggle("playing", this.playing);
    this.#play.setAttribute("aria-label", this.playing ? "Pause" : "Play");
    this.#tell();
    if (this.playing) this.#asked ||= requestAnimationFrame(this.#frame);
  }

  #frame = () => {
    this.#asked = this.playing ? requestAnimationFrame(this.#frame) : 0;
    this.#tell();
  };

  #tell() {
    const now = clock(this.ms);
    if (now !== this.#shown) byId("now").textContent = this.#shown = now;
    this.#hearer.at(this.ms, this.playing);
  }
}
