// Calls over WebRTC, side by side and in real time, through relays that lose and delay packets.
//
//     node call.mjs MODULES FOLDER
//
// FOLDER/plan.json: {chunks, first_chunk, end_chunk, first_packet, codec, rest_ms, delays_ms}. A chunk is
// 10 ms of what is said, a packet 20 ms; counters are read at `first_chunk` and at `end_chunk`,
// `delays_ms[call][i]` is for packet `first_packet + i`, null loses it, others come `rest_ms` late, and `codec` is the line of
// format parameters. FOLDER/sent-CALL.raw is what is said, 16 bits at 48 kHz. Writes what was
// heard, received-CALL.raw, and FOLDER/result.json.
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";

const [modules, folder] = process.argv.slice(2);
const { RTCPeerConnection, nonstandard } = createRequire(join(modules, "/"))("@roamhq/wrtc");
const { RTCAudioSink, RTCAudioSource } = nonstandard;

const HOST = "127.0.0.1";
const RATE = 48000;
const CHUNK = RATE / 100;
const PACKET = 2 * CHUNK;

// Everything but Opus goes, and with it what would resend packets or send them twice.
function opusOnly(sdp, codec) {
  const type = sdp.match(/a=rtpmap:(\d+) opus\/48000/)[1];
  const kept = sdp
    .split("\r\n")
    .filter((line) => !/^a=(extmap|rtcp-fb|rtpmap|fmtp|ptime|maxptime)/.test(line))
    .map((line) => (line.startsWith("m=audio") ? line.replace(/SAVPF .*/, `SAVPF ${type}`) : line));
  const opus = [`a=rtpmap:${type} opus/48000/2`, `a=fmtp:${type} ${codec}`, "a=ptime:20"];
  kept.splice(kept.findLastIndex((line) => line) + 1, 0, ...opus);
  return kept.join("\r\n");
}

// Returns a description whose only address is the relay's, and the port it really came from.
function rerouted(sdp, relayPort) {
  const own = new RegExp(`^a=candidate:.* udp \\d+ ${HOST} (\\d+) typ host`);
  const lines = sdp.split("\r\n");
  const port = Number(lines.map((line) => line.match(own)).find(Boolean)[1]);
  const shown = lines
    .filter((line) => !line.startsWith("a=candidate") || own.test(line))
    .map((line) => line.replace(`${HOST} ${port} typ`, `${HOST} ${relayPort} typ`));
  return [shown.join("\r\n"), port];
}

async function described(connection, description, codec) {
  const sdp = opusOnly(description.sdp, codec);
  await connection.setLocalDescription({ type: description.type, sdp });
  await until(() => connection.iceGatheringState === "complete");
  return connection.localDescription.sdp;
}

async function until(isTrue, limitMs = 20000) {
  for (const end = performance.now() + limitMs; !isTrue(); await sleep(10)) {
    if (performance.now() > end) throw new Error(`not within ${limitMs} ms: ${isTrue}`);
  }
}

async function listening() {
  const socket = createSocket("udp4");
  socket.bind(0, HOST);
  await once(socket, "listening");
  return socket;
}

// Two sockets, one for each end. What the speaker sends of RTP passes by the plan.
class Relay {
  packets = []; // [arrived, left or null, RTP time in packets since the first]

  static async open(firstPacket, restMs, delaysMs) {
    const relay = new Relay();
    relay.firstPacket = firstPacket;
    relay.restMs = restMs;
    relay.delaysMs = delaysMs;
    relay.speaker = await listening();
    relay.listener = await listening();
    return relay;
  }

  start(speakerPort, listenerPort) {
    const forward = (message) => this.listener.send(message, listenerPort, HOST);
    this.listener.on("message", (message) => this.speaker.send(message, speakerPort, HOST));
    this.speaker.on("message", (message) => {
      const isRtp = message[0] >> 6 === 2 && (message[1] < 192 || message[1] > 223);
      if (isRtp) this.#pass(message, forward);
      else forward(message);
    });
  }

  #pass(message, forward) {
    const arrived = performance.now();
    const time = message.readUInt32BE(4);
    this.firstTime ??= time;
    const index = ((time - this.firstTime) >>> 0) / PACKET;
    const packet = [arrived, null, index];
    this.packets.push(packet);
    const planned = this.delaysMs[index - this.firstPacket];
    const delayMs = planned === undefined ? this.restMs : planned;
    if (delayMs === null) return;
    const leave = () => {
      packet[1] = performance.now();
      forward(message);
    };
    if (delayMs > 0) setTimeout(leave, Math.round(delayMs));
    else leave();
  }

  close() {
    this.speaker.close();
    this.listener.close();
  }
}

class Call {
  saidAt = []; // when each chunk was given
  heard = []; // frames, when each came, and its rate: NetEQ starts at another than it goes on with
  heardAt = [];
  heardRates = [];

  static async open(said, plan, delaysMs) {
    const call = new Call();
    call.said = said;
    call.relay = await Relay.open(plan.first_packet, plan.rest_ms, delaysMs);
    call.from = new RTCPeerConnection();
    call.to = new RTCPeerConnection();
    call.source = new RTCAudioSource();
    call.from.addTrack(call.source.createTrack());
    call.to.ontrack = ({ track }) => call.#listen(track);
    await call.#connect(plan.codec);
    return call;
  }

  async #connect(codec) {
    const { from, to, relay } = this;
    const offer = await described(from, await from.createOffer(), codec);
    const [offered, fromPort] = rerouted(offer, relay.listener.address().port);
    await to.setRemoteDescription({ type: "offer", sdp: offered });
    const answer = await described(to, await to.createAnswer(), codec);
    const [answered, toPort] = rerouted(answer, relay.speaker.address().port);
    relay.start(fromPort, toPort);
    await from.setRemoteDescription({ type: "answer", sdp: answered });
    await until(() => from.connectionState === "connected" && to.connectionState === "connected");
  }

  #listen(track) {
    this.sink = new RTCAudioSink(track);
    this.sink.ondata = ({ samples, sampleRate }) => {
      this.heard.push(samples.slice());
      this.heardAt.push(performance.now());
      this.heardRates.push(sampleRate);
    };
  }

  say(chunk) {
    this.saidAt.push(performance.now());
    this.source.onData({
      samples: this.said.slice(chunk * CHUNK, (chunk + 1) * CHUNK),
      sampleRate: RATE,
      bitsPerSample: 16,
      channelCount: 1,
      numberOfFrames: CHUNK,
    });
  }

  async counters() {
    const report = [...(await this.to.getStats()).values()];
    return report.find(({ type }) => type === "inbound-rtp");
  }

  close() {
    this.sink.stop();
    this.from.close();
    this.to.close();
    this.relay.close();
  }
}

async function main() {
  const plan = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8"));
  const calls = [];
  for (const [index, delaysMs] of plan.delays_ms.entries()) {
    const raw = readFileSync(join(folder, `sent-${index}.raw`));
    const said = new Int16Array(new Uint8Array(raw).buffer);
    calls.push(await Call.open(said, plan, delaysMs));
  }
  await sleep(300); // what is given before the sender is ready would be lost
  const before = [];
  const after = [];
  const start = performance.now();
  for (let chunk = 0; chunk < plan.chunks; chunk++) {
    const wait = start + 10 * chunk - performance.now();
    if (wait > 0) await sleep(wait);
    for (const call of calls) call.say(chunk);
    if (chunk === plan.first_chunk) before.push(...calls.map((call) => call.counters()));
    if (chunk === plan.end_chunk) after.push(...calls.map((call) => call.counters()));
  }
  await sleep(300);
  const results = [];
  for (const [index, call] of calls.entries()) {
    const frames = call.heard.map((frame) => new Uint8Array(frame.buffer));
    writeFileSync(join(folder, `received-${index}.raw`), Buffer.concat(frames));
    results.push({
      before: await before[index],
      after: await after[index],
      packets: call.relay.packets,
      said_at: call.saidAt,
      heard_at: call.heardAt,
      heard_rates: call.heardRates,
    });
    call.close();
  }
  writeFileSync(join(folder, "result.json"), JSON.stringify(results));
  process.exit(0);
}

await main();
