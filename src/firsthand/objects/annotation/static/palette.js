// Colours, as the page's style has them now.

const NAMES = ["ink", "soft", "line", "card", "accent", "warn", "good", "page"];
let now = null;

const told = new Set(), dark = matchMedia("(prefers-color-scheme: dark)");
dark.addEventListener("change", () => { now = null; for (const act of told) act(); });

export function colours() {
  if (!now) {
    const style = getComputedStyle(document.documentElement);
    now = Object.fromEntries(NAMES.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
    now.dark = dark.matches;
  }
  return now;
}

export const onRepaint = (act) => told.add(act);

// Of the objects, one after another: told apart on pictures and on the page, in light and dark.
const BOXES = ["#2f8fff", "#ff7a1a", "#17b169", "#c05cff", "#e0447c", "#0fb5b5"];
export const boxColour = (index) => BOXES[index % BOXES.length];
