// Shows a picture, and what a system draws of what is in it.

export class View {
  #canvas; #stage; #brush; #draws; #mirror = false; #last = null;

  // `draws(pen, result)` draws a result over its picture.
  constructor(canvas, stage, draws) {
    this.#canvas = canvas;
    this.#stage = stage;
    this.#draws = draws;
    this.#brush = canvas.getContext("2d");
    new ResizeObserver(() => this.#draw()).observe(stage);
  }

  get mirror() { return this.#mirror; }

  set mirror(on) { this.#mirror = on; this.#draw(); }

  // `image` is anything a canvas draws, kept until the next; `result` has a size.
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
    this.#draws(new Pen(brush, width, height, dense, this.#mirror, result.size), result);
  }
}

// Draws on the canvas, `width` x `height` of its pixels, `dense` of them to one of CSS.
class Pen {
  #across; #down;

  constructor(brush, width, height, dense, mirror, size) {
    Object.assign(this, { brush, width, height, dense, mirror });
    this.#across = width / size[0];
    this.#down = height / size[1];
  }

  // Where a point is on the canvas, given in the picture's pixels from its upper left corner.
  spot(x, y) {
    const across = x * this.#across;
    return { x: this.mirror ? this.width - across : across, y: y * this.#down };
  }

  // Words above what lies at these spots, or below where there is no room.
  name(spots, words) {
    const { brush, dense, width, height } = this, size = Math.round(15 * dense);
    brush.font = `600 ${size}px system-ui, sans-serif`;
    const wide = brush.measureText(words).width + 1.3 * size, high = 1.9 * size, keep = 6 * dense;
    const xs = spots.map((p) => p.x), ys = spots.map((p) => p.y);
    const middle = (Math.min(...xs) + Math.max(...xs)) / 2;
    const x = Math.min(Math.max(middle - wide / 2, keep), Math.max(width - wide - keep, keep));
    const above = Math.min(...ys) - high - 1.2 * size, below = Math.max(...ys) + 1.2 * size;
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
