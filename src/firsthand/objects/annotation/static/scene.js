// The world of the session: its points, planes, the way of the camera, and the boxes.

import { drawCloud } from "/cloud.js";
import { drawBox, drawGrips, lines, shape } from "/drawing.js";
import { Orbit } from "/orbit.js";
import { boxColour, colours } from "/palette.js";
import { Pane } from "/pane.js";
import { planeOf } from "/planes.js";
import { mapped, placeOf } from "/vectors.js";

const TURN_PX = 0.006, MOST_CAMERAS = 48, MOST_STEPS = 4000, CAMERA_M = 0.12, FIT_SAMPLE = 2000;

export class Scene {
  wantsClick = false; planes; inside = -1; #frames; #points; #desk; #told; #pane; #orbit = new Orbit(); #number = 0; #way; #few;

  // Calls told.placed(ray) for a click that is wanted, and told.counted(points) of those within the chosen box.
  constructor(canvas, session, points, desk, told) {
    this.#frames = session.frames;
    this.#points = points;
    this.#desk = desk;
    this.#told = told;
    this.planes = session.planes.map(planeOf);
    const known = session.frames.filter(({ pose }) => pose), every = (most) => Math.max(1, Math.ceil(known.length / most));
    this.#way = wayOf(session.frames, Math.max(1, Math.ceil(session.frames.length / MOST_STEPS)));
    this.#few = known.filter((_, n) => n % every(MOST_CAMERAS) === 0);
    this.#pane = new Pane(canvas, desk, this);
    this.fit();
  }

  paint(...how) { if (how.length) this.#draw(...how); else this.#pane.paint(); }
  cancel() { return this.#pane.cancel(); }
  click(ray) { this.#told.placed(ray); }
  view(width, height) { return this.#orbit.view(width, height); }

  drag(view, dx, dy, panning) {
    if (panning) this.#orbit.pan(view, dx, dy);
    else this.#orbit.turn(-dx * TURN_PX, dy * TURN_PX);
  }

  zoom(view, times, x, y) { this.#orbit.zoom(view, times, x, y); }

  // As a key does it.
  turn(sideways, upwards) { this.#orbit.turn(sideways, upwards); this.paint(); }
  nearer(times) {
    const view = this.#pane.view;
    if (view) this.#orbit.zoom(view, times, ...view.middle);
    this.paint();
  }

  show(number) {
    this.#number = number;
    this.paint();
  }

  // Everything in sight; or what is around a box.
  fit(box = null) {
    const every = Math.max(3, 3 * Math.ceil(this.#points.length / 3 / FIT_SAMPLE)), sample = [];
    for (let n = 0; n < this.#points.length; n += every) sample.push([...this.#points.subarray(n, n + 3)]);
    if (box) { this.#orbit.target = box.middle; this.#orbit.distance = 3.2 * Math.max(...box.size); }
    else this.#orbit.fit([...sample, ...this.planes.flatMap(({ corners }) => corners), ...this.#few.map(({ pose }) => placeOf(pose))]);
    this.paint();
  }

  #draw(brush, width, height) {
    const view = this.view(width, height), { objects, chosen, box } = this.#desk, { soft, ink, card, accent, dark } = colours();
    const inside = drawCloud(brush, view, this.#points, this.#orbit.distance, soft, box, box && boxColour(chosen));
    if (inside !== this.inside) { this.inside = inside; this.#told.counted(inside); }
    for (const { corners } of this.planes) {
      if (!shape(brush, view, corners)) continue;
      brush.fillStyle = accent;
      brush.globalAlpha = dark ? 0.1 : 0.07;
      brush.fill();
      brush.globalAlpha = 0.5;
      brush.strokeStyle = accent;
      brush.lineWidth = 1;
      brush.stroke();
    }
    brush.globalAlpha = 1;
    brush.lineJoin = "round";
    brush.strokeStyle = soft;
    brush.lineWidth = 1.5;
    lines(brush, view, this.#way);
    brush.globalAlpha = 0.55;
    brush.lineWidth = 1;
    for (const frame of this.#few) lines(brush, view, frustum(frame, CAMERA_M));
    brush.globalAlpha = 1;
    const frame = this.#frames[this.#number];
    if (frame?.pose) {
      brush.strokeStyle = ink;
      brush.lineWidth = 2;
      lines(brush, view, frustum(frame, 2 * CAMERA_M));
    }
    objects.forEach((each, n) => { if (n !== chosen) drawBox(brush, view, each, { colour: boxColour(n) }); });
    if (!box) return;
    drawBox(brush, view, box, { colour: boxColour(chosen), chosen: true });
    if (!this.wantsClick) drawGrips(brush, view, box, { colour: boxColour(chosen), rim: card, over: this.#pane.over });
  }
}

// From each of every few frames to the next, but not over those whose place nobody knows.
function wayOf(frames, every) {
  const steps = [];
  let before = null;
  frames.forEach(({ pose }, n) => {
    if (!pose) { before = null; return; }
    const here = placeOf(pose);
    if (before && n % every) return;
    if (before) steps.push([before, here]);
    before = here;
  });
  return steps;
}

// The pyramid of what a camera sees, so many metres deep; its upper side has a peak.
function frustum({ pose, width, height, focal, middle }, deep) {
  const ray = (x, y) => mapped(pose, [(x - middle[0]) / focal[0] * deep, (y - middle[1]) / focal[1] * deep, deep]);
  const corners = [ray(0, 0), ray(width, 0), ray(width, height), ray(0, height)], eye = placeOf(pose), peak = ray(width / 2, -height / 4);
  return [...corners.map((corner, n) => [corner, corners[(n + 1) % 4]]), ...corners.map((corner) => [eye, corner]), [corners[0], peak], [peak, corners[1]]];
}
