// The waveform to look into: zoomed, panned, clicked; one column a bar when nearest.

import { Columns, NOTHING } from "/drawing.js";
import { colourOf, colourOfNothing, onRepaint, paint } from "/palette.js";
import { bitOf } from "/pyramid.js";
import { fitted } from "/theme/canvas.js";
import { clock, spoken } from "/time.js";

const PITCH_PX = 3, WIDEST_BAR_PX = 9, AXIS_PX = 20, TICK_PX = 92, CLICK_PX = 4, FADED = 0.22, STEP_MS = 5000, PAGE_MS = 60000;
const TICKS_S = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];

export class Waveform {
  #canvas; #playhead; #hearer; #pyramid = null; #duration = 1; #from = 0; #span = 1; #at = 0; #said = -1;
  #wanted = 0; #marks = []; #chosen = null; #box = { width: 1, height: 1 }; #asked = 0; #pointers = new Map(); #moved = false; #start = null; #touched = 0;

  // `hearer` has seek(ms) and viewed(from_ms, span_ms).
  constructor(canvas, playhead, hearer) {
    this.#canvas = canvas;
    this.#playhead = playhead;
    this.#hearer = hearer;
    new ResizeObserver(([{ contentRect }]) => { this.#box = contentRect; this.draw(); }).observe(canvas);
    onRepaint(() => this.draw());
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => this.#cancel(event));
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  get pyramid() { return this.#pyramid; }
  get from() { return this.#from; }
  get span() { return this.#span; }

  show(pyramid, duration_ms) {
    const grown = this.#pyramid && this.#span < this.#duration;
    this.#pyramid = pyramid;
    this.#duration = Math.max(1, duration_ms);
    this.#canvas.setAttribute("aria-valuemax", Math.floor(this.#duration / 1000));
    if (grown) this.look(this.#from, this.#span);
    else this.look(0, this.#duration);
  }

  clear() {
    this.#pyramid = null;
    this.#wanted = this.#at = this.#touched = 0;
    this.mark([]);
  }

  // Which colours keep their colour: a mask, 0 for all.
  set wanted(mask) { this.#wanted = mask; this.draw(); }

  // Times of what a search has found, in order; `chosen` is the one stood at, or null.
  mark(times_ms, chosen = null) {
    this.#marks = times_ms;
    this.#chosen = chosen;
    this.draw();
  }

  // Where it plays; turns the page when that runs out of what is seen.
  place(ms, turning) {
    this.#at = ms;
    const end = this.#from + this.#span;
    if (turning && this.#span < this.#duration && (ms < this.#from || ms > end) && performance.now() - this.#touched > 4000) this.look(ms - this.#span * 0.1, this.#span);
    this.#tell();
    this.#carry();
  }

  reveal(ms) {
    if (ms < this.#from || ms > this.#from + this.#span) this.look(ms - this.#span / 3, this.#span);
  }

  look(from, span) {
    const nearest = this.#box.width / WIDEST_BAR_PX * (this.#pyramid?.bar_ms ?? 50);
    this.#span = Math.min(this.#duration, Math.max(span, Math.min(nearest, this.#duration)));
    this.#from = Math.min(Math.max(0, from), this.#duration - this.#span);
    this.#hearer.viewed(this.#from, this.#span);
    this.draw();
  }

  // `x` is the pixel that stays where it is; without it, the playhead if seen, or the middle.
  zoom(factor, x = null) {
    const playhead = this.#xOf(this.#at), seen = playhead >= 0 && playhead <= this.#box.width;
    const fixed = x ?? (seen ? playhead : this.#box.width / 2), ms = this.#msOf(fixed);
    const nearest = this.#box.width / WIDEST_BAR_PX * (this.#pyramid?.bar_ms ?? 50);
    const span = Math.min(this.#duration, Math.max(this.#span * factor, nearest));
    this.#touched = performance.now();
    this.look(ms - fixed / this.#box.width * span, span);
  }

  draw() { this.#asked ||= requestAnimationFrame(() => { this.#asked = 0; this.#draw(); }); }

  #xOf(ms) { return (ms - this.#from) / this.#span * this.#box.width; }
  #msOf(x) { return this.#from + x / this.#box.width * this.#span; }
  #xIn(event) { return event.clientX - this.#canvas.getBoundingClientRect().left; }

  #draw() {
    const [brush, width, height] = fitted(this.#canvas, this.#box);
    if (this.#box.width < 2) return;
    const bottom = height - AXIS_PX, middle = bottom / 2 + 4, half = bottom / 2 - 6;
    this.#drawAxis(brush, width, height, bottom);
    this.#drawBars(brush, width, middle, half);
    this.#drawMarks(brush, bottom);
    this.#carry();
  }

  #drawBars(brush, width, middle, half) {
    const pyramid = this.#pyramid;
    if (!pyramid?.length) return;
    const bar_px = pyramid.bar_ms / this.#span * width, pitch = Math.max(PITCH_PX, bar_px), per = pitch / bar_px;
    const left = this.#from / pyramid.bar_ms, columns = new Columns(), wide = Math.max(2, pitch - Math.max(1, pitch / 4));
    const last = Math.min(Math.ceil((left + width / bar_px) / per), Math.ceil(pyramid.length / per));
    for (let column = Math.floor(left / per); column < last; column += 1) {
      const both = pyramid.column(column * per, (column + 1) * per, this.#wanted);
      columns.add(both >> 8, (column * per - left) * bar_px, both & 255);
    }
    const names = pyramid.classes, wanted = this.#wanted;
    columns.draw(brush, wide, middle, half, (colour) => [
      colour === NOTHING ? colourOfNothing() : colourOf(names[colour] ?? ""), wanted && !(bitOf(colour) & wanted) ? FADED : 1,
    ]);
  }

  #drawAxis(brush, width, height, bottom) {
    const second_px = width / this.#span * 1000, step = TICKS_S.find((tick) => tick * second_px >= TICK_PX) ?? 7200;
    brush.font = "12px system-ui, sans-serif";
    brush.textBaseline = "bottom";
    const end = Math.min(this.#duration, this.#from + this.#span) / 1000;
    for (let tick = Math.ceil(this.#from / 1000 / step) * step; tick <= end; tick += step) {
      const x = this.#xOf(tick * 1000), words = clock(tick * 1000);
      if (x + 5 + brush.measureText(words).width > width) break;
      brush.fillStyle = paint("--line");
      brush.fillRect(x, bottom + 2, 1, AXIS_PX - 2);
      brush.fillStyle = paint("--soft");
      brush.fillText(words, x + 5, height);
    }
  }

  #drawMarks(brush, bottom) {
    brush.fillStyle = paint("--here");
    let before = -9;
    for (const ms of this.#marks) {
      const x = this.#xOf(ms), chosen = ms === this.#chosen;
      if (x < -6 || x > this.#box.width + 6 || (x - before < 2 && !chosen)) continue;
      before = x;
      if (chosen) brush.fillRect(x - 1, 0, 2, bottom);
      brush.beginPath();
      brush.moveTo(x - 5, 0);
      brush.lineTo(x + 5, 0);
      brush.lineTo(x, 8);
      brush.fill();
    }
  }

  #carry() {
    const x = this.#xOf(this.#at);
    this.#playhead.style.visibility = x >= -1 && x <= this.#box.width + 1 ? "visible" : "hidden";
    this.#playhead.style.transform = `translateX(${x.toFixed(1)}px)`;
  }

  #tell() {
    const second = Math.floor(this.#at / 1000);
    if (second === this.#said) return;
    this.#said = second;
    const heard = this.#pyramid?.length ? this.#pyramid.column(this.#at / this.#pyramid.bar_ms, this.#at / this.#pyramid.bar_ms + 1, 0) >> 8 : NOTHING;
    const name = heard === NOTHING ? "" : this.#pyramid.classes[heard];
    this.#canvas.setAttribute("aria-valuenow", second);
    this.#canvas.setAttribute("aria-valuetext", `${spoken(this.#at)} of ${spoken(this.#duration)}${name ? `, ${name}` : ""}`);
  }

  #wheel(event) {
    const sideways = event.shiftKey ? event.deltaY || event.deltaX : Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : 0;
    const unit = event.deltaMode === 1 ? 16 : 1;
    if (sideways && !event.ctrlKey) {
      event.preventDefault();
      this.#touched = performance.now();
      this.look(this.#from + sideways * unit / this.#box.width * this.#span, this.#span);
      return;
    }
    if (event.deltaY > 0 && this.#span >= this.#duration && !event.ctrlKey) return; // nothing to zoom out: the page scrolls
    event.preventDefault();
    this.zoom(Math.exp(event.deltaY * unit * (event.ctrlKey ? 0.01 : 0.0022)), this.#xIn(event));
  }

  #down(event) {
    if (event.button) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, this.#xIn(event));
    const near = Math.abs(this.#xIn(event) - this.#xOf(this.#at)) < (event.pointerType === "mouse" ? 6 : 14);
    if (this.#pointers.size === 1) { this.#moved = false; this.#start = { x: this.#xIn(event), from: this.#from, scrubbing: near || this.#span >= this.#duration }; }
    else this.#pinch();
  }

  #pinch() {
    const [one, other] = this.#pointers.values();
    this.#moved = true;
    this.#start = { apart: Math.max(20, Math.abs(one - other)), span: this.#span, ms: this.#msOf((one + other) / 2) };
  }

  #move(event) {
    if (!this.#pointers.has(event.pointerId)) return;
    const x = this.#xIn(event);
    this.#pointers.set(event.pointerId, x);
    this.#touched = performance.now();
    if (this.#pointers.size > 1) {
      const [one, other] = this.#pointers.values(), span = this.#start.span * this.#start.apart / Math.max(20, Math.abs(one - other));
      this.look(this.#start.ms - (one + other) / 2 / this.#box.width * span, span);
      return;
    }
    if (Math.abs(x - this.#start.x) > CLICK_PX) this.#moved = true;
    if (!this.#moved) return;
    if (this.#start.scrubbing) { this.#seek(this.#msOf(x)); return; }
    this.#canvas.classList.add("panning");
    this.look(this.#start.from - (x - this.#start.x) / this.#box.width * this.#span, this.#span);
  }

  #up(event) {
    if (!this.#pointers.delete(event.pointerId)) return;
    this.#canvas.classList.remove("panning");
    if (this.#pointers.size) { // one finger of a pinch left: it pans on
      this.#start = { x: [...this.#pointers.values()][0], from: this.#from, scrubbing: false };
      return;
    }
    if (!this.#moved) this.#seek(this.#msOf(this.#xIn(event)));
  }

  #cancel(event) {
    this.#pointers.delete(event.pointerId);
    this.#canvas.classList.remove("panning");
  }

  #seek(ms) { this.#hearer.seek(Math.min(Math.max(0, ms), this.#duration)); }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = {
      ArrowLeft: this.#at - STEP_MS, ArrowDown: this.#at - STEP_MS, ArrowRight: this.#at + STEP_MS, ArrowUp: this.#at + STEP_MS,
      PageDown: this.#at - PAGE_MS, PageUp: this.#at + PAGE_MS, Home: 0, End: this.#duration,
    }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.#seek(to);
    this.reveal(to);
  }
}
