// Many points, put on a canvas one by one.

import { axisOf } from "/boxes.js";
import { dot } from "/vectors.js";
import { NEAR_M } from "/view.js";

// Draws points, three numbers each, as small squares; the farther from `near` metres the fainter. Those within `box`,
// if there is one, have the second colour. Everything that was on the canvas goes. Returns how many are in the box.
export function drawCloud(brush, view, points, near, colour, box, boxColour) {
  const { width, height } = brush.canvas, dense = brush.getTransform().a, side = Math.max(2, Math.round(1.5 * dense));
  const image = brush.createImageData(width, height), pixels = new Uint32Array(image.data.buffer);
  const [right, down, away] = view.axes, [ex, ey, ez] = view.eye, plain = packed(colour), marked = packed(boxColour ?? colour);
  const fx = view.focal[0] * dense, fy = view.focal[1] * dense, mx = view.middle[0] * dense, my = view.middle[1] * dense;
  const own = box && [0, 1, 2].map((axis) => {
    const along = axisOf(box, axis);
    return [...along, dot(along, box.middle), box.size[axis] / 2];
  });
  let inside = 0;
  for (let n = 0; n < points.length; n += 3) {
    const px = points[n], py = points[n + 1], pz = points[n + 2], x = px - ex, y = py - ey, z = pz - ez;
    const mine = own && own.every(([ax, ay, az, middle, half]) => Math.abs(ax * px + ay * py + az * pz - middle) <= half);
    if (mine) inside += 1;
    const depth = x * away[0] + y * away[1] + z * away[2];
    if (depth < NEAR_M) continue;
    const col = Math.round(mx + fx * (x * right[0] + y * right[1] + z * right[2]) / depth);
    const row = Math.round(my + fy * (x * down[0] + y * down[1] + z * down[2]) / depth);
    if (col < 0 || row < 0 || col + side > width || row + side > height) continue;
    const faint = mine ? 255 : Math.round(Math.min(230, Math.max(70, 230 * near / depth))), value = (faint << 24 | (mine ? marked : plain)) >>> 0;
    for (let line = 0; line < side; line += 1) pixels.fill(value, (row + line) * width + col, (row + line) * width + col + side);
  }
  brush.putImageData(image, 0, 0);
  return inside;
}

// A colour #rrggbb or #rgb as a pixel's lower three octets.
function packed(colour) {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((each) => each + each).join("") : colour.slice(1);
  const number = parseInt(digits, 16);
  return (number & 255) << 16 | number & 0xff00 | number >> 16;
}
