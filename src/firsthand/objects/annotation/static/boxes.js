// Oriented boxes { name, category, middle, rotation, size }: `rotation` is three rows, its columns the box's own axes.

import { add, alongLine, dot, minus, times } from "/vectors.js";

const SIDES = [-1, 1];
const LEAST_EDGE_M = 0.01;

const SIGNS = SIDES.flatMap((x) => SIDES.flatMap((y) => SIDES.map((z) => [x, y, z])));
export const FACES = [0, 1, 2].flatMap((axis) => SIDES.map((side) => ({ axis, side })));

// Pairs of corners, each with the two faces that meet there.
export const EDGES = SIGNS.flatMap((sign, one) => [0, 1, 2].filter((axis) => sign[axis] < 0).map((axis) => ({
  one, other: one + [4, 2, 1][axis],
  faces: FACES.flatMap((face, n) => face.axis !== axis && face.side === sign[face.axis] ? [n] : []),
})));

export const axisOf = ({ rotation }, axis) => rotation.map((row) => row[axis]);
const within = (box, own) => [0, 1, 2].reduce((sum, axis) => add(sum, axisOf(box, axis), own[axis]), box.middle);

export const cornersOf = (box) => SIGNS.map((sign) => within(box, sign.map((each, n) => each * box.size[n] / 2)));
export const faceMiddle = (box, { axis, side }) => add(box.middle, axisOf(box, axis), side * box.size[axis] / 2);
export const faceCorners = (box, { axis, side }) => {
  const [one, other] = [0, 1, 2].filter((n) => n !== axis);
  return [[-1, -1], [-1, 1], [1, 1], [1, -1]].map(([a, b]) => {
    const own = [0, 0, 0];
    own[axis] = side * box.size[axis] / 2;
    own[one] = a * box.size[one] / 2;
    own[other] = b * box.size[other] / 2;
    return within(box, own);
  });
};

// Whether the eye sees a face from outside.
export const faces = (box, { axis, side }, eye) => side * dot(minus(eye, box.middle), axisOf(box, axis)) > box.size[axis] / 2;

// Which way, about the vertical, the box's front looks (its z, or its x where that is upright), in degrees.
export function turnOf(box) {
  const [x, , z] = front(box);
  return Math.atan2(x, z) * 180 / Math.PI;
}

function front(box) {
  const along = axisOf(box, 2);
  return Math.hypot(along[0], along[2]) > 1e-3 ? along : axisOf(box, 0);
}

export function turnedBy(box, degrees) {
  const angle = degrees * Math.PI / 180, c = Math.cos(angle), s = Math.sin(angle), [x, y, z] = box.rotation;
  return { ...box, rotation: [add(times(x, c), z, s), y, add(times(z, c), x, -s)] };
}

export const movedBy = (box, by) => ({ ...box, middle: add(box.middle, by) });

// With a face moved outwards by so much, the opposite one staying.
export function resized(box, { axis, side }, by) {
  const size = [...box.size], grown = Math.max(size[axis] + by, LEAST_EDGE_M) - size[axis];
  size[axis] += grown;
  return { ...box, size, middle: add(box.middle, axisOf(box, axis), side * grown / 2) };
}

// Upright, its front looking `degrees` about the vertical.
export const upright = (degrees) => turnedBy({ rotation: [[1, 0, 0], [0, 1, 0], [0, 0, 1]] }, degrees).rotation;

// How far along a ray it enters the box, 0 from within; null where it does not.
export function hit(ray, box) {
  const apart = minus(ray.from, box.middle);
  let enter = 0, leave = Infinity;
  for (const axis of [0, 1, 2]) {
    const along = axisOf(box, axis), place = dot(apart, along), speed = dot(ray.along, along), half = box.size[axis] / 2;
    if (Math.abs(speed) < 1e-12) {
      if (Math.abs(place) > half) return null;
      continue;
    }
    const [first, last] = [(-half - place) / speed, (half - place) / speed].sort((a, b) => a - b);
    enter = Math.max(enter, first);
    leave = Math.min(leave, last);
  }
  return enter <= leave ? enter : null;
}

// How far up a vertical line through a point a ray points; null where it runs along it.
export const heightAlong = (ray, point) => alongLine(ray, point, [0, 1, 0]);
