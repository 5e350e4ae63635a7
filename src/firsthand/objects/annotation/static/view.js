// What a pinhole camera sees: points to places on a canvas, and places to rays. Its axes are right, down, away.

import { add, axisOf, cross, dot, minus, placeOf, unit } from "/vectors.js";

export const NEAR_M = 0.01;

export class View {
  // `axes` are unit vectors of the world; `focal` and `middle` are in CSS pixels of the canvas.
  constructor(eye, axes, focal, middle) {
    Object.assign(this, { eye, axes, focal, middle });
  }

  // A frame's camera, whose picture is drawn `scale` times as large from `corner` on.
  static ofFrame({ pose, focal, middle }, scale, corner) {
    const sized = (pair, from) => pair.map((each, n) => each * scale + from[n]);
    return new View(placeOf(pose), [0, 1, 2].map((n) => axisOf(pose, n)), sized(focal, [0, 0]), sized(middle, corner));
  }

  // One that looks from `eye` along `away`, upright.
  static looking(eye, right, away, focal, middle) {
    return new View(eye, [right, cross(away, right), away], [focal, focal], middle);
  }

  // A point in the camera's own axes.
  own(point) {
    const apart = minus(point, this.eye);
    return this.axes.map((axis) => dot(apart, axis));
  }

  // Where on the canvas a point in the camera's own axes is.
  flat([x, y, z]) { return [this.middle[0] + this.focal[0] * x / z, this.middle[1] + this.focal[1] * y / z]; }

  // Where a point of the world is seen, or null where it is not before the camera.
  project(point) {
    const own = this.own(point);
    return own[2] < NEAR_M ? null : this.flat(own);
  }

  // What is before the camera of the line between two points, as two places; null for nothing.
  segment(one, other) {
    const ends = [this.own(one), this.own(other)], [a, b] = ends;
    if (a[2] < NEAR_M && b[2] < NEAR_M) return null;
    if (a[2] >= NEAR_M && b[2] >= NEAR_M) return ends.map((each) => this.flat(each));
    const cut = add(a, minus(b, a), (NEAR_M - a[2]) / (b[2] - a[2]));
    cut[2] = NEAR_M;
    return (a[2] < NEAR_M ? [cut, b] : [a, cut]).map((each) => this.flat(each));
  }

  // What is before the camera of a flat shape, as places in order; fewer than three for nothing.
  polygon(corners) {
    const own = corners.map((each) => this.own(each)), kept = [];
    own.forEach((here, n) => {
      const before = own[(n || own.length) - 1];
      if (here[2] < NEAR_M !== before[2] < NEAR_M) kept.push(add(before, minus(here, before), (NEAR_M - before[2]) / (here[2] - before[2])));
      if (here[2] >= NEAR_M) kept.push(here);
    });
    return kept.map((each) => this.flat(each));
  }

  // From the eye through a place of the canvas.
  ray(x, y) {
    const own = [(x - this.middle[0]) / this.focal[0], (y - this.middle[1]) / this.focal[1], 1], [right, down, away] = this.axes;
    return { from: this.eye, along: unit(add(add(add([0, 0, 0], right, own[0]), down, own[1]), away, own[2])) };
  }
}
