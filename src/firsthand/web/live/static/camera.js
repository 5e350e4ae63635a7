// The camera's pictures, one at a time on their way to the server; those in between are dropped.

import { Connection } from "/theme/connection.js";
import { Starts } from "/live/starts.js";

const LONGEST_PX = 640, QUALITY = 0.85, SILENCE_MS = 10000, HEADER_BYTES = 12;

const WHY = {
  NotAllowedError: ["The camera is not allowed", "Allow it beside the address at the top of the browser, then try again."],
  NotFoundError: ["There is no camera", "Connect one and try again, or open a clip or a photograph."],
  NotReadableError: ["The camera is busy", "Another program may be using it. Close that, then try again."],
  OverconstrainedError: ["That camera is gone", "Choose another one, or connect it again."],
};

export class Camera {
  kind = "camera";
  #hearer; #starts; #device; #stream = null; #connection = null; #video = document.createElement("video");
  #sheets = [0, 1].map(() => document.createElement("canvas"));
  #number = 0; #last_us = 0; #flying = null; #fresh = false; #encoding = false; #paused = false; #stopped = false;

  // `hearer` has connected(), shown(picture), server(state, words), told(words), failed(title, words) and what `Starts`
  // asks of it; a picture is { image, result, server_ms, trip_ms }.
  constructor(options, device, hearer) {
    this.#starts = new Starts(options, (message) => this.#connection?.send(message), hearer);
    this.#device = device;
    this.#hearer = hearer;
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia) {
      this.#hearer.failed("The browser offers no camera", "Open the page at the address that the terminal shows, or open a clip or a photograph.");
      return;
    }
    try {
      this.#stream = await navigator.mediaDevices.getUserMedia({
        video: { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 }, ...(this.#device && { deviceId: { exact: this.#device } }) },
      });
    } catch (error) {
      const [title, words] = WHY[error.name] ?? ["The camera does not start", error.message];
      if (!this.#stopped) this.#hearer.failed(title, words);
      return;
    }
    if (this.#stopped) { this.#release(); return; }
    this.#stream.getVideoTracks()[0].addEventListener("ended", () => this.#fail("The camera went away", "Connect it again, then try again."));
    this.#video.muted = this.#video.playsInline = true;
    this.#video.srcObject = this.#stream;
    await this.#video.play().catch(() => {});
    if (this.#stopped) return;
    this.#connection = new Connection("/camera", {
      opened: () => { this.#lost(); this.#hearer.connected(); this.#starts.ask(); },
      text: (message) => this.#hear(message),
      lost: (reason) => { this.#lost(); this.#hearer.server("bad", reason); },
      refused: (reason) => this.#fail("This cannot go on", reason),
    });
    this.#next();
  }

  get device() { return this.#stream?.getVideoTracks()[0]?.getSettings().deviceId ?? ""; }

  set options(options) {
    this.#starts.wanted = options;
    this.#starts.ask();
  }

  set paused(on) { this.#paused = on; this.#send(); }

  stop() {
    this.#stopped = true;
    this.#release();
    this.#connection?.close();
  }

  #lost() {
    this.#flying = null;
    this.#starts.lost();
  }

  #release() { this.#stream?.getTracks().forEach((track) => track.stop()); }

  #fail(title, words) {
    if (this.#stopped) return;
    this.stop();
    this.#hearer.failed(title, words);
  }

  #next() {
    if (this.#stopped) return;
    const arrived = () => {
      this.#fresh = true;
      if (this.#flying && performance.now() - this.#flying.sent_ms > SILENCE_MS) this.#connection.renew();
      this.#send();
      this.#next();
    };
    if (this.#video.requestVideoFrameCallback) this.#video.requestVideoFrameCallback(arrived);
    else requestAnimationFrame(arrived);
  }

  #send() {
    const { videoWidth: width, videoHeight: height } = this.#video;
    const ready = this.#fresh && width && !this.#paused && !this.#stopped && !this.#encoding;
    if (!ready || this.#flying || !this.#connection?.isOpen) return;
    this.#fresh = false;
    this.#encoding = true;
    const scale = Math.min(1, LONGEST_PX / Math.max(width, height));
    const sheet = this.#sheets[this.#number % 2];
    sheet.width = Math.round(width * scale);
    sheet.height = Math.round(height * scale);
    sheet.getContext("2d").drawImage(this.#video, 0, 0, sheet.width, sheet.height);
    this.#last_us = Math.max(Math.round(performance.now() * 1000), this.#last_us + 1);
    const number = this.#number++, header = new DataView(new ArrayBuffer(HEADER_BYTES));
    header.setUint32(0, number);
    header.setBigUint64(4, BigInt(this.#last_us));
    sheet.toBlob((jpeg) => {
      this.#encoding = false;
      if (this.#stopped || !jpeg) return;
      if (this.#connection.send(new Blob([header, jpeg]))) this.#flying = { number, sheet, sent_ms: performance.now() };
    }, "image/jpeg", QUALITY);
  }

  #hear(message) {
    if (message.started) this.#starts.started();
    if (message.refused && !this.#starts.refused(message.refused)) this.#fail("This cannot go on", message.refused);
    if (message.error) this.#hearer.told(message.error);
    if (message.frame !== undefined && message.frame === this.#flying?.number) {
      const { sheet, sent_ms } = this.#flying;
      this.#flying = null;
      if (message.result && !this.#paused) {
        this.#hearer.shown({
          image: sheet,
          result: message.result,
          server_ms: message.decode_ms + message.track_ms,
          trip_ms: performance.now() - sent_ms,
        });
      }
      this.#send();
    }
  }
}
