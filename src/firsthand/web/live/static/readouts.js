// What is in view, and how fast, in words.

const WINDOW_MS = 1500, REFRESH_MS = 250, SHOW_MOST = 4;

export class Readouts {
  #list; #spoken; #nothing; #fields; #times = []; #server_ms = 0; #trip_ms = 0; #said = ""; #words = ""; #shown = "";

  // `nothing` is said of a picture with nothing in it.
  constructor(byId, nothing) {
    this.#list = byId("seen");
    this.#spoken = byId("spoken");
    this.#nothing = nothing;
    this.#fields = { fps: byId("fps"), server: byId("server-ms"), trip: byId("trip-ms") };
    setInterval(() => this.#refresh(), REFRESH_MS);
  }

  // `lines` say what is in the picture: { colour, name, known, more, spoken } each.
  add({ server_ms, trip_ms }, lines) {
    this.#times.push(performance.now());
    const part = this.#times.length > 1 ? 0.1 : 1; // a running mean, or the figures flicker
    this.#server_ms += part * (server_ms - this.#server_ms);
    this.#trip_ms += part * (trip_ms - this.#trip_ms);
    this.#show(lines);
  }

  clear() {
    this.#times = [];
    this.#list.replaceChildren(item("none soft", "Nothing yet"));
    this.#shown = this.#words = "";
    for (const field of Object.values(this.#fields)) field.textContent = "–";
  }

  #show(lines) {
    const key = JSON.stringify(lines);
    if (key === this.#shown) return;
    this.#shown = key;
    const most = lines.slice(0, SHOW_MOST);
    const items = most.map(({ colour, name, known, more }) => {
      const line = item();
      const dot = document.createElement("i"), what = document.createElement("b"), side = document.createElement("small");
      dot.style.background = colour;
      what.textContent = name;
      what.classList.toggle("unknown", !known);
      side.textContent = more;
      line.append(dot, what, side);
      return line;
    });
    const rest = lines.length > SHOW_MOST ? [`and ${lines.length - SHOW_MOST} more`] : [];
    items.push(...rest.map((words) => item("none soft", words)));
    this.#list.replaceChildren(...(items.length ? items : [item("none soft", this.#nothing)]));
    this.#words = [...most.map(({ spoken }) => spoken), ...rest].join("; ");
  }

  #refresh() {
    const now = performance.now();
    this.#times = this.#times.filter((time) => now - time < WINDOW_MS);
    if (this.#times.length > 1) {
      const seconds = (this.#times.at(-1) - this.#times[0]) / 1000;
      this.#fields.fps.textContent = ((this.#times.length - 1) / seconds).toFixed(0);
    }
    if (this.#times.length) {
      this.#fields.server.textContent = this.#server_ms.toFixed(0);
      this.#fields.trip.textContent = this.#trip_ms.toFixed(0);
    }
    if (this.#words !== this.#said) this.#spoken.textContent = this.#said = this.#words;
  }
}

function item(kind = "", words = "") {
  const line = document.createElement("li");
  line.className = kind;
  line.textContent = words;
  return line;
}
