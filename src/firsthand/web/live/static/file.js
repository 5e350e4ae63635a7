// A clip or a photograph, decoded and looked at by the server, played here at the clip's own time.

import { Connection } from "/theme/connection.js";

const PIECE_BYTES = 1 << 20, LATE_MS = 500;

export class FileShow {
  kind = "file";
  #file; #options; #hearer; #connection = null; #about = null; #asked_ms = 0; #asking = false;
  #zero = null; #waiting = null; #timer = 0; #paused = false; #begun = false; #ended = false; #stopped = false; #round = 0;

  // `hearer` is as a camera's, and has loading(share), begun(about), at(share) and ended(damage).
  constructor(file, options, hearer) {
    this.#file = file;
    this.#options = options;
    this.#hearer = hearer;
  }

  start() {
    this.#hearer.loading(0);
    this.#connection = new Connection("/file", {
      opened: () => { this.#reset(); this.#hearer.connected(); this.#connection.send({ file: this.#file.size }); },
      text: (message) => this.#hear(message),
      bytes: (data) => this.#take(data),
      lost: (reason) => { this.#reset(); this.#hearer.server("bad", reason); },
      refused: (reason) => { if (!this.#stopped) { this.stop(); this.#hearer.failed("This file cannot be shown", reason); } },
    });
  }

  set options(options) {
    this.#options = options;
    if (this.#about) this.replay();
  }

  set paused(on) {
    this.#paused = on;
    if (on) { clearTimeout(this.#timer); return; }
    if (this.#waiting) this.#rebase(this.#waiting.result.timestamp_us);
    this.#schedule();
  }

  replay() {
    this.#reset();
    this.#connection.send({ start: this.#options });
  }

  stop() {
    this.#stopped = true;
    this.#reset();
    this.#connection?.close();
  }

  // What is still under way belongs to the play before: it is not taken until the next has begun.
  #reset() {
    this.#round += 1;
    this.#begun = false;
    clearTimeout(this.#timer);
    this.#waiting?.image.close();
    this.#waiting = this.#zero = null;
    this.#asking = false;
  }

  async #hear(message) {
    if (message.error) this.#hearer.told(message.error);
    if (message.got !== undefined) {
      this.#hearer.loading(message.got / this.#file.size);
      if (message.got === this.#file.size) { this.#connection.send({ start: this.#options }); return; }
      try {
        this.#connection.send(await this.#file.slice(message.got, message.got + PIECE_BYTES).arrayBuffer());
      } catch {
        this.stop();
        this.#hearer.failed("This file cannot be read", "It was changed or moved, or is a folder. Open it again.");
      }
    }
    if (message.started) {
      this.#about = message.started;
      this.#begun = true;
      this.#ended = false;
      this.#hearer.begun(this.#about);
      this.#ask(0);
    }
    if (message.end && this.#begun) {
      this.#asking = false;
      this.#ended = true;
      this.#hearer.ended(message.end.damage);
    }
  }

  #ask(after_us) {
    if (this.#asking || this.#ended) return;
    this.#asking = this.#connection.send({ next: Math.max(0, Math.round(after_us)) });
    this.#asked_ms = performance.now();
  }

  async #take(data) {
    if (!this.#begun) return;
    const round = this.#round, trip_ms = performance.now() - this.#asked_ms;
    const length = new DataView(data).getUint32(0);
    const told = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    const image = await createImageBitmap(new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" }));
    if (round !== this.#round) { image.close(); return; }
    this.#asking = false;
    this.#waiting = { image, result: told.result, server_ms: told.decode_ms + told.track_ms, trip_ms };
    if (!this.#zero) this.#rebase(told.result.timestamp_us);
    this.#schedule();
  }

  // Lets the clip's time run from here on; a pause or a long delay is not made up for.
  #rebase(timestamp_us) {
    const first_us = this.#zero?.first_us ?? timestamp_us;
    this.#zero = { first_us, ms: performance.now() - timestamp_us / 1000 };
  }

  #schedule() {
    if (!this.#waiting || (this.#paused && this.#zero.shown)) return;
    const wait_ms = this.#zero.ms + this.#waiting.result.timestamp_us / 1000 - performance.now();
    if (wait_ms < -LATE_MS) this.#rebase(this.#waiting.result.timestamp_us);
    this.#timer = setTimeout(() => this.#show(), Math.max(0, wait_ms));
  }

  #show() {
    const picture = this.#waiting;
    this.#waiting = null;
    this.#zero.shown = true;
    this.#hearer.shown(picture);
    const { duration_us } = this.#about;
    if (duration_us) this.#hearer.at(Math.min(1, (picture.result.timestamp_us - this.#zero.first_us) / duration_us));
    // While this one is looked at, the next is made; it is asked for by the time it will be shown.
    this.#ask((performance.now() - this.#zero.ms) * 1000);
  }
}
