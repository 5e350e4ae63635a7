// Many points, put on a canvas one by one.

import { axisOf } from "/boxes.js";
import { NEAR_M } from "/view.js";

// Draws points, three numbers each, as small squares; the farther from `near` metres the fainter. Those within `box`,
// if there is one, have the second colour. Everything that was on the canvas goes. Returns how many are in the box.
export function drawCloud(brush, view, points, near, colour, box, boxColour) {
  const { width, height } = brush.canvas, dense = brush.getTransform().a, side = Math.max(2, Math.round(1.5 * dense));
  const image = brush.createImageData(width, height), pixels = new Uint32Array(image.data.buffer);
  const [right, down, away] = view.axes, [ex, ey, ez] = view.eye, plain = packed(colour), marked = packed(boxColour ?? colour);
  const fx = view.focal[0] * dense, fy = view.focal[1] * dense, mx = view.middle[0] * dense, my = view.middle[1] * dense;
  const within = box ? insideOf(box) : () => false;
  let inside = 0;
  for (let n = 0; n < points.length; n += 3) {
    const px = points[n], py = points[n + 1], pz = points[n + 2], x = px - ex, y = py - ey, z = pz - ez, mine = within(px, py, pz);
    if (mine) inside += 1;
    const depth = x * away[0] + y * away[1] + z * away[2];
    if (depth < NEAR_M) continue;
    const col = Math.round(mx + fx * (x * right[0] + y * right[1] + z * right[2]) / depth);
    const row = Math.round(my + fy * (x * down[0] + y * down[1] + z * down[2]) / depth);
    if (col < 0 || row < 0 || col + side > width || row + side > height) continue;
    const faint = mine ? 255 : Math.min(230, Math.max(70, 230 * near / depth)), value = (faint << 24 | (mine ? marked : plain)) >>> 0;
    for (let line = row * width + col, last = line + side * width; line < last; line += width) {
      for (let at = line; at < line + side; at += 1) pixels[at] = value;
    }
  }
  brush.putImageData(image, 0, 0);
  return inside;
}

// Says of a point whether it is in the box; made for many.
function insideOf(box) {
  const [[ax, ay, az], [bx, by, bz], [cx, cy, cz]] = [0, 1, 2].map((axis) => axisOf(box, axis));
  const [mx, my, mz] = box.middle, [a, b, c] = box.size.map((each) => each / 2);
  return (px, py, pz) => {
    const x = px - mx, y = py - my, z = pz - mz;
    return Math.abs(ax * x + ay * y + az * z) <= a && Math.abs(bx * x + by * y + bz * z) <= b && Math.abs(cx * x + cy * y + cz * z) <= c;
  };
}

// A colour #rrggbb or #rgb as a pixel's lower three octets.
function packed(colour) {
  const digits = colour.length === 4 ? [...colour.slice(1)].map((each) => each + each).join("") : colour.slice(1);
  const number = parseInt(digits, 16);
  return (number & 255) << 16 | number & 0xff00 | number >> 16;
}
