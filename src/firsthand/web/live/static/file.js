// A clip or a photograph, decoded and looked at by the server, played here at the clip's own time.

import { Connection } from "/theme/connection.js";
import { Starts } from "/live/starts.js";

const PIECE_BYTES = 1 << 20, LATE_MS = 500;

export class FileShow {
  kind = "file";
  #file; #starts; #hearer; #connection = null; #about = null; #here = false; #asked_ms = 0; #asking = false; #coming = false;
  #zero = null; #waiting = null; #timer = 0; #paused = false; #ended = false; #stopped = false; #round = 0;

  // `hearer` is as a camera's, and has loading(share), begun(about), at(share) and ended(damage).
  constructor(file, options, hearer) {
    this.#file = file;
    this.#starts = new Starts(options, (message) => this.#connection.send(message), hearer);
    this.#hearer = hearer;
  }

  start() {
    this.#hearer.loading(0);
    this.#connection = new Connection("/file", {
      opened: () => { this.#lost(); this.#hearer.connected(); this.#connection.send({ file: this.#file.size }); },
      text: (message) => this.#hear(message),
      bytes: (data) => this.#take(data),
      lost: (reason) => { this.#lost(); this.#hearer.server("bad", reason); },
      refused: (reason) => { if (!this.#stopped) { this.stop(); this.#hearer.failed("This file cannot be shown", reason); } },
    });
  }

  set options(options) {
    this.#starts.wanted = options;
    this.replay();
  }

  set paused(on) {
    this.#paused = on;
    if (on) { clearTimeout(this.#timer); return; }
    if (this.#waiting) this.#rebase(this.#waiting.result.timestamp_us);
    this.#schedule();
  }

  // Until the server has started it anew, the play before goes on.
  replay() { if (this.#here) this.#starts.ask(); }

  stop() {
    this.#stopped = true;
    this.#reset();
    this.#connection?.close();
  }

  // What is still being decoded belongs to the play before.
  #reset() {
    this.#round += 1;
    clearTimeout(this.#timer);
    this.#waiting?.image.close();
    this.#waiting = this.#zero = null;
    this.#coming = this.#ended = false;
  }

  #lost() {
    this.#reset();
    this.#here = this.#asking = false;
    this.#starts.lost();
  }

  async #hear(message) {
    if (message.refused) this.#refused(message.refused);
    if (message.error) {
      this.#asking = false;
      this.#hearer.told(message.error);
      this.#end();
    }
    if (message.got !== undefined) {
      this.#hearer.loading(message.got / this.#file.size);
      if (message.got === this.#file.size) { this.#here = true; this.#starts.ask(); return; }
      try {
        this.#connection.send(await this.#file.slice(message.got, message.got + PIECE_BYTES).arrayBuffer());
      } catch {
        this.stop();
        this.#hearer.failed("This file cannot be read", "It was changed or moved, or is a folder. Open it again.");
      }
    }
    if (message.started) {
      this.#about = message.started;
      this.#reset();
      this.#starts.started();
      this.#hearer.begun(this.#about);
      this.#ask(0);
    }
    if (message.end) {
      this.#asking = false;
      this.#end(message.end.damage);
    }
  }

  #end(damage = null) {
    this.#ended = true;
    this.#hearer.ended(damage);
  }

  #refused(words) {
    if (!this.#starts.refused(words)) {
      this.stop();
      this.#hearer.failed("This cannot go on", words);
    } else if (!this.#starts.open) this.#goOn();
  }

  // Takes up the play that stands, from where it was.
  #goOn() {
    if (this.#ended) { this.#end(); return; }
    if (this.#waiting || this.#coming) return;
    if (this.#zero) this.#rebase(this.#zero.shown_us);
    this.#ask(this.#zero?.shown_us ?? 0);
  }

  // None while a start is open: it would be of the play that is to begin.
  #ask(after_us) {
    if (this.#asking || this.#ended || this.#starts.open) return;
    this.#asking = this.#connection.send({ next: Math.max(0, Math.round(after_us)) });
    this.#asked_ms = performance.now();
  }

  async #take(data) {
    this.#asking = false;
    this.#coming = true;
    const round = this.#round, trip_ms = performance.now() - this.#asked_ms;
    const length = new DataView(data).getUint32(0);
    const told = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
    const image = await createImageBitmap(new Blob([new Uint8Array(data, 4 + length)], { type: "image/jpeg" }));
    if (round !== this.#round) { image.close(); return; }
    this.#coming = false;
    this.#waiting = { image, result: told.result, server_ms: told.decode_ms + told.track_ms, trip_ms };
    if (!this.#zero) this.#rebase(told.result.timestamp_us);
    this.#schedule();
  }

  // Lets the clip's time run from here on; a pause or a long delay is not made up for.
  #rebase(timestamp_us) {
    const { first_us = timestamp_us, shown_us = null } = this.#zero ?? {};
    this.#zero = { first_us, shown_us, ms: performance.now() - timestamp_us / 1000 };
  }

  #schedule() {
    if (!this.#waiting || (this.#paused && this.#zero.shown_us !== null)) return;
    const wait_ms = this.#zero.ms + this.#waiting.result.timestamp_us / 1000 - performance.now();
    if (wait_ms < -LATE_MS) this.#rebase(this.#waiting.result.timestamp_us);
    this.#timer = setTimeout(() => this.#show(), Math.max(0, wait_ms));
  }

  #show() {
    const picture = this.#waiting;
    this.#waiting = null;
    this.#zero.shown_us = picture.result.timestamp_us;
    this.#hearer.shown(picture);
    const { duration_us } = this.#about;
    if (duration_us) this.#hearer.at(Math.min(1, (picture.result.timestamp_us - this.#zero.first_us) / duration_us));
    // While this one is looked at, the next is made; it is asked for by the time it will be shown.
    this.#ask((performance.now() - this.#zero.ms) * 1000);
  }
}
