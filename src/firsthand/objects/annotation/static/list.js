// The objects as a list, each with how many frames show it.

import { boxColour } from "/palette.js";
import { arrange, byId, make } from "/theme/dom.js";

const SHOWN = /[01]/g;

export class List {
  #items = []; #chosen;

  // Calls chosen(index).
  constructor(chosen) { this.#chosen = chosen; }

  // `sights` has for each object a digit a frame, or is null where nobody knows yet.
  show({ objects, chosen }, sights, frames) {
    objects.forEach((object, n) => {
      const item = this.#items[n] ??= this.#item(n), [name, told] = item.firstChild.lastChild.children;
      if (name.textContent !== object.name) name.textContent = object.name;
      const words = sights?.[n] === undefined ? object.category : `${object.category}, in ${sights[n].match(SHOWN)?.length ?? 0} of ${frames}`;
      if (told.textContent !== words) told.textContent = words;
      item.firstChild.ariaPressed = String(n === chosen);
    });
    arrange(byId("objects"), this.#items.slice(0, objects.length), byId("new"));
    byId("none").hidden = objects.length > 0;
  }

  #item(index) {
    const colour = make("i");
    colour.style.background = boxColour(index);
    return make("li", {}, make("button", { type: "button", onclick: () => this.#chosen(index) }, colour, make("span", {}, make("b"), make("small"))));
  }
}
