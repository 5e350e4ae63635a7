// Draws a picture with its hands: bones in the colour of the hand, joints lighter where nearer.

import { said } from "/said.js";

const COLOURS = { left: "rgb(64 156 255)", right: "rgb(255 140 60)" };
const EDGE = "rgb(20 20 20)";
const FARTHEST_GRAY = 40, NEAREST_GRAY = 255;

export class View {
  #canvas; #stage; #brush; #bones = []; #mirror = false; #last = null;

  constructor(canvas, stage) {
    this.#canvas = canvas;
    this.#stage = stage;
    this.#brush = canvas.getContext("2d");
    new ResizeObserver(() => this.#draw()).observe(stage);
  }

  set bones(pairs) { this.#bones = pairs; }
  get mirror() { return this.#mirror; }

  set mirror(on) { this.#mirror = on; this.#draw(); }

  // `image` is anything a canvas draws, kept until the next; `result` has size and hands.
  show(image, result) {
    this.#last?.image.close?.();
    this.#last = { image, result };
    const [width, height] = result.size;
    this.#stage.style.setProperty("--shape", (width / height).toFixed(4));
    this.#stage.classList.add("showing");
    this.#canvas.hidden = false;
    this.#draw();
  }

  clear() {
    this.#last?.image.close?.();
    this.#last = null;
    this.#canvas.hidden = true;
    this.#stage.classList.remove("showing");
    this.#stage.style.removeProperty("--shape");
  }

  #draw() {
    if (!this.#last) return;
    const { image, result } = this.#last;
    const dense = devicePixelRatio || 1, brush = this.#brush;
    const width = Math.max(1, Math.round(this.#canvas.clientWidth * dense));
    const height = Math.max(1, Math.round(this.#canvas.clientHeight * dense));
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    brush.setTransform(this.#mirror ? -1 : 1, 0, 0, 1, this.#mirror ? width : 0, 0);
    brush.drawImage(image, 0, 0, width, height);
    brush.setTransform(1, 0, 0, 1, 0, 0);
    const scale_x = width / result.size[0], scale_y = height / result.size[1];
    for (const hand of result.hands) {
      const points = hand.keypoints.map(([x, y, z]) => {
        const across = (x + 0.5) * scale_x;
        return { x: this.#mirror ? width - across : across, y: (y + 0.5) * scale_y, z };
      });
      this.#drawHand(points, COLOURS[hand.handedness], dense);
      this.#drawName(points, hand, dense, width, height);
    }
  }

  #drawHand(points, colour, dense) {
    const brush = this.#brush;
    const spread = (values) => Math.max(...values) - Math.min(...values);
    const extent = Math.max(spread(points.map((p) => p.x)), spread(points.map((p) => p.y)));
    const thick = Math.max(1.5 * dense, extent / 55);
    brush.lineCap = "round";
    for (const [wide, shade] of [[thick * 1.9, EDGE], [thick, colour]]) {
      brush.lineWidth = wide;
      brush.strokeStyle = shade;
      brush.beginPath();
      for (const [from, to] of this.#bones) {
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

  #drawName(points, hand, dense, width, height) {
    const words = said(hand, this.#mirror);
    if (!words) return;
    const brush = this.#brush, size = Math.round(15 * dense);
    brush.font = `600 ${size}px system-ui, sans-serif`;
    const wide = brush.measureText(words).width + 1.3 * size, high = 1.9 * size, keep = 6 * dense;
    const middle = (Math.min(...points.map((p) => p.x)) + Math.max(...points.map((p) => p.x))) / 2;
    const x = Math.min(Math.max(middle - wide / 2, keep), Math.max(width - wide - keep, keep));
    const above = Math.min(...points.map((p) => p.y)) - high - 1.2 * size;
    const below = Math.max(...points.map((p) => p.y)) + 1.2 * size;
    const lowest = Math.max(height - high - keep, keep);
    const y = Math.min(above >= keep || below > lowest ? Math.max(above, keep) : below, lowest);
    brush.fillStyle = "rgb(20 20 20 / .82)";
    brush.beginPath();
    brush.roundRect(x, y, wide, high, high / 2);
    brush.fill();
    brush.fillStyle = "#fff";
    brush.textAlign = "center";
    brush.textBaseline = "middle";
    brush.fillText(words, x + wide / 2, y + high / 2 + dense);
  }
}
