// Decodes Opus with its networks: deep concealment of lost packets, and NoLACE.
//
//     node decode.mjs MODULES FOLDER
//
// FOLDER/plan.json: {sizes, lost}, a packet each; FOLDER/packets.raw: the packets, one after
// another. Writes decoded.raw, float32 at 16 kHz.
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [modules, folder] = process.argv.slice(2);
const { OpusMLDecoder } = createRequire(join(modules, "/"))("@wasm-audio-decoders/opus-ml");

const plan = JSON.parse(readFileSync(join(folder, "plan.json"), "utf8"));
const packets = new Uint8Array(readFileSync(join(folder, "packets.raw")));
const decoder = new OpusMLDecoder({ sampleRate: 16000, channels: 1 });
await decoder.ready;

const decoded = [];
let offset = 0;
let heading = packets[0];
for (const [index, size] of plan.sizes.entries()) {
  const packet = packets.subarray(offset, offset + size);
  offset += size;
  if (!plan.lost[index]) heading = packet[0];
  // A heading without a frame asks the decoder to conceal one.
  const { channelData, errors } = decoder.decodeFrame(
    plan.lost[index] ? Uint8Array.of(heading & 0xfc) : packet,
  );
  if (errors.length) throw new Error(errors[0].message);
  decoded.push(new Uint8Array(channelData[0].slice().buffer));
}
writeFileSync(join(folder, "decoded.raw"), Buffer.concat(decoded));
