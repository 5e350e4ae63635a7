// 16-bit samples of one channel as a WAV file.

const HEADER_BYTES = 44, SAMPLE_BYTES = 2, PCM = 1;

export function wavFile(name, samples, rate_hz) {
  const header = new DataView(new ArrayBuffer(HEADER_BYTES)), bytes = samples.length * SAMPLE_BYTES;
  const text = (at, words) => { for (let place = 0; place < words.length; place += 1) header.setUint8(at + place, words.charCodeAt(place)); };
  text(0, "RIFF");
  header.setUint32(4, HEADER_BYTES - 8 + bytes, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, PCM, true);
  header.setUint16(22, 1, true);
  header.setUint32(24, rate_hz, true);
  header.setUint32(28, rate_hz * SAMPLE_BYTES, true);
  header.setUint16(32, SAMPLE_BYTES, true);
  header.setUint16(34, 8 * SAMPLE_BYTES, true);
  text(36, "data");
  header.setUint32(40, bytes, true);
  return new File([header, samples], name, { type: "audio/wav" });
}
