// Columns of a waveform on a canvas, all of one colour at once.

const NOTHING = 255, LOWEST_PX = 1.5;

export class Columns {
  #by = new Map();

  // `x` is the left edge; a level is 0..255.
  add(colour, x, level) {
    let mine = this.#by.get(colour);
    if (!mine) this.#by.set(colour, mine = []);
    mine.push(x, level);
  }

  // Around the line `middle`, at most `half` up and down; paints(colour) is [colour, opacity].
  draw(brush, wide, middle, half, paints) {
    for (const [colour, mine] of this.#by) {
      const [paint, opacity] = paints(colour), round = wide >= 2;
      brush.fillStyle = paint;
      brush.globalAlpha = opacity;
      if (round) brush.beginPath();
      for (let at = 0; at < mine.length; at += 2) {
        const loud = mine[at + 1] / 255, high = Math.max(LOWEST_PX, loud ** 1.7 * half);
        if (round) brush.roundRect(mine[at], middle - high, wide, 2 * high, Math.min(wide / 2, high, 2));
        else brush.fillRect(mine[at], middle - high, wide, 2 * high);
      }
      if (round) brush.fill();
    }
    brush.globalAlpha = 1;
  }
}

export { NOTHING };
