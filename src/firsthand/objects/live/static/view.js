// Draws boxes: twelve edges each, those farther away thinner, those of what is hidden in dashes.

// Of an edge along the box's x, y and z.
export const AXES = ["rgb(235 70 70)", "rgb(60 190 90)", "rgb(70 130 255)"];
const DARK = "rgb(20 20 20)", WHITE = "rgb(255 255 255)";
const FIRST = 0, TOP = [2, 3, 7, 6]; // corners in the order of geometry.boxes.SIGNS: x, y, z are bits 4, 2, 1

export const colourOf = ({ track }, { colors }) => `rgb(${colors[track % colors.length].join(" ")})`;

export function drawObjects(pen, objects, about) {
  const thick = Math.max(1.5 * pen.dense, Math.max(pen.width, pen.height) / 320);
  for (const each of objects) {
    const [middle, ...corners] = each.points.map(([x, y]) => pen.spot(x, y));
    drawBox(pen, each, corners, colourOf(each, about), thick, about.edges);
    drawDot(pen.brush, middle, thick * 1.6);
    const wide = pen.width, high = pen.height;
    const inside = corners.filter(({ x, y }) => x >= 0 && x <= wide && y >= 0 && y <= high);
    pen.name(inside.length ? inside : [middle], nameOf(each));
  }
}

export const nameOf = ({ category, track, seen }) => `${category} ${track}${seen ? "" : ", hidden"}`;

function drawBox({ brush, dense }, each, corners, colour, thick, edges) {
  const away = depths(each);
  brush.lineCap = "round";
  brush.lineJoin = "round";
  brush.fillStyle = colour.replace(")", " / .25)");
  brush.beginPath();
  for (const corner of TOP) brush.lineTo(corners[corner].x, corners[corner].y);
  brush.closePath();
  brush.fill();
  const sorted = [...edges].sort(([a, b], [c, d]) => away[c] + away[d] - away[a] - away[b]);
  for (const [one, other] of sorted) {
    const axis = one === FIRST ? AXES[{ 4: 0, 2: 1, 1: 2 }[other]] : null;
    const wide = (away[one] + away[other] < 2 * each.middle[2] ? thick : thick * 0.6) * (axis ? 1.5 : 1);
    brush.setLineDash(each.seen ? [] : [3 * thick, 4 * thick]);
    for (const [width, stroke] of [[wide + 2 * dense, axis ? WHITE : DARK], [wide, axis ?? colour]]) {
      brush.lineWidth = width;
      brush.strokeStyle = stroke;
      brush.beginPath();
      brush.moveTo(corners[one].x, corners[one].y);
      brush.lineTo(corners[other].x, corners[other].y);
      brush.stroke();
    }
  }
  brush.setLineDash([]);
}

// How far away each corner is.
function depths({ middle, rotation, size }) {
  return Array.from({ length: 8 }, (_, corner) => {
    const signs = [4, 2, 1].map((bit) => (corner & bit ? 0.5 : -0.5));
    return signs.reduce((depth, sign, axis) => depth + sign * size[axis] * rotation[2][axis], middle[2]);
  });
}

function drawDot(brush, { x, y }, radius) {
  brush.fillStyle = WHITE;
  brush.strokeStyle = DARK;
  brush.lineWidth = radius / 2;
  brush.beginPath();
  brush.arc(x, y, radius, 0, 7);
  brush.stroke();
  brush.fill();
}
