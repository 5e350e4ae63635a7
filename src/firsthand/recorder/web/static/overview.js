// The whole recording in a strip, with a window on what the waveform shows.

import { Columns, NOTHING } from "/drawing.js";
import { colourOf, colourOfNothing, onRepaint } from "/palette.js";
import { bitOf } from "/pyramid.js";
import { fitted } from "/theme/canvas.js";

const PITCH_PX = 2, FADED = 0.22, NARROWEST_PX = 8;

export class Overview {
  #canvas; #window; #here; #hearer; #pyramid = null; #duration = 1; #wanted = 0; #view = [0, 1]; #at = 0; #box = { width: 1, height: 1 }; #asked = 0; #held = null;

  // `hearer` has look(from_ms, span_ms).
  constructor(root, hearer) {
    [this.#canvas, this.#window, this.#here] = root.children;
    this.#hearer = hearer;
    new ResizeObserver(([{ contentRect }]) => { this.#box = contentRect; this.#draw(); this.#frame(); }).observe(root);
    onRepaint(() => this.#draw());
    root.addEventListener("pointerdown", (event) => this.#down(root, event));
    root.addEventListener("pointermove", (event) => this.#move(root, event));
    for (const kind of ["pointerup", "pointercancel"]) root.addEventListener(kind, () => { this.#held = null; });
  }

  show(pyramid, duration_ms) {
    this.#pyramid = pyramid;
    this.#duration = Math.max(1, duration_ms);
    this.#draw();
  }

  set wanted(mask) { this.#wanted = mask; this.#draw(); }

  view(from, span) { this.#view = [from, span]; this.#frame(); }

  place(ms) {
    this.#at = ms;
    this.#here.style.transform = `translateX(${(ms / this.#duration * this.#box.width).toFixed(1)}px)`;
  }

  #frame() {
    const [from, span] = this.#view, scale = this.#box.width / this.#duration, wide = Math.max(NARROWEST_PX, span * scale);
    this.#window.hidden = span >= this.#duration;
    this.#window.style.width = `${wide}px`;
    this.#window.style.transform = `translateX(${Math.min(from * scale, this.#box.width - wide)}px)`;
    this.place(this.#at);
  }

  #draw() { this.#asked ||= requestAnimationFrame(() => { this.#asked = 0; this.#drawNow(); }); }

  #drawNow() {
    const [brush, width, height] = fitted(this.#canvas, this.#box), pyramid = this.#pyramid;
    if (!pyramid?.length) return;
    const columns = new Columns(), per = this.#duration / pyramid.bar_ms / width * PITCH_PX;
    for (let x = 0; x < width && x / PITCH_PX * per < pyramid.length; x += PITCH_PX) {
      const both = pyramid.column(x / PITCH_PX * per, (x / PITCH_PX + 1) * per, this.#wanted);
      columns.add(both >> 8, x, both & 255);
    }
    const names = pyramid.classes, wanted = this.#wanted;
    columns.draw(brush, PITCH_PX - 0.5, height / 2, height / 2 - 3, (colour) => [
      colour === NOTHING ? colourOfNothing() : colourOf(names[colour] ?? ""), wanted && !(bitOf(colour) & wanted) ? FADED : 1,
    ]);
  }

  #msIn(root, event) { return (event.clientX - root.getBoundingClientRect().left) / this.#box.width * this.#duration; }

  #down(root, event) {
    if (event.button) return;
    root.setPointerCapture(event.pointerId);
    const [from, span] = this.#view, ms = this.#msIn(root, event);
    this.#held = ms >= from && ms <= from + span ? ms - from : span / 2;
    this.#hearer.look(ms - this.#held, span, ms);
  }

  #move(root, event) {
    if (this.#held !== null) this.#hearer.look(this.#msIn(root, event) - this.#held, this.#view[1]);
  }
}
