// What a source is started with. The server answers starts in the order they come; after one that it refuses, what it
// started last on this connection goes on.

export class Starts {
  #wanted; #send; #hearer; #asked = []; #stands = false;

  // `send(message)` is false when there is nobody to hear it; `hearer` has started(options, instead), where `instead` is
  // whether others were wanted, and refused(why, last), which returns the options that were started last.
  constructor(wanted, send, hearer) {
    this.#wanted = wanted;
    this.#send = send;
    this.#hearer = hearer;
  }

  // Whether a start is not answered yet.
  get open() { return this.#asked.length > 0; }

  // What will be asked for, once there is somebody to ask.
  set wanted(options) { this.#wanted = options; }

  ask(instead = false) {
    if (this.#send({ start: this.#wanted })) this.#asked.push({ options: this.#wanted, instead });
  }

  started() {
    const { options, instead } = this.#asked.shift();
    this.#stands = true;
    this.#hearer.started(options, instead);
  }

  // False where there is nothing to go on with.
  refused(why) {
    const { options } = this.#asked.shift();
    const back = this.#hearer.refused(why, !this.open);
    if (this.open) return true;
    this.#wanted = back;
    if (this.#stands) return true;
    if (JSON.stringify(options) === JSON.stringify(back)) return false;
    this.ask(true);
    return true;
  }

  // With the connection goes what stood on it.
  lost() {
    this.#asked = [];
    this.#stands = false;
  }
}
