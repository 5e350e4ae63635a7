// The frames one after another, and which of them show the chosen box.

import { boxColour, colours, onRepaint } from "/palette.js";
import { fitted } from "/theme/canvas.js";
import { byId } from "/theme/dom.js";

const WORDS = ["whole", "in part", "outside the picture", "behind the camera", "no pose"], OPACITY = [1, 0.5], NO_POSE = 4;

export class Reel {
  number = 0; #frames; #moved; #box = { width: 0, height: 0 }; #about = null;

  // Calls moved(number).
  constructor(frames, moved) {
    this.#frames = frames;
    this.#moved = moved;
    const slider = byId("frame");
    slider.max = Math.max(frames.length - 1, 0);
    slider.disabled = byId("previous").disabled = byId("next").disabled = frames.length < 2;
    slider.oninput = () => this.go(Number(slider.value));
    byId("previous").onclick = () => this.go(this.number - 1);
    byId("next").onclick = () => this.go(this.number + 1);
    new ResizeObserver(([{ contentRect }]) => { this.#box = contentRect; this.#paint(); }).observe(byId("sights"));
    onRepaint(() => this.#paint());
  }

  go(number) {
    this.number = Math.min(Math.max(number, 0), Math.max(this.#frames.length - 1, 0));
    byId("frame").value = this.number;
    this.#tell();
    this.#moved(this.number);
  }

  // `sights` is of the chosen box, a digit a frame; null where none is chosen, or nobody knows yet.
  show(box, index, sights) {
    this.#about = box && { name: box.name, index, sights };
    this.#tell();
    this.#paint();
  }

  #tell() {
    const frame = this.#frames[this.number], seen = this.#about?.sights?.[this.number], count = this.#frames.length;
    byId("where").textContent = frame ? `Frame ${this.number + 1} of ${count}, ${frame.time_s.toFixed(2)} s` : "This session has no frames.";
    byId("frame").ariaValueText = byId("where").textContent;
    byId("shown").textContent = seen === undefined ? "" : `· ${this.#about.name}: ${WORDS[seen]}`;
  }

  #paint() {
    if (!this.#box.width) return;
    const [brush, width, height] = fitted(byId("sights"), this.#box), { line, warn } = colours(), count = this.#frames.length;
    const colour = this.#about ? boxColour(this.#about.index) : null;
    for (let first = 0, next; first < count; first = next) {
      const kind = this.#kind(first);
      for (next = first + 1; next < count && this.#kind(next) === kind;) next += 1;
      const left = first / count * width, wide = Math.max((next - first) / count * width, 1);
      const opacity = OPACITY[kind], thick = opacity ? height : 2;
      brush.fillStyle = opacity ? colour : kind === NO_POSE ? warn : line;
      brush.globalAlpha = opacity || 1;
      brush.fillRect(left, (height - thick) / 2, wide, thick);
    }
    brush.globalAlpha = 1;
  }

  #kind(number) {
    if (!this.#frames[number].pose) return NO_POSE;
    return Number(this.#about?.sights?.[number] ?? -1);
  }
}
