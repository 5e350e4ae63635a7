// Samples that the server has not said to have: none is let go before.

const INDEX_BYTES = 8, SAMPLE_BYTES = 2;

export class Backlog {
  #pieces = []; #first = 0; #total = 0;

  get total() { return this.#total; }
  get length() { return this.#total - this.#first; }
  get first() { return this.#first; }

  add(samples) {
    this.#pieces.push(samples);
    this.#total += samples.length;
  }

  // Lets go of what is before sample `have`.
  release(have) {
    while (this.#first < have && this.#pieces.length) {
      const [piece] = this.#pieces, count = Math.min(piece.length, have - this.#first);
      if (count === piece.length) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(count);
      this.#first += count;
    }
  }

  // All that is left, in one piece.
  rest() {
    const all = new Int16Array(this.#total - this.#first);
    let at = 0;
    for (const piece of this.#pieces) { all.set(piece, at); at += piece.length; }
    return all;
  }

  // Samples `from` to at most `from + most` as the server takes them, their index counted from `origin`.
  message(from, most, origin) {
    const count = Math.min(most, this.#total - from), octets = new ArrayBuffer(INDEX_BYTES + count * SAMPLE_BYTES);
    new DataView(octets).setFloat64(0, from - origin, true);
    const out = new DataView(octets, INDEX_BYTES);
    let start = this.#first, at = 0;
    for (const piece of this.#pieces) {
      const end = start + piece.length;
      for (let sample = Math.max(from, start); sample < end && at < count; sample += 1) out.setInt16(SAMPLE_BYTES * at++, piece[sample - start], true);
      if (at === count) break;
      start = end;
    }
    return octets;
  }
}
