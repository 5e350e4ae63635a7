// The objects, which of them is chosen, and whether the server has them as they are here.

import * as api from "/api.js";

export class Desk {
  objects = []; chosen = -1; undos = 0; redos = 0; why = "";
  // What the objects are a change of is #mark; #heard is the newest that the server was heard to have, null if that is known.
  // #before are the objects while a box is pulled, as they were before, else null.
  #mark = null; #unsaved = false; #sending = 0; #last = Promise.resolve(); #heard = null; #before = null; #told;

  // Calls told.changed() when objects or the choice are others, told.state() when saving is, and told.word(words, bad).
  constructor(told) { this.#told = told; }

  // "loading", "saved", "saving" or "failed", for which `why` says why.
  get state() { return this.why ? "failed" : this.#mark === null ? "loading" : this.#sending || this.#unsaved ? "saving" : "saved"; }
  // Whether something here is not yet at the server, nor on its way.
  get unsaved() { return this.#unsaved || this.#before !== null; }
  get box() { return this.objects[this.chosen] ?? null; }

  choose(index) {
    this.chosen = index;
    this.#told.changed();
  }

  // Shows a box in place of the chosen one while it is pulled; nothing from elsewhere comes between.
  preview(box) {
    this.#before ??= this.objects;
    this.objects = this.objects.with(this.chosen, box);
    this.#told.changed();
  }

  // Ends a preview, of which nothing is kept.
  drop() {
    if (!this.#before) return;
    this.objects = this.#before;
    this.#before = null;
    this.#told.changed();
    this.#catchUp();
  }

  // Ends a preview, which is kept.
  settle() { if (this.#before) this.keep(this.objects); }

  keep(objects, chosen = this.chosen) {
    this.#before = null;
    this.objects = objects;
    this.chosen = Math.min(chosen, objects.length - 1);
    this.#unsaved = true;
    this.#told.changed();
    this.#send(() => this.#flush());
  }

  keepBox(box) { this.keep(this.objects.with(this.chosen, box)); }
  retry() { this.#send(() => this.#unsaved ? this.#flush() : this.#load(false)); }
  load(quietly = true) { return this.#send(() => this.#load(quietly)); }

  undo() { this.#step(api.undo); }
  redo() { this.#step(api.redo); }

  // The server says that what it has is marked so.
  heard(mark) {
    this.#heard = mark;
    this.#catchUp();
  }

  // What could not be saved is what is undone first.
  #step(ask) {
    this.#send(async () => {
      if (this.why && this.#unsaved && ask === api.undo) { this.#unsaved = false; await this.#load(true); } else this.#take(await ask(this.#mark));
    });
  }

  async #flush() {
    if (!this.#unsaved) return;
    this.#unsaved = false;
    try {
      this.#take(await api.change(this.#mark, this.#before ?? this.objects), true);
    } catch (error) {
      this.#unsaved = true;
      throw error;
    }
  }

  async #load(quietly) {
    const found = await api.objects();
    if (!this.unsaved && !quietly && this.#mark !== null && found.mark !== this.#mark) this.#told.word("Changed in another window.");
    this.#take(found);
  }

  // Takes over what the server has. What is changed or pulled here stays meanwhile, and so does its mark, unless what the
  // server has is `ours`, what is here without that; so the server tells what is a change of other objects.
  #take({ mark, objects, undo, redo }, ours = false) {
    if (this.unsaved && !ours) { this.#heard = mark; return; }
    this.why = "";
    this.undos = undo;
    this.redos = redo;
    const other = mark !== this.#mark;
    this.#mark = mark;
    if (this.unsaved) return;
    const name = this.box?.name, before = this.objects.length;
    this.objects = objects;
    if (name !== undefined && this.box?.name !== name) this.chosen = this.#place(name, before);
    this.#told.changed(other);
  }

  // Where the chosen one is among others: by its name, or in its place where it was only renamed.
  #place(name, before) {
    const found = this.objects.findIndex((each) => each.name === name);
    return found < 0 && this.objects.length === before ? this.chosen : found;
  }

  // One thing after another; what goes wrong is shown, and a change of what is no longer there is let go.
  #send(act) {
    this.#sending += 1;
    this.#told.state();
    this.#last = this.#last.then(act).catch(async (error) => {
      if (error.status === 409) {
        this.#unsaved = false;
        this.#told.word(error.message, true);
        await this.#load(true).catch((other) => { this.why = other.message; });
      } else this.why = error.message;
    }).finally(() => {
      this.#sending -= 1;
      this.#told.state();
      this.#catchUp();
    });
    return this.#last;
  }

  #catchUp() {
    if (this.#sending || this.unsaved || this.#heard === null || this.#heard === this.#mark) return;
    this.#heard = null;
    this.load(false);
  }
}
