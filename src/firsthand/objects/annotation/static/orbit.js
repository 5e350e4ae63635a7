// A camera that goes around a place of the world.

import { View } from "/view.js";
import { add, length, minus } from "/vectors.js";

const FOCAL = 1.1, STEEPEST = 1.55, NEAREST_M = 0.05, FARTHEST_M = 5000;

export class Orbit {
  target = [0, 0, 0]; distance = 4; yaw = 0.6; pitch = 0.7;

  get away() {
    const level = Math.cos(this.pitch);
    return [Math.sin(this.yaw) * level, -Math.sin(this.pitch), -Math.cos(this.yaw) * level];
  }

  get right() { return [Math.cos(this.yaw), 0, Math.sin(this.yaw)]; }

  view(width, height) {
    const away = this.away;
    return View.looking(add(this.target, away, -this.distance), this.right, away, FOCAL * Math.min(width, height), [width / 2, height / 2]);
  }

  turn(sideways, upwards) {
    this.yaw += sideways;
    this.pitch = Math.min(Math.max(this.pitch + upwards, -STEEPEST), STEEPEST);
  }

  // By a way over the canvas: what is around the target goes with the pointer.
  pan(view, dx, dy) {
    const metres = this.distance / view.focal[0], [right, down] = view.axes;
    this.target = add(add(this.target, right, -dx * metres), down, -dy * metres);
  }

  // So many times nearer, towards what is at a place of the canvas.
  zoom(view, times, x, y) {
    const before = this.distance;
    this.distance = Math.min(Math.max(before / times, NEAREST_M), FARTHEST_M);
    const metres = (before - this.distance) / view.focal[0], [right, down] = view.axes;
    this.target = add(add(this.target, right, (x - view.middle[0]) * metres), down, (y - view.middle[1]) * metres);
  }

  // Whether a point is well within a square canvas.
  #sees(point) { return this.view(1, 1).project(point)?.every((each) => each > 0.03 && each < 0.97) ?? false; }

  // All of these points in sight, but for the few that lie far off.
  fit(points) {
    const near = points.filter((point) => point.every((each) => Math.abs(each) < FARTHEST_M));
    if (!near.length) return;
    const spans = [0, 1, 2].map((axis) => {
      const sorted = near.map((each) => each[axis]).sort((a, b) => a - b), far = Math.floor(sorted.length / 50);
      return [sorted[far], sorted[sorted.length - 1 - far]];
    });
    this.target = spans.map(([low, high]) => (low + high) / 2);
    const ends = [0, 1, 2, 3, 4, 5, 6, 7].map((n) => spans.map((span, axis) => span[n >> axis & 1]));
    this.distance = Math.min(Math.max(length(minus(ends[7], this.target)), 0.3), FARTHEST_M);
    while (this.distance < FARTHEST_M && !ends.every((end) => this.#sees(end))) this.distance *= 1.05;
  }
}
