// Small coloured waveforms of the list, fetched when their row comes into view.

import { thumbnailOf } from "/api.js";
import { Columns, NOTHING } from "/drawing.js";
import { colourOf, colourOfNothing, onRepaint } from "/palette.js";
import { fitted } from "/theme/canvas.js";

const PITCH_PX = 3;

const shown = new Map(), sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => draw(target)));

const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) load(target);
}, { rootMargin: "200px" });

onRepaint(() => shown.forEach((_, canvas) => draw(canvas)));

export function thumbnail(canvas) {
  sight.observe(canvas);
  sizes.observe(canvas);
}

// Fetches it once more: the recording is different.
export function renew(canvas) {
  sight.unobserve(canvas);
  sight.observe(canvas);
}

export function drop(canvas) {
  sight.unobserve(canvas);
  sizes.unobserve(canvas);
  shown.delete(canvas);
}

async function load(canvas) {
  sight.unobserve(canvas);
  try {
    shown.set(canvas, await thumbnailOf(Number(canvas.dataset.number)));
    draw(canvas);
  } catch { /* a list without its picture is still a list */ }
}

function draw(canvas) {
  const bars = shown.get(canvas), box = { width: canvas.clientWidth, height: canvas.clientHeight };
  if (!bars || !box.width) return;
  const [brush, width, height] = fitted(canvas, box), count = bars.levels.length, columns = new Columns();
  const wanted = Math.min(count, Math.floor(width / PITCH_PX)), pitch = wanted ? width / wanted : width;
  for (let column = 0; column < wanted; column += 1) {
    const first = Math.floor(column * count / wanted), end = Math.max(first + 1, Math.floor((column + 1) * count / wanted));
    let loudest = first;
    for (let at = first; at < end; at += 1) if (bars.levels[at] > bars.levels[loudest]) loudest = at;
    columns.add(bars.colours[loudest], column * pitch, bars.levels[loudest]);
  }
  columns.draw(brush, Math.min(6, Math.max(2, pitch * 0.5)), height / 2, height / 2 - 1, (colour) => [
    colour === NOTHING ? colourOfNothing() : colourOf(bars.classes[colour] ?? ""), 1,
  ]);
}
