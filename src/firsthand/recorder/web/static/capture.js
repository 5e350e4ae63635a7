// Records from the microphone, and brings every sample to the server, over lost connections too.

import { Connection } from "/theme/connection.js";
import { Backlog } from "/backlog.js";
import { wavFile } from "/wav.js";

const FLIGHT_S = 2, MOST_SAMPLES = 96000, MESSAGE_S = 1;

const WHY = {
  NotAllowedError: "The microphone is not allowed. Allow it beside the address at the top of the browser, then try again.",
  NotFoundError: "There is no microphone. Connect one and try again.",
  NotReadableError: "The microphone is busy. Another program may be using it.",
};

export class Capture {
  #hearer; #session = crypto.randomUUID(); #stream = null; #context = null; #node = null; #connection = null;
  #backlog = new Backlog(); #rate = 0; #origin = 0; #have = 0; #sent = 0; #joined = false; #ending = false; #ended = false; #number = 0;

  // `hearer` has begun(number), samples(int16, rate_hz), connected(), lost(reason), stopping(), ended(number) and
  // failed(words, file): the file is what the server did not take, or null.
  constructor(hearer) { this.#hearer = hearer; }

  get number() { return this.#number; }
  get ms() { return this.#rate ? this.#backlog.total / this.#rate * 1000 : 0; }
  get behind_ms() { return this.#rate ? (this.#backlog.total - this.#have) / this.#rate * 1000 : 0; }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia) throw new Error("The browser offers no microphone. Open the page at the address that the terminal shows.");
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false },
      });
      this.#context = new AudioContext({ latencyHint: "playback" });
      await this.#context.audioWorklet.addModule("/capture-worklet.js");
      await this.#context.resume();
    } catch (error) {
      this.#release();
      throw new Error(WHY[error.name] ?? `The microphone does not start: ${error.message}`);
    }
    this.#rate = this.#context.sampleRate;
    this.#node = new AudioWorkletNode(this.#context, "capture", { numberOfOutputs: 0 });
    this.#node.port.onmessage = ({ data }) => data ? this.#take(data) : this.#whole();
    this.#context.createMediaStreamSource(this.#stream).connect(this.#node);
    this.#stream.getAudioTracks()[0].addEventListener("ended", () => this.stop());
    this.#connection = new Connection("/api/live", {
      opened: () => { this.#joined = false; this.#begin(); },
      text: (message) => this.#hear(message),
      lost: (reason) => { this.#joined = false; this.#hearer.lost(reason); },
      refused: (reason) => this.#fail(reason || "The server does not take this recording"),
    });
  }

  stop() {
    if (this.#ending) return;
    this.#ending = true;
    this.#hearer.stopping();
    this.#node.port.postMessage("stop");
  }

  #take(samples) {
    this.#backlog.add(samples);
    this.#hearer.samples(samples, this.#rate);
    this.#send();
  }

  // The worklet has given its last sample.
  #whole() {
    this.#release();
    this.#ended = true;
    this.#send();
  }

  #begin() {
    this.#connection.send({ begin: { session: this.#session, title: "", rate_hz: this.#rate } });
  }

  #hear(message) {
    if (message.error) { this.#hearer.lost(message.error); return; }
    if ("ended" in message) {
      this.#connection.close();
      this.#hearer.ended(message.ended);
      return;
    }
    if ("recording" in message && !this.#join(message)) return;
    if ("have" in message) {
      this.#have = this.#origin + message.have;
      this.#backlog.release(this.#have);
      if ("recording" in message) this.#sent = this.#have;
      this.#send();
    }
  }

  // A server that knows less than what was let go has lost the session: what is left begins a new one.
  #join({ recording, have }) {
    if (this.#origin + have < this.#backlog.first) {
      this.#session = crypto.randomUUID();
      this.#origin = this.#backlog.first;
      this.#begin();
      return false;
    }
    this.#joined = true;
    this.#number = recording;
    this.#hearer.begun(recording);
    this.#hearer.connected();
    return true;
  }

  #send() {
    if (!this.#joined) return;
    const flight = FLIGHT_S * this.#rate, most = Math.min(MOST_SAMPLES, MESSAGE_S * this.#rate);
    while (this.#sent < this.#backlog.total) {
      const room = Math.floor(this.#have + flight - this.#sent), count = Math.min(most, room, this.#backlog.total - this.#sent);
      if (count <= 0) return;
      if (!this.#connection.send(this.#backlog.message(this.#sent, count, this.#origin))) return;
      this.#sent += count;
    }
    if (this.#ended && this.#have >= this.#backlog.total) {
      this.#joined = false;
      this.#connection.send({ end: this.#backlog.total - this.#origin });
    }
  }

  #fail(words) {
    const rest = this.#backlog.rest(this.#have);
    this.#release();
    this.#connection?.close();
    this.#hearer.failed(words, rest.length > this.#rate / 2 ? wavFile("Rest of a recording.wav", rest, this.#rate) : null);
  }

  #release() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    if (this.#context && this.#context.state !== "closed") this.#context.close();
  }
}
