// What of the live page is about objects.

import { start } from "/live/live.js";
import { AXES, colourOf, drawObjects, nameOf } from "/view.js";

start({
  nothing: "None in view",
  draws: (pen, { objects }, about) => drawObjects(pen, objects, about),
  lines: ({ objects }, _mirror, about) => objects.map((each) => ({
    colour: colourOf(each, about),
    name: nameOf(each),
    known: each.seen,
    more: each.metric ? `${lengths(each.size)} at ${each.middle[2].toFixed(1)} m` : "size not known",
    spoken: nameOf(each),
  })),
});

// The box's x, y and z, to a millimetre where it is small.
function lengths(size) {
  const decimals = Math.max(...size) < 0.1 ? 1 : 0;
  return `${size.map((edge) => (edge * 100).toFixed(decimals)).join(" × ")} cm`;
}

document.querySelectorAll(".legend .x, .legend .y, .legend .z").forEach((word, axis) => {
  word.style.textDecorationColor = AXES[axis];
});
