// The microphone's samples as 16-bit numbers, some at a time; "stop" sends what is left and ends.

const BATCH = 2048, LARGEST = 32767;

class Capture extends AudioWorkletProcessor {
  #batch = new Int16Array(BATCH); #filled = 0; #over = false;

  constructor() {
    super();
    this.port.onmessage = () => { this.#over = true; this.#send(); this.port.postMessage(null); };
  }

  process([channels]) {
    if (this.#over) return false;
    if (!channels.length) return true;
    for (let at = 0; at < channels[0].length; at += 1) {
      let sum = 0;
      for (const channel of channels) sum += channel[at];
      this.#batch[this.#filled++] = Math.round(Math.max(-1, Math.min(1, sum / channels.length)) * LARGEST);
      if (this.#filled === BATCH) this.#send();
    }
    return true;
  }

  #send() {
    const samples = this.#batch.slice(0, this.#filled);
    this.#filled = 0;
    if (samples.length) this.port.postMessage(samples, [samples.buffer]);
  }
}

registerProcessor("capture", Capture);
