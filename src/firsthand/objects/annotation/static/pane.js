// A canvas on which boxes are chosen, put down and pulled; what it shows is its owner's.

import { boxAt, gripAt, held } from "/grips.js";
import { fitted } from "/theme/canvas.js";

const STILL_PX = 4, REACH_PX = 13, TOUCH_REACH_PX = 24, WHEEL = 0.0016;

export class Pane {
  over = null; #canvas; #owner; #desk; #box = { width: 0, height: 0 }; #asked = 0; #pointers = new Map(); #pull = null; #moved = false;

  // `owner` has view(width, height), which may be null, paint(brush, width, height), drag(view, dx, dy, panning),
  // zoom(view, times, x, y), and click(ray), which says whether it wanted it.
  constructor(canvas, desk, owner) {
    this.#canvas = canvas;
    this.#desk = desk;
    this.#owner = owner;
    new ResizeObserver(([{ contentRect }]) => { this.#box = contentRect; this.paint(); }).observe(canvas);
    canvas.addEventListener("pointerdown", (event) => this.#down(event));
    canvas.addEventListener("pointermove", (event) => this.#move(event));
    canvas.addEventListener("pointerup", (event) => this.#up(event));
    canvas.addEventListener("pointercancel", (event) => { this.cancel(); this.#pointers.delete(event.pointerId); });
    canvas.addEventListener("pointerleave", () => { if (this.over) { this.over = null; this.paint(); } });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const view = this.view;
      if (view) owner.zoom(view, Math.exp(-event.deltaY * WHEEL), event.offsetX, event.offsetY);
      this.paint();
    }, { passive: false });
  }

  get view() { return this.#box.width ? this.#owner.view(this.#box.width, this.#box.height) : null; }
  get size() { return this.#box; }

  // Soon, once however often it is asked.
  paint() {
    this.#asked ||= requestAnimationFrame(() => {
      this.#asked = 0;
      if (this.#box.width) this.#owner.paint(...fitted(this.#canvas, this.#box));
    });
  }

  // Lets go of what is pulled, which is then where it was; false where nothing is.
  cancel() {
    if (!this.#pull) return false;
    if (this.#pull.go) this.#desk.drop();
    this.#pull = null;
    return true;
  }

  #down(event) {
    const { offsetX: x, offsetY: y } = event, view = this.view;
    this.#canvas.focus({ preventScroll: true });
    this.#pointers.set(event.pointerId, { x, y });
    if (this.#pointers.size > 1) { this.cancel(); this.#moved = true; return; }
    this.#canvas.setPointerCapture(event.pointerId);
    this.#moved = false;
    if (!view || event.button || this.#owner.wantsClick) return;
    const touch = event.pointerType === "touch", found = this.#at(view, x, y, touch);
    if (found) this.#pull = { name: this.#desk.objects[found.index].name, touch, start: { x, y }, go: null };
  }

  #at(view, x, y, touch) {
    const { box, chosen, objects } = this.#desk, grip = box && gripAt(view, box, x, y, touch ? TOUCH_REACH_PX : REACH_PX);
    if (grip) return { index: chosen, grip };
    const index = boxAt(view, objects, x, y);
    return index < 0 ? null : { index, grip: null };
  }

  #move(event) {
    const { offsetX: x, offsetY: y } = event, view = this.view, before = this.#pointers.get(event.pointerId);
    if (!view) return;
    if (!before) {
      const found = this.#owner.wantsClick ? null : this.#at(view, x, y, false);
      this.#canvas.style.cursor = this.#owner.wantsClick ? "crosshair" : !found ? "" : found.grip ? "pointer" : "move";
      const over = found?.grip ?? null;
      if (over?.point.join() !== this.over?.point.join()) { this.over = over; this.paint(); }
      return;
    }
    if (this.#pointers.size > 1) { this.#pinch(view, event, before); return; }
    const start = this.#pull?.start ?? (before.start ??= { x: before.x, y: before.y });
    if (!this.#moved && Math.hypot(x - start.x, y - start.y) < STILL_PX) return;
    this.#moved = true;
    if (this.#pull) {
      if (!this.#pull.go) {
        const found = this.#at(view, start.x, start.y, this.#pull.touch);
        if (!found || this.#desk.objects[found.index].name !== this.#pull.name) { this.#pull = null; return; } // changed elsewhere
        if (found.index !== this.#desk.chosen) this.#desk.choose(found.index);
        this.#pull.box = this.#desk.box;
        this.#pull.go = held(view, this.#desk.box, found.grip, start.x, start.y);
      } else if (this.#pull.name !== this.#desk.box?.name) { this.#pull = null; this.#desk.settle(); return; } // a key came between
      this.#desk.preview(this.#pull.go(x, y, event.altKey));
    } else this.#owner.drag(view, x - before.x, y - before.y, event.shiftKey || (event.buttons & 6) > 0);
    Object.assign(before, { x, y });
    this.paint();
  }

  #pinch(view, { pointerId, offsetX: x, offsetY: y }, before) {
    const [other] = [...this.#pointers].filter(([id]) => id !== pointerId).map(([, each]) => each);
    const was = Math.hypot(before.x - other.x, before.y - other.y), is = Math.hypot(x - other.x, y - other.y);
    if (was && is) this.#owner.zoom(view, is / was, (x + other.x) / 2, (y + other.y) / 2);
    this.#owner.drag(this.view, (x - before.x) / 2, (y - before.y) / 2, true);
    Object.assign(before, { x, y });
    this.paint();
  }

  #up(event) {
    const { offsetX: x, offsetY: y } = event, view = this.view, pull = this.#pull, alone = this.#pointers.size === 1;
    if (!this.#pointers.delete(event.pointerId)) return;
    this.#pull = null;
    if (pull?.go) {
      if (this.#desk.box !== pull.box) this.#desk.settle();
      else this.#desk.drop();
    } else if (view && alone && !this.#moved && !event.button) {
      if (this.#owner.wantsClick) this.#owner.click(view.ray(x, y));
      else this.#desk.choose(pull ? this.#desk.objects.findIndex(({ name }) => name === pull.name) : -1);
    }
  }
}
