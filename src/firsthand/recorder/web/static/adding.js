// Files chosen or dropped, copied to the server one after the other.

import { upload } from "/api.js";
import { chooses } from "/theme/choosing.js";
import { byId, remark } from "/theme/dom.js";

export class Adding {
  #list; #hearer; #about = null; #queue = Promise.resolve(); #open = new Set(); #asked = null;

  // `hearer` has added().
  constructor(list, hearer) {
    this.#list = list;
    this.#hearer = hearer;
    chooses(byId("add"), (files, dropped) => this.add(dropped ? filesOf(dropped) : files));
    byId("keep-rest").onclick = () => byId("dropping").close();
    byId("drop-rest").onclick = () => { byId("dropping").close(); this.#drop(this.#asked); };
    addEventListener("beforeunload", (event) => {
      if (![...this.#open].some(({ copying, rest }) => copying || rest)) return;
      event.preventDefault();
      event.returnValue = true;
    });
  }

  set about(about) {
    this.#about = about;
    byId("chosen").accept = about.extensions.join(",");
  }

  // `rest`: nobody else has these, they are the rest of a recording.
  add(files, rest = false) {
    if (!files.length) return;
    if (location.hash.length > 2 && !byId("remark").textContent) remark(files.length > 1 ? `Adding ${files.length} files.` : `Adding ${files[0].name}.`);
    for (const file of files) {
      const one = this.#list.sending(file, rest);
      this.#open.add(one);
      this.#copy(one);
    }
  }

  again(one) {
    one.begun();
    this.#copy(one);
  }

  dismiss(one) {
    if (!one.rest) { this.#drop(one); return; }
    this.#asked = one;
    byId("dropping").showModal();
  }

  #copy(one) {
    const largest = this.#about?.largest_bytes ?? Infinity;
    if (one.file.size > largest) { one.failed(`it is larger than ${(largest / 1e9).toFixed(1)} GB`); return; }
    this.#queue = this.#queue.then(async () => {
      try {
        await upload(one.file, one.at);
        this.#open.delete(one);
        one.done();
        this.#hearer.added();
      } catch (error) {
        one.failed(error.message);
      }
    });
  }

  #drop(one) {
    this.#open.delete(one);
    one.drop();
  }
}

// What was dropped, but for folders.
function filesOf({ files, items }) {
  const folders = [...items].filter(({ kind }) => kind === "file").map((item) => Boolean(item.webkitGetAsEntry?.()?.isDirectory));
  if (folders.includes(true)) remark("A folder cannot be added. Open it, and drop the files in it.", true);
  return [...files].filter((_, place) => !folders[place]);
}
