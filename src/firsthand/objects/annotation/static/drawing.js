// Boxes, grips, planes and cameras as lines on a canvas, cut where they go behind the eye.

import { EDGES, FACES, cornersOf, faceCorners, faces } from "/boxes.js";
import { gripsOf } from "/grips.js";

export function lines(brush, view, pairs) {
  brush.beginPath();
  for (const [one, other] of pairs) {
    const seen = view.segment(one, other);
    if (!seen) continue;
    brush.moveTo(...seen[0]);
    brush.lineTo(...seen[1]);
  }
  brush.stroke();
}

export function shape(brush, view, corners) {
  const seen = view.polygon(corners);
  brush.beginPath();
  if (seen.length < 3) return false;
  seen.forEach((place, n) => brush[n ? "lineTo" : "moveTo"](...place));
  brush.closePath();
  return true;
}

// Its edges, those behind it faint; its front filled. `halo` is drawn beneath, so that it is seen on any picture.
export function drawBox(brush, view, box, { colour, chosen, halo }) {
  const corners = cornersOf(box), open = FACES.map((face) => faces(box, face, view.eye)), inside = !open.some(Boolean);
  const split = [[], []];
  for (const { one, other, faces: two } of EDGES) split[inside || two.some((n) => open[n]) ? 1 : 0].push([corners[one], corners[other]]);
  brush.save();
  brush.lineCap = "round";
  if (shape(brush, view, faceCorners(box, { axis: 2, side: 1 }))) {
    brush.fillStyle = colour;
    brush.globalAlpha = chosen ? 0.22 : 0.1;
    brush.fill();
  }
  brush.strokeStyle = colour;
  brush.globalAlpha = chosen ? 0.75 : 0.5;
  brush.lineWidth = 1.2;
  brush.setLineDash([4, 5]);
  lines(brush, view, split[0]);
  brush.setLineDash([]);
  brush.globalAlpha = 1;
  if (halo) {
    brush.strokeStyle = halo;
    brush.lineWidth = chosen ? 5 : 3.6;
    lines(brush, view, split[1]);
  }
  brush.strokeStyle = colour;
  brush.lineWidth = chosen ? 2.6 : 1.6;
  lines(brush, view, split[1]);
  brush.restore();
}

export function drawGrips(brush, view, box, { colour, rim, over }) {
  brush.save();
  brush.strokeStyle = colour;
  for (const { face, root, point } of gripsOf(box)) {
    const seen = view.project(point), hidden = face && !faces(box, face, view.eye);
    if (!seen) continue;
    if (root) {
      brush.lineWidth = 2;
      lines(brush, view, [[root, point]]);
    }
    brush.globalAlpha = hidden ? 0.45 : 1;
    brush.beginPath();
    brush.arc(...seen, (over?.point.join() === point.join() ? 8 : 6) - (hidden ? 1.5 : 0), 0, 2 * Math.PI);
    brush.fillStyle = face ? rim : colour;
    brush.fill();
    brush.lineWidth = 2.5;
    brush.stroke();
  }
  brush.restore();
}
