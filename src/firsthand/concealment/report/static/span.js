// The span that moves over a second of audio: what was sent, and what each concealer predicts from the grey line on.

const WIDTH = 1000, HEIGHT = 200, FRAME_MS = 140;

function unpacked(text) {
  return Int8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}

function path(levels, first, width, full) {
  const points = Array.from(levels, (level, n) =>
    `${((first + n) * WIDTH / (width - 1)).toFixed(1)},${(HEIGHT / 2 * (1 - level / full)).toFixed(1)}`);
  return `M${points.join("L")}`;
}

function showSpans(data) {
  const { start, step, rate, beside, span, full } = data, width = 2 * beside, sent = unpacked(data.sent);
  const made = Object.fromEntries(Object.entries(data.made).map(([name, text]) => [name, unpacked(text)]));
  const figures = [...document.querySelectorAll("#spans .waves")];
  const field = document.getElementById("place"), button = document.getElementById("play");
  const last = Number(field.max);
  let timer = 0;

  function show() {
    const at = Number(field.value), line = path(sent.subarray(at * step, at * step + width), 0, width, full);
    for (const figure of figures) {
      const ahead = made[figure.dataset.name].subarray(at * span, (at + 1) * span);
      figure.querySelector(".sent").setAttribute("d", line);
      figure.querySelector(".made").setAttribute("d", path(ahead, beside, width, full));
    }
    const words = `${(start + at * step / rate).toFixed(2)} s`;
    document.getElementById("at").textContent = words;
    field.ariaValueText = words;
  }

  function play(on) {
    clearInterval(timer);
    button.ariaPressed = String(on);
    button.textContent = on ? "Stop" : "Play";
    if (on) timer = setInterval(advance, FRAME_MS);
  }

  function advance() {
    field.value = Number(field.value) + 1;
    show();
    if (Number(field.value) >= last) play(false);
  }

  field.addEventListener("input", () => { play(false); show(); });
  button.addEventListener("click", () => {
    const on = button.ariaPressed !== "true";
    if (on && Number(field.value) >= last) field.value = 0;
    play(on);
    show();
  });
  document.querySelector(".controls").hidden = false;
  show();
}

const data = document.getElementById("data");
if (data) showSpans(JSON.parse(data.textContent));
