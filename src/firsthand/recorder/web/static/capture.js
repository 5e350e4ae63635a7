// Records from the microphone, and brings every sample to the server, over lost connections too.

import { Connection } from "/theme/connection.js";
import { Backlog } from "/backlog.js";
import { wavFile } from "/wav.js";

const FLIGHT_S = 2, MOST_SAMPLES = 96000, MESSAGE_S = 1;

const ANSWER_MS = 5000;

const MUTED = "The microphone is muted. Switch it on at the device, or in the computer's settings.";
const PAUSED = "The browser has paused the recording. Click anywhere on this page to go on.";
const GONE = "The microphone has gone away, so the recording has stopped.";

const WHY = {
  NotAllowedError: "The microphone is not allowed. Allow it beside the address at the top of the browser, then try again.",
  NotFoundError: "There is no microphone. Connect one and try again.",
  NotReadableError: "The microphone is busy. Another program may be using it.",
};

export class Capture {
  #hearer; #session = crypto.randomUUID(); #stream = null; #context = null; #node = null; #connection = null;
  #backlog = new Backlog(); #rate = 0; #origin = 0; #have = 0; #sent = 0; #joined = false; #ending = false; #ended = false; #number = 0; #heard = performance.now();

  // `hearer` has title(), samples(int16, rate_hz), connected(number), renewed(), lost(reason), doubt(words), stopping(),
  // ended(number) and failed(words, file): the file is what the server did not take, or null.
  constructor(hearer) { this.#hearer = hearer; }

  get number() { return this.#number; }
  get ms() { return this.#rate ? this.#backlog.total / this.#rate * 1000 : 0; }
  get origin_ms() { return this.#rate ? this.#origin / this.#rate * 1000 : 0; }
  get behind_ms() { return this.#rate ? (this.#backlog.total - this.#have) / this.#rate * 1000 : 0; }

  // For how long the server has not said a word, while there is something to store.
  get unheard_ms() { return this.behind_ms ? performance.now() - this.#heard : 0; }

  // What the server has not stored, as a file.
  rest() { return wavFile("Rest of a recording.wav", this.#backlog.rest(), this.#rate); }

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
    this.#watch(this.#stream.getAudioTracks()[0]);
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
    setTimeout(() => this.#whole(), ANSWER_MS); // a browser that has paused the sound does not answer
  }

  // The page goes away.
  leave() { if (this.#joined) this.#connection.send({ leave: true }); }

  // Tells what is wrong with the microphone, "" when nothing is.
  #watch(track) {
    const tell = () => {
      if (this.#ending) return;
      const paused = this.#context.state !== "running";
      this.#hearer.doubt(track.muted ? MUTED : paused ? PAUSED : "");
    };
    track.addEventListener("ended", () => { if (!this.#ending) { this.#hearer.doubt(GONE); this.stop(); } });
    for (const kind of ["mute", "unmute"]) track.addEventListener(kind, tell);
    this.#context.addEventListener("statechange", () => {
      tell();
      if (!this.#ending && this.#context.state !== "running") addEventListener("pointerdown", () => { if (!this.#ending) this.#context.resume(); }, { once: true });
    });
    tell();
  }

  #take(samples) {
    this.#backlog.add(samples);
    this.#hearer.samples(samples, this.#rate);
    this.#send();
  }

  // The worklet has given its last sample.
  #whole() {
    if (this.#ended) return;
    this.#release();
    this.#ended = true;
    this.#send();
  }

  #begin() {
    const from = this.#backlog.first - this.#origin;
    this.#connection.send({ begin: { session: this.#session, title: this.#hearer.title(), rate_hz: this.#rate, from } });
  }

  #hear(message) {
    this.#heard = performance.now();
    if (message.error) { this.#hearer.lost(message.error); return; }
    if ("ended" in message) {
      this.#connection.close();
      this.#hearer.ended(message.ended);
      return;
    }
    if (message.unknown) { this.#renew(); return; }
    if ("recording" in message) this.#join(message.recording);
    if ("have" in message) {
      this.#have = this.#origin + message.have;
      if ("kept" in message) this.#backlog.release(this.#origin + message.kept);
      if ("recording" in message) this.#sent = this.#have;
      this.#send();
    }
  }

  // The server has lost the session, as one that was started again has: what is left begins a new one.
  #renew() {
    if (this.#ended && !this.#backlog.length) {
      this.#connection.close();
      this.#hearer.ended(this.#number);
      return;
    }
    this.#session = crypto.randomUUID();
    this.#origin = this.#have = this.#sent = this.#backlog.first;
    this.#hearer.renewed();
    this.#begin();
  }

  #join(number) {
    this.#joined = true;
    this.#number = number;
    this.#hearer.connected(number);
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
    this.#ending = true;
    this.#release();
    this.#connection?.close();
    this.#hearer.failed(words, this.#backlog.length > this.#rate / 2 ? this.rest() : null);
  }

  #release() {
    this.#stream?.getTracks().forEach((track) => track.stop());
    if (this.#context && this.#context.state !== "closed") this.#context.close();
  }
}
