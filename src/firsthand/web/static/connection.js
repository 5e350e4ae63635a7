// A WebSocket to the page's own server that comes back when it is lost.

const FIRST_WAIT_MS = 250, LONGEST_WAIT_MS = 4000;
const REFUSED = 1008, FULL = 1013;

export class Connection {
  #path; #hearer; #socket = null; #timer = 0; #wait = FIRST_WAIT_MS; #closed = false; #error = "";

  // `hearer` has opened(), text(object), bytes(ArrayBuffer), lost(reason) and refused(reason):
  // what was lost comes back by itself, what was refused does not. A reason is whole where an `error` said it before.
  constructor(path, hearer) {
    this.#path = path;
    this.#hearer = hearer;
    this.#open();
    addEventListener("online", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
  }

  get isOpen() { return this.#socket?.readyState === WebSocket.OPEN; }

  // Sends an object as JSON, or bytes; false when there is nobody to hear it.
  send(message) {
    if (!this.isOpen) return false;
    const raw = message instanceof Blob || message instanceof ArrayBuffer || ArrayBuffer.isView(message);
    this.#socket.send(raw ? message : JSON.stringify(message));
    return true;
  }

  // Gives up this connection for a new one: for a peer that has fallen silent.
  renew() { this.#socket?.close(); }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    removeEventListener("online", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    this.#socket?.close();
  }

  #open() {
    const socket = new WebSocket(`ws://${location.host}${this.#path}`);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    socket.onopen = () => this.#closed || this.#hearer.opened?.();
    socket.onmessage = ({ data }) => {
      if (this.#closed) return;
      this.#wait = FIRST_WAIT_MS;
      if (typeof data !== "string") { this.#hearer.bytes?.(data); return; }
      const message = JSON.parse(data);
      this.#error = String(message?.error ?? "");
      this.#hearer.text?.(message);
    };
    socket.onclose = ({ code, reason }) => {
      if (this.#closed) return;
      if (code === REFUSED) {
        this.close();
        this.#hearer.refused?.(reason && this.#error.startsWith(reason) ? this.#error : reason);
        return;
      }
      this.#timer = setTimeout(() => this.#open(), this.#wait);
      this.#wait = code === FULL ? LONGEST_WAIT_MS : Math.min(2 * this.#wait, LONGEST_WAIT_MS);
      this.#hearer.lost?.(reason);
    };
  }

  #hurry = () => {
    if (this.#closed || document.hidden || this.#socket.readyState !== WebSocket.CLOSED) return;
    clearTimeout(this.#timer);
    this.#open();
  };
}
