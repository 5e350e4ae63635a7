// A colour for each class of sounds: fixed by name for the known ones, by order for others.

const KIN = {
  silence: "none", "": "none", sneeze: "sneezing", cough: "coughing", water: "rain", "rain and water": "rain", sea: "waves",
  "wind and thunder": "wind", thunder: "wind", "siren and horn": "siren", "bell and alarm": "bell", alarm: "bell",
  "door and steps": "steps", door: "steps", footsteps: "steps", tool: "chainsaw", engine: "vehicle", clapping: "applause",
};
const OTHERS = 6;

let known = new Map(), handed = 0;
const places = new Map(), changes = new Set();

function slot(name) {
  const style = getComputedStyle(document.documentElement);
  const fixed = style.getPropertyValue(`--sound-${KIN[name] ?? name.replaceAll(/[^a-z]+/g, "-")}`).trim();
  if (fixed) return fixed;
  if (!places.has(name)) places.set(name, handed++ % OTHERS);
  return style.getPropertyValue(`--sound-other-${places.get(name)}`).trim();
}

export function colourOf(name) {
  const key = name.toLowerCase();
  if (!known.has(key)) known.set(key, slot(key));
  return known.get(key);
}

export const colourOfNothing = () => colourOf("");

const plain = new Map();

// A custom property of the theme, such as "--ink".
export function paint(property) {
  if (!plain.has(property)) plain.set(property, getComputedStyle(document.documentElement).getPropertyValue(property).trim());
  return plain.get(property);
}

// Calls `redraw` when the reader's scheme changes.
export const onRepaint = (redraw) => changes.add(redraw);

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  known = new Map();
  plain.clear();
  for (const redraw of changes) redraw();
});
