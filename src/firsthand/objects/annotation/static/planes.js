// Flat pieces of the world, and boxes put down on them.

import { upright } from "/boxes.js";
import { add, at, axisOf, dot, mapped, minus, placeOf, toPlane } from "/vectors.js";

const LEVEL = 0.7;
const GROUND = { name: "y = 0", normal: [0, 1, 0], place: [0, 0, 0], pose: null, outline: [] };

// A plane as a session has it, with its corners in the world.
export function planeOf({ name, pose, outline }) {
  return { name, pose, outline, normal: axisOf(pose, 1), place: placeOf(pose), corners: outline.map(([x, z]) => mapped(pose, [x, 0, z])) };
}

// The nearest plane that a ray meets within its outline, { plane, point }; null for none. Where a session knows no
// plane, it is the world's y = 0.
export function met(ray, planes) {
  let found = null;
  for (const plane of planes.length ? planes : [GROUND]) {
    const far = toPlane(ray, plane.place, plane.normal);
    if (far === null || (found && far >= found.far)) continue;
    const point = at(ray, far);
    if (!plane.pose || inside(own(plane, point), plane.outline)) found = { far, plane, point };
  }
  return found;
}

function own({ pose, place }, point) {
  const apart = minus(point, place);
  return [dot(apart, axisOf(pose, 0)), dot(apart, axisOf(pose, 2))];
}

function inside([x, y], outline) {
  let odd = false;
  outline.forEach(([ax, ay], n) => {
    const [bx, by] = outline[(n || outline.length) - 1];
    if (ay > y !== by > y && x < ax + (y - ay) / (by - ay) * (bx - ax)) odd = !odd;
  });
  return odd;
}

// Where a box of this size is when it is put on a plane at a point, upright: on what is level it stands and looks at
// the eye; on what is not, its back is against it.
export function putDown({ plane: { normal }, point }, size, eye) {
  const towards = minus(eye, point), side = Math.sign(dot(normal, towards)) || 1;
  if (Math.abs(normal[1]) >= LEVEL) {
    return { middle: add(point, [0, size[1] / 2, 0]), rotation: upright(degrees(towards)), size: [...size] };
  }
  return { middle: add(point, normal, side * size[2] / 2), rotation: upright(degrees(normal.map((each) => side * each))), size: [...size] };
}

const degrees = ([x, , z]) => Math.atan2(x, z) * 180 / Math.PI;
