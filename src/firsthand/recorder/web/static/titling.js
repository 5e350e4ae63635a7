// The title, changed in place, and the words suggested for it.

import { byId, make } from "/dom.js";
import { titled } from "/time.js";

const LONGEST = 300;

const flat = (words) => words.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST);

export class Titling {
  #field = byId("title"); #tags = byId("tags"); #item = null; #hearer;

  // `hearer` has retitled(title).
  constructor(hearer) {
    this.#hearer = hearer;
    this.#field.oninput = () => this.#fit();
    this.#field.onblur = () => this.#save();
    this.#field.onkeydown = (event) => {
      if (event.key === "Enter") event.preventDefault();
      if (event.key === "Escape") this.#field.value = this.#item.title;
      if (event.key === "Enter" || event.key === "Escape") { event.stopPropagation(); this.#field.blur(); }
    };
    new ResizeObserver(() => this.#fit()).observe(this.#field.parentElement);
  }

  show(item) {
    const editing = document.activeElement === this.#field && this.#item?.number === item.number;
    this.#item = item;
    byId("one-title").textContent = titled(item);
    document.title = `${titled(item)} – Recorder`;
    if (!editing) this.#field.value = item.title;
    this.#field.placeholder = item.title ? "Title" : titled(item);
    this.#fit();
    const has = (tag) => item.title.toLowerCase().includes(tag.toLowerCase());
    this.#tags.replaceChildren(...item.tags.filter((tag) => !has(tag)).map((tag) => {
      const button = make("button", { title: "Add to the title" }, tag);
      button.onclick = () => this.#append(tag);
      return make("li", {}, button);
    }));
  }

  // Where the browser does not size the field by what is in it.
  #fit() {
    if (CSS.supports("field-sizing", "content")) return;
    this.#field.style.height = "auto";
    this.#field.style.height = `${this.#field.scrollHeight + 2}px`;
  }

  #append(tag) {
    const title = flat(this.#field.value);
    this.#field.value = title ? `${title}, ${tag}` : tag[0].toUpperCase() + tag.slice(1);
    this.#save();
    (this.#tags.querySelector("button") ?? this.#field).focus({ preventScroll: true });
  }

  #save() {
    const title = flat(this.#field.value);
    this.#field.value = title;
    if (!this.#item || title === this.#item.title) return;
    this.#item = { ...this.#item, title };
    this.show(this.#item);
    this.#hearer.retitled(title);
  }
}
