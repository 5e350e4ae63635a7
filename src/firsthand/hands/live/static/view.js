// Draws hands: bones in the colour of the hand, joints lighter where nearer.

import { said } from "/said.js";

export const COLOURS = { left: "rgb(64 156 255)", right: "rgb(255 140 60)" };
const EDGE = "rgb(20 20 20)";
const FARTHEST_GRAY = 40, NEAREST_GRAY = 255;

export function drawHands(pen, hands, bones) {
  for (const hand of hands) {
    const points = hand.keypoints.map(([x, y, z]) => ({ ...pen.spot(x + 0.5, y + 0.5), z }));
    drawHand(pen, points, COLOURS[hand.handedness], bones);
    const words = said(hand, pen.mirror);
    if (words) pen.name(points, words);
  }
}

function drawHand({ brush, dense }, points, colour, bones) {
  const spread = (values) => Math.max(...values) - Math.min(...values);
  const extent = Math.max(spread(points.map((p) => p.x)), spread(points.map((p) => p.y)));
  const thick = Math.max(1.5 * dense, extent / 55);
  brush.lineCap = "round";
  for (const [wide, shade] of [[thick * 1.9, EDGE], [thick, colour]]) {
    brush.lineWidth = wide;
    brush.strokeStyle = shade;
    brush.beginPath();
    for (const [from, to] of bones) {
      brush.moveTo(points[from].x, points[from].y);
      brush.lineTo(points[to].x, points[to].y);
    }
    brush.stroke();
  }
  const farthest = Math.max(...points.map((p) => p.z)), depth = spread(points.map((p) => p.z)) || 1;
  for (const point of [...points].sort((a, b) => b.z - a.z)) {
    const near = (farthest - point.z) / depth;
    const gray = Math.round(FARTHEST_GRAY + near * (NEAREST_GRAY - FARTHEST_GRAY));
    for (const [radius, shade] of [[thick * 1.55, EDGE], [thick * 1.15, `rgb(${gray} ${gray} ${gray})`]]) {
      brush.fillStyle = shade;
      brush.beginPath();
      brush.arc(point.x, point.y, radius, 0, 7);
      brush.fill();
    }
  }
}
