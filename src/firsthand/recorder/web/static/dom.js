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

let fading = 0;

// One line about what happened; a good word goes by itself, a bad one stays for longer.
export function remark(words, bad = false) {
  clearTimeout(fading);
  byId("remark").textContent = words;
  if (words) fading = setTimeout(() => { byId("remark").textContent = ""; }, bad ? 12000 : 5000);
}

export const sentence = (words) => words && `${words[0].toUpperCase()}${words.slice(1)}${/[.!?]$/.test(words) ? "" : "."}`;
