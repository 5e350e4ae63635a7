// What a box is held by: a grip on each face to resize it, one before its front to turn it, all of it to move it.

import { FACES, axisOf, faceMiddle, faces, heightAlong, hit, movedBy, resized, turnedBy } from "/boxes.js";
import { add, alongLine, at, minus, toPlane } from "/vectors.js";

const UP = [0, 1, 0], FARTHER = 4, REACH_M = 0.12;

// { point, root, face } of each grip; the one without a face turns the box.
export function gripsOf(box) {
  const bottom = { axis: 1, side: axisOf(box, 1)[1] > 0 ? -1 : 1 };
  const root = add(faceMiddle(box, { axis: 2, side: 1 }), minus(faceMiddle(box, bottom), box.middle));
  const point = add(root, axisOf(box, 2), Math.max(REACH_M, 0.35 * Math.max(...box.size)));
  return [...FACES.map((face) => ({ face, point: faceMiddle(box, face) })), { face: null, root, point }];
}

// The grip at a place of the canvas, within `reach` pixels; of several the nearest, and those in sight first.
export function gripAt(view, box, x, y, reach) {
  let found = null, least = reach;
  for (const grip of gripsOf(box)) {
    const seen = view.project(grip.point);
    if (!seen) continue;
    const hidden = grip.face && !faces(box, grip.face, view.eye);
    const apart = Math.hypot(seen[0] - x, seen[1] - y) + (hidden ? reach / 2 : 0);
    if (apart < least) { found = grip; least = apart; }
  }
  return found;
}

// The first of boxes at a place of the canvas: its index, -1 for none.
export function boxAt(view, boxes, x, y) {
  const ray = view.ray(x, y);
  let found = -1, least = Infinity;
  boxes.forEach((box, n) => {
    const far = hit(ray, box);
    if (far !== null && far < least) { found = n; least = far; }
  });
  return found;
}

// What becomes of a box as a grip, or null for all of it, is pulled from a place: pull(x, y, lifting) is the box then.
export function held(view, box, grip, x, y) {
  const ray = view.ray(x, y);
  if (!grip) return moving(view, box, ray);
  if (!grip.face) return turning(view, box, grip, ray);
  const outwards = axisOf(box, grip.face.axis).map((each) => each * grip.face.side), from = alongLine(ray, grip.point, outwards) ?? 0;
  return (px, py) => {
    const to = alongLine(view.ray(px, py), grip.point, outwards);
    return to === null ? box : resized(box, grip.face, to - from);
  };
}

function moving(view, box, ray) {
  const far = Math.max(hit(ray, box) ?? 0, 0.05), start = at(ray, far), from = heightAlong(ray, start) ?? 0;
  return (x, y, lifting) => {
    const now = view.ray(x, y);
    if (lifting) {
      const to = heightAlong(now, start);
      return to === null ? box : movedBy(box, [0, to - from, 0]);
    }
    const there = toPlane(now, start, UP);
    return there === null || there > FARTHER * far + 1 ? box : movedBy(box, minus(at(now, there), start));
  };
}

function turning(view, box, grip, ray) {
  const around = (one) => {
    const far = toPlane(one, grip.point, UP);
    if (far === null) return null;
    const [x, , z] = minus(at(one, far), box.middle);
    return Math.atan2(x, z) * 180 / Math.PI;
  };
  const from = around(ray);
  return (x, y) => {
    const to = around(view.ray(x, y));
    return from === null || to === null ? box : turnedBy(box, to - from);
  };
}
