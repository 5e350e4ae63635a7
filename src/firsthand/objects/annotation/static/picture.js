// The frame at hand with all boxes as its camera sees them; what lies under a place can be looked at more closely.

import * as api from "/api.js";
import { drawBox, drawGrips } from "/drawing.js";
import { boxColour } from "/palette.js";
import { Pane } from "/pane.js";
import { View } from "/view.js";

const KEPT = 24, AHEAD = 2, NEAREST = 16, HALO = "#0009";

export class Picture {
  wantsClick = false; #frames; #desk; #told; #pane; #number = -1; #pictures = new Map(); #loading = null; #shown = null; #zoom = 1; #from = [0, 0];

  // Calls told.placed(ray) for a click that is wanted, told.picture(number, problem) when a picture is here or cannot be.
  constructor(canvas, frames, desk, told) {
    this.#frames = frames;
    this.#desk = desk;
    this.#told = told;
    this.#pane = new Pane(canvas, desk, this);
  }

  get #frame() { return this.#frames[this.#number] ?? null; }
  paint(...how) { if (how.length) this.#draw(...how); else this.#pane.paint(); }
  cancel() { return this.#pane.cancel(); }
  click(ray) { this.#told.placed(ray); }
  // Through the middle of what is seen, for who has no pointer; null where nothing can be put down.
  get middle() { return this.#pane.view?.ray(this.#pane.size.width / 2, this.#pane.size.height / 2) ?? null; }

  show(number) {
    this.#number = number;
    this.#fetch();
    this.#pane.paint();
  }

  whole() {
    this.#zoom = 1;
    this.#pane.paint();
  }

  #place(width, height) {
    const frame = this.#frame, least = Math.min(width / frame.width, height / frame.height), scale = least * this.#zoom;
    const room = [width - frame.width * scale, height - frame.height * scale];
    this.#from = this.#from.map((from, n) => this.#zoom === 1 || room[n] > 0 ? room[n] / 2 : Math.min(0, Math.max(from, room[n])));
    return { scale, corner: this.#from };
  }

  view(width, height) {
    if (!this.#frame?.pose) return null;
    const { scale, corner } = this.#place(width, height);
    return View.ofFrame(this.#frame, scale, corner);
  }

  drag(_view, dx, dy) { this.#from = [this.#from[0] + dx, this.#from[1] + dy]; }

  zoom(_view, times, x, y) {
    const before = this.#zoom;
    this.#zoom = Math.min(Math.max(before * times, 1), NEAREST);
    const grown = this.#zoom / before;
    this.#from = [x - (x - this.#from[0]) * grown, y - (y - this.#from[1]) * grown];
  }

  #draw(brush, width, height) {
    const frame = this.#frame;
    if (!frame) return;
    const { scale, corner } = this.#place(width, height);
    if (this.#shown?.number === this.#number) {
      brush.imageSmoothingEnabled = scale < 3;
      brush.imageSmoothingQuality = "high";
      brush.drawImage(this.#shown.image, ...corner, frame.width * scale, frame.height * scale);
    }
    const view = this.view(width, height), { objects, chosen, box } = this.#desk;
    if (!view) return;
    brush.save();
    brush.beginPath();
    brush.rect(...corner, frame.width * scale, frame.height * scale);
    brush.clip();
    objects.forEach((each, n) => { if (n !== chosen) drawBox(brush, view, each, { colour: boxColour(n), halo: HALO }); });
    if (box) drawBox(brush, view, box, { colour: boxColour(chosen), chosen: true, halo: HALO });
    brush.restore();
    if (box && !this.wantsClick) drawGrips(brush, view, box, { colour: boxColour(chosen), rim: "#fff", over: this.#pane.over });
  }

  // The picture at hand first, then those around it; what is passed by is not waited for.
  async #fetch() {
    const number = this.#number;
    this.#loading?.abort();
    const { signal } = this.#loading = new AbortController();
    const around = [number, ...Array.from({ length: AHEAD }, (_, n) => [number + n + 1, number - n - 1]).flat()];
    for (const each of around) {
      if (!this.#frames[each]) continue;
      let found = this.#pictures.get(each);
      if (!found) {
        try {
          found = { number: each, image: await api.picture(each, signal) };
        } catch (error) {
          if (signal.aborted) return;
          if (each === number) { this.#told.picture(number, error.message || "It cannot be shown."); continue; }
          continue;
        }
        if (signal.aborted) { found.image.close(); return; }
      }
      this.#pictures.delete(each);
      this.#pictures.set(each, found);
      if (each === number) {
        this.#shown = found;
        this.#told.picture(number, "");
        this.#pane.paint();
      }
    }
    for (const [each, { image }] of this.#pictures) {
      if (this.#pictures.size <= KEPT) break;
      if (each === this.#shown?.number) continue;
      image.close();
      this.#pictures.delete(each);
    }
  }
}
