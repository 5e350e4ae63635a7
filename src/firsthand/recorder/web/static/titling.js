// The title, changed in place, and the words suggested for it.

import { arrange, byId, make } from "/theme/dom.js";
import { titled } from "/time.js";

const LONGEST = 300;

export const flat = (words) => words.replaceAll(/\s+/g, " ").trim().slice(0, LONGEST);

export class Titling {
  #field = byId("title"); #tags = byId("tags"); #item = null; #offered = new Map(); #hearer;

  // `hearer` has retitled(number, title).
  constructor(hearer) {
    this.#hearer = hearer;
    this.#field.oninput = () => this.#fit();
    this.#field.onblur = () => this.#save();
    this.#field.onkeydown = (event) => {
      if (event.key === "Enter") event.preventDefault();
      if (event.key === "Escape") this.#field.value = this.#item?.title ?? "";
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
    this.#field.readOnly = false;
    this.#field.placeholder = item.title ? "Title" : titled(item);
    this.#fit();
    const has = (tag) => item.title.toLowerCase().includes(tag.toLowerCase());
    arrange(this.#tags, item.tags.filter((tag) => !has(tag)).map((tag) => this.#offer(tag)), this.#field);
  }

  // Saves what was being typed, for the recording whose title it is, and forgets that.
  clear() {
    this.#save();
    this.#item = null;
    this.#offered.clear();
    this.#tags.replaceChildren();
    this.#field.value = "";
    this.#field.readOnly = true;
  }

  #offer(tag) {
    if (!this.#offered.has(tag)) {
      const button = make("button", { title: "Add to the title", dir: "auto" }, tag);
      button.onclick = () => this.#append(tag);
      this.#offered.set(tag, make("li", {}, button));
    }
    return this.#offered.get(tag);
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
    if (!this.#item) return;
    const title = flat(this.#field.value), { number } = this.#item;
    this.#field.value = title;
    if (title === this.#item.title) return;
    this.show({ ...this.#item, title });
    this.#hearer.retitled(number, title);
  }
}
