// Files chosen or dropped, copied to the server one after the other.

import { upload } from "/api.js";
import { byId, remark } from "/dom.js";

const ALSO = [".srt", ".vtt", ".json"];

export class Adding {
  #list; #hearer; #about = null; #queue = Promise.resolve(); #inside = 0;

  // `hearer` has added().
  constructor(list, hearer) {
    this.#list = list;
    this.#hearer = hearer;
    byId("add").onclick = () => byId("chosen").click();
    byId("chosen").onchange = ({ target }) => { this.add([...target.files]); target.value = ""; };
    const carries = (event) => event.dataTransfer?.types.includes("Files"), over = (on) => { byId("drop").hidden = !on; };
    addEventListener("dragenter", (event) => { if (carries(event)) { this.#inside += 1; over(true); } });
    addEventListener("dragleave", (event) => { if (carries(event) && --this.#inside <= 0) { this.#inside = 0; over(false); } });
    addEventListener("dragover", (event) => event.preventDefault());
    addEventListener("drop", (event) => {
      event.preventDefault();
      this.#inside = 0;
      over(false);
      this.add([...event.dataTransfer.files]);
    });
  }

  set about(about) {
    this.#about = about;
    byId("chosen").accept = [...about.extensions, ...ALSO].join(",");
  }

  add(files) {
    if (!files.length) return;
    if (location.hash.length > 2 && !byId("remark").textContent) remark(files.length > 1 ? `Adding ${files.length} files.` : `Adding ${files[0].name}.`);
    for (const file of files) {
      const row = this.#list.sending(file.name), largest = this.#about?.largest_bytes ?? Infinity;
      if (file.size > largest) { row.failed(`it is larger than ${(largest / 1e9).toFixed(1)} GB`); continue; }
      this.#queue = this.#queue.then(async () => {
        try {
          await upload(file, row.at);
          row.done();
          this.#hearer.added();
        } catch (error) {
          row.failed(error.message);
        }
      });
    }
  }
}
