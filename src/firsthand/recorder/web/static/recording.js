// One recording: its parts fetched, shown, and joined.

import * as api from "/api.js";
import { byId, make, remark, sentence } from "/theme/dom.js";
import { Finder } from "/finder.js";
import { Follow } from "/follow.js";
import { Legend } from "/legend.js";
import { Overview } from "/overview.js";
import { Player } from "/player.js";
import { Pyramid } from "/pyramid.js";
import { breathe } from "/slices.js";
import { Speakers } from "/speakers.js";
import { brief, moment, titled } from "/time.js";
import { Titling } from "/titling.js";
import { Transcript } from "/transcript.js";
import { Waveform } from "/waveform.js";
import { unknown } from "/words.js";
import { isLive, progress, told } from "/work.js";

const LANDING_MS = 120000, ECHO_MS = 1500;

let languages = null;

// "en" is "English", where the browser knows it.
function languageOf(tag) {
  languages ??= new Intl.DisplayNames(undefined, { type: "language", fallback: "code" });
  try { return tag && languages.of(tag); } catch { return tag; }
}

export class RecordingView {
  #number = 0; #item = null; #going = null; #hearer; #hits_ms = []; #shown = null; #stale = false; #later = []; #own = 0;
  #waveform; #overview; #legend; #transcript; #player; #finder; #speakers; #titling; #follow = new Follow((word) => this.#transcript.elementOf(word));

  // `hearer` has left(number): the recording is no more.
  constructor(hearer) {
    this.#hearer = hearer;
    this.#overview = new Overview(byId("overview"), { look: (from, span, ms) => this.#look(from, span, ms) });
    this.#waveform = new Waveform(byId("waveform"), byId("playhead"), {
      seek: (ms) => this.#seek(ms), viewed: (from, span) => this.#viewed(from, span),
    });
    this.#legend = new Legend(byId("legend"), { filtered: (mask) => { this.#waveform.wanted = this.#overview.wanted = mask; } });
    this.#player = new Player({ at: (ms, playing) => this.#at(ms, playing) });
    this.#speakers = new Speakers({ named: (speaker, name) => this.#named(speaker, name) });
    this.#titling = new Titling({ retitled: (number, title) => this.#retitled(number, title) });
    this.#transcript = new Transcript(byId("transcript"), {
      play: (ms) => this.#player.playFrom(ms), seek: (ms) => this.#seek(ms),
      nameOf: this.#speakers.nameOf, rename: (speaker, place) => this.#speakers.rename(speaker, place),
    });
    this.#finder = new Finder({
      words: () => this.#transcript.words ?? { text: [], start_ms: [] }, wordAt: (ms) => this.#transcript.wordAt(ms), place: () => this.#player.ms,
      marked: (words, hits) => { this.#transcript.mark(words); this.#hits_ms = hits.map(({ start_ms }) => start_ms); this.#waveform.mark(this.#hits_ms); },
      stood: (hit) => this.#stand(hit),
    });
    byId("in").onclick = () => this.zoom(0.5);
    byId("out").onclick = () => this.zoom(2);
    byId("delete").onclick = () => this.#askDelete();
    byId("keep").onclick = () => byId("deleting").close();
    byId("delete-now").onclick = () => this.#delete();
    byId("write").onclick = () => this.#write();
  }

  get number() { return this.#number; }
  get finding() { return this.#finder.active; }

  zoom(factor) { this.#waveform.zoom(factor); }
  toggle() { return this.#player.toggle(); }
  step(ms) { return this.#player.step(ms); }
  hit(by) { this.#finder.step(by); }

  // `at_ms` and `words` say where to land, and what was searched for.
  async open(number, { at_ms = null, words = "" } = {}) {
    if (number !== this.#number) {
      this.close();
      this.#number = number;
      this.#going = new AbortController();
      this.#follow.begin();
      this.#finder.begin(number);
      for (const link of byId("export").querySelectorAll("[data-form]")) link.href = api.exportOf(number, link.dataset.form);
      byId("save-sound").href = api.savedSoundOf(number);
      this.again();
    }
    const mine = this.#going;
    await this.#shown;
    if (mine !== this.#going || mine.signal.aborted || !this.#item) return;
    if (at_ms !== null) this.#land(at_ms, !words);
    if (words) await this.#finder.find(words, at_ms ?? 0);
  }

  close() {
    this.#titling.clear();
    this.#going?.abort();
    this.#number = this.#own = 0;
    this.#item = this.#shown = null;
    this.#later = [];
    this.#speakers.clear();
    byId("export-sound").hidden = byId("write").disabled = true;
    this.#player.unload();
    this.#transcript.clear();
    this.#waveform.clear();
    this.#overview.show(null, 1);
    this.#legend.clear();
    for (const one of ["note", "work", "flat", "people"]) byId(one).hidden = true;
    byId("about").replaceChildren();
  }

  hear(message) {
    if (message.recording !== this.#number) return;
    if (this.#shown) { this.#later.push(message); return; }
    if (!this.#item) return;
    if ("work" in message) this.#worked(message.work);
    if (message.words) {
      const { text } = this.#item.words, { first = text.length } = message.words, more = unknown(message.words, text.length);
      const anew = first < text.length && text[first] !== message.words.text[0];
      if (!more || anew) this.again();
      else if (more.text.length) this.#transcript.append(more, this.#item.turns);
    }
    if ("guess" in message) this.#transcript.guess(message.guess);
    if (message.changed && this.#own) this.#own -= 1; // what was changed here is known here
    else if (message.changed) this.again();
  }

  // Fetches what may be different, and shows what is; news that come meanwhile are heard after it.
  again() {
    if (!this.#number) return;
    this.#stale = true;
    this.#shown ??= this.#catchUp(this.#going.signal);
  }

  async #catchUp(signal) {
    try {
      while (this.#stale) {
        this.#stale = false;
        if (this.#item) await this.#update(signal);
        else await this.#fetch(signal);
        if (signal.aborted) return;
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#failed(error);
    }
    this.#shown = null;
    for (const message of this.#later.splice(0)) this.hear(message);
  }

  async #update(signal) {
    const before = this.#item, item = await api.recording(this.#number, signal);
    if (signal.aborted) return;
    this.#item = item;
    this.#showHead(item);
    this.#showAbout(item);
    this.#loadSound(item);
    this.#transcript.renamed();
    if (!alike(item, before)) await this.#showWords(item);
    await this.#fetchBars(item, signal);
  }

  async #fetch(signal) {
    byId("flat").hidden = true;
    const bars = api.barsOf(this.#number, signal);
    bars.catch(() => {});
    const item = await api.recording(this.#number, signal);
    await breathe();
    if (signal.aborted) return;
    this.#item = item;
    this.#showHead(item);
    await breathe();
    if (signal.aborted) return;
    this.#showAbout(item);
    await breathe();
    if (signal.aborted) return;
    await Promise.all([this.#showWords(item), this.#fetchBars(item, signal, bars)]);
    if (!signal.aborted) this.#loadSound(item);
  }

  async #fetchBars(item, signal, fetched = api.barsOf(item.number, signal)) {
    const bars = await fetched, pyramid = await Pyramid.build(bars);
    if (signal.aborted) return;
    this.#waveform.show(pyramid, Math.max(item.duration_ms, item.state === "recording" ? pyramid.length * pyramid.bar_ms : 0));
    this.#overview.show(pyramid, item.duration_ms);
    this.#legend.show(pyramid);
    this.#viewed(this.#waveform.from, this.#waveform.span);
    byId("flat").hidden = pyramid.length > 0;
    byId("flat").textContent = item.work || item.state === "recording" ? "The waveform comes when the sound has been listened to" : "This recording has no waveform";
  }

  #loadSound(item) {
    if (item.has_sound && item.state === "done") this.#player.load(api.soundOf(item.number), item.duration_ms);
  }

  async #showWords(item) {
    const none = item.work || item.state === "recording" ? "Nothing is written down yet." : "No words were heard in this recording.";
    await this.#transcript.show(item, none);
  }

  #showHead(item) {
    this.#titling.show(item);
    this.#speakers.show(item.speakers, item.turns);
    byId("note").textContent = sentence(item.note);
    byId("note").hidden = !item.note;
    byId("export-sound").hidden = !item.has_sound || item.state !== "done";
    this.#work(item.work);
  }

  // Apart from the rest: a browser's first date takes it long.
  #showAbout(item) {
    const facts = [moment(item.begun_at), brief(item.duration_ms), languageOf(item.language), item.engine].filter(Boolean);
    byId("about").replaceChildren(...facts.map((fact) => make("span", {}, fact)));
  }

  #worked(work) {
    const before = this.#item.work;
    this.#work(work);
    if (before && before.stage !== work?.stage) this.again();
  }

  #work(work) {
    this.#item.work = work;
    const live = isLive(this.#item), item = this.#item;
    byId("write").disabled = !item.has_sound || item.state !== "done" || Boolean(work);
    byId("work").hidden = !work && !live;
    byId("work-words").textContent = live ? item.away ? "Its page is away" : "Being recorded now" : work ? told(work) : "";
    byId("work-share").hidden = live || !work || work.stage === "waiting";
    if (work) progress(byId("work-share"), work);
  }

  #at(ms, playing) {
    if (!this.#item) return;
    this.#waveform.place(ms, playing);
    this.#overview.place(ms);
    const index = this.#transcript.wordAt(ms);
    this.#transcript.light(index);
    this.#follow.at(index, playing);
  }

  #viewed(from, span) {
    this.#overview.view(from, span);
    byId("out").disabled = span >= (this.#item?.duration_ms ?? 1);
  }

  #seek(ms) {
    if (this.#player.loaded) this.#player.seek(ms);
    else this.#at(ms, false);
  }

  #look(from, span, ms) {
    if (span >= this.#item?.duration_ms) { if (ms !== undefined) this.#seek(ms); }
    else this.#waveform.look(from, span);
  }

  #land(ms, scrolling) {
    this.#seek(ms);
    if (this.#item.duration_ms > 2 * LANDING_MS) this.#waveform.look(ms - LANDING_MS / 3, LANDING_MS);
    const element = this.#transcript.elementOf(Math.max(0, this.#transcript.wordAt(ms)));
    if (scrolling && element) this.#follow.show(element);
  }

  #stand(hit) {
    this.#seek(hit.start_ms);
    this.#waveform.reveal(hit.start_ms);
    this.#waveform.mark(this.#hits_ms, hit.start_ms);
    this.#transcript.mark(undefined, hit.words);
    const first = hit.words.size ? Math.min(...hit.words) : this.#transcript.wordAt(hit.start_ms);
    const element = this.#transcript.elementOf(Math.max(0, first));
    if (element) this.#follow.show(element);
  }

  async #retitled(number, title) {
    try {
      const { tags } = await this.#change(number, () => api.retitle(number, title));
      if (number === this.#number && this.#item) Object.assign(this.#item, { title, tags });
    } catch (error) {
      this.#failed(error, number);
      if (number === this.#number && this.#item) this.#titling.show(this.#item);
    }
  }

  // The server tells everybody of a change, and so the page that has asked for it.
  async #change(number, act) {
    const { signal } = this.#going;
    this.#own += number === this.#number;
    const forget = () => { if (!signal.aborted && number === this.#number) this.#own = Math.max(0, this.#own - 1); };
    try {
      const answer = await act();
      const own = this.#own;
      setTimeout(() => { if (this.#own >= own) forget(); }, ECHO_MS);
      return answer;
    } catch (error) { forget(); throw error; }
  }

  async #named(speaker, name) {
    const number = this.#number;
    try {
      const { speakers } = await this.#change(number, () => api.nameSpeaker(number, speaker, name));
      if (number !== this.#number) return;
      this.#item.speakers = speakers;
      this.#speakers.show(speakers, this.#item.turns);
      this.#transcript.renamed();
    } catch (error) { this.#failed(error); }
  }

  #askDelete() {
    byId("deleting-name").textContent = titled(this.#item);
    byId("deleting").showModal();
  }

  async #delete() {
    byId("deleting").close();
    try {
      const number = this.#number;
      await api.remove(number);
      remark("Deleted.");
      this.#hearer.left(number);
    } catch (error) { this.#failed(error); }
  }

  async #write() {
    try {
      await api.write(this.#number);
      remark("It is written down again.");
    } catch (error) { remark(sentence(error.message), true); }
  }

  #failed(error, number = this.#number) {
    if (error.name === "AbortError") return;
    remark(sentence(error.message), true);
    if (error.status === 404 && number === this.#number) this.#hearer.left(number);
  }
}

// Whether the same was said, by the same, and as much was heard.
function alike(one, other) {
  const said = one.words.text, before = other.words.text;
  return said.length === before.length && one.words.end_ms.at(-1) === other.words.end_ms.at(-1) && said.every((word, at) => word === before[at])
    && JSON.stringify(one.turns) === JSON.stringify(other.turns) && one.sounds.length === other.sounds.length;
}
