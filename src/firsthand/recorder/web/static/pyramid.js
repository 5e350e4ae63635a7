// Bars in ever coarser floors: the loudest level, the most frequent colour, and which colours occur.

import { Slices } from "/slices.js";

const STEP = 16, FEWEST = 100, NOTHING = 255, PIECE = 20000;

// The bit of a colour; those past the 31st share the last.
export const bitOf = (colour) => colour === NOTHING ? 0 : 1 << Math.min(colour, 31);

export class Pyramid {
  #floors; #votes = new Uint16Array(256); #voters = new Uint8Array(64);

  // `counts[colour]` tells of how many bars that is the colour, the 256th of how many none.
  constructor(bars, floors, counts) {
    this.bar_ms = bars.bar_ms;
    this.classes = bars.classes;
    this.length = bars.levels.length;
    this.counts = counts;
    this.#floors = floors;
  }

  static async build(bars) {
    const slices = new Slices(), floors = [{ each: 1, levels: bars.levels, colours: bars.colours, masks: null }];
    const counts = new Uint32Array(256);
    await slices.rest();
    for (let from = 0; from < bars.colours.length; from += PIECE) {
      const end = Math.min(from + PIECE, bars.colours.length);
      for (let at = from; at < end; at += 1) counts[bars.colours[at]] += 1;
      if (slices.due) await slices.rest();
    }
    for (let each = STEP; bars.levels.length / each > FEWEST; each *= STEP) floors.push(await floor(bars, each, floors.at(-1), slices));
    return new Pyramid(bars, floors, counts);
  }

  // Bars `first` to `end` as one: level | colour << 8. Of colours in the mask `wanted`, one suffices.
  column(first, end, wanted) {
    const floors = this.#floors;
    let place = 0;
    while (place + 1 < floors.length && floors[place + 1].each <= end - first) place += 1;
    const { each, levels, colours, masks } = floors[place];
    const from = Math.max(0, Math.floor(first / each)), to = Math.min(levels.length, Math.max(from + 1, Math.floor(end / each)));
    let level = 0, colour = NOTHING, most = 0, voters = 0, seen = 0;
    for (let at = from; at < to; at += 1) {
      const mine = colours[at];
      if (levels[at] > level) level = levels[at];
      seen |= masks ? masks[at] : bitOf(mine);
      const votes = ++this.#votes[mine];
      if (votes === 1 && voters < 64) this.#voters[voters++] = mine;
      if (votes > most) { most = votes; colour = mine; }
    }
    while (voters) this.#votes[this.#voters[--voters]] = 0;
    if (wanted && !(bitOf(colour) & wanted) && seen & wanted) colour = 31 - Math.clz32(seen & wanted & -(seen & wanted));
    return level | colour << 8;
  }
}

async function floor(bars, each, below, slices) {
  const length = Math.ceil(bars.levels.length / each);
  const levels = new Uint8Array(length), colours = new Uint8Array(length), masks = new Uint32Array(length);
  const votes = new Uint16Array(256);
  for (let at = 0; at < length; at += 1) {
    const end = Math.min((at + 1) * each, bars.colours.length), last = Math.min((at + 1) * STEP, below.levels.length);
    let most = 0, colour = NOTHING;
    for (let bar = at * each; bar < end; bar += 1) {
      const mine = bars.colours[bar];
      if (++votes[mine] > most) { most = votes[mine]; colour = mine; }
    }
    for (let bar = at * each; bar < end; bar += 1) votes[bars.colours[bar]] = 0;
    for (let child = at * STEP; child < last; child += 1) {
      if (below.levels[child] > levels[at]) levels[at] = below.levels[child];
      masks[at] |= below.masks ? below.masks[child] : bitOf(below.colours[child]);
    }
    colours[at] = colour;
    if (at % 16 === 0 && slices.due) await slices.rest();
  }
  return { each, levels, colours, masks };
}
