// Elements; what they say is always text, never markup.

export const byId = (id) => document.getElementById(id);

export function make(kind, about = {}, ...inside) {
  const element = document.createElement(kind);
  for (const [name, value] of Object.entries(about)) {
    if (value === false || value === null || value === undefined) continue;
    if (name in element) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...inside);
  return element;
}

const SAVING_MS = 60000;

let fading = 0;

// One line about what happened; a good word goes by itself, a bad one stays for longer.
export function remark(words, bad = false) {
  clearTimeout(fading);
  byId("remark").textContent = words;
  if (words) fading = setTimeout(() => { byId("remark").textContent = ""; }, bad ? 12000 : 5000);
}

// Makes `elements` the children of `root` and moves none that is in its place, so that focus stays; if what has it goes, `or` gets it.
export function arrange(root, elements, or = null) {
  const held = root.contains(document.activeElement) ? document.activeElement : null, kept = new Set(elements);
  for (const child of [...root.children]) if (!kept.has(child)) child.remove();
  let next = root.firstElementChild;
  for (const element of elements) {
    if (element === next) next = next.nextElementSibling;
    else root.insertBefore(element, next);
  }
  if (held && document.activeElement !== held) (held.isConnected ? held : or)?.focus({ preventScroll: true });
}

// Saves a file to this computer, as the browser saves what it downloads.
export function save(file) {
  const link = make("a", { href: URL.createObjectURL(file), download: file.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), SAVING_MS);
}

export const sentence = (words) => words && `${words[0].toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;
