// Long work in short slices, so that the page stays answerable.

const SLICE_MS = 12;

// Lets the browser do what else is waiting.
export const breathe = () => new Promise((done) => { setTimeout(done); });

export class Slices {
  #until = performance.now() + SLICE_MS;

  get due() { return performance.now() > this.#until; }

  async rest() {
    await breathe();
    this.#until = performance.now() + SLICE_MS;
  }
}
