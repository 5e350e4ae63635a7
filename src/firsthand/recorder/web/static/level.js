// The waveform's levels of samples as they come: the root mean square of each 50 ms, in dB above -60.

const BARS_A_SECOND = 20, FLOOR_DB = 60, FULL = 32768;

export class Levels {
  levels = []; #rate; #squares = 0; #count = 0; #begun = 0; #next;

  constructor(rate_hz) {
    this.#rate = rate_hz;
    this.#next = Math.floor(rate_hz / BARS_A_SECOND);
  }

  add(samples) {
    for (const sample of samples) {
      this.#squares += sample * sample;
      this.#count += 1;
      if (this.#count === this.#next) this.#close();
    }
  }

  #close() {
    const mean = this.#squares / (this.#count - this.#begun), dB = mean ? 10 * Math.log10(mean / FULL ** 2) : -Infinity;
    this.levels.push(Math.round(255 * Math.min(1, Math.max(0, 1 + dB / FLOOR_DB))));
    this.#squares = 0;
    this.#begun = this.#count;
    this.#next = Math.floor((this.levels.length + 1) * this.#rate / BARS_A_SECOND);
  }
}
