// Axes: { low, high, ticks, at }, where `at` gives the place of a value on the page.

const DIGITS = [[1], [1, 2, 5], [1, 1.5, 2, 3, 4, 5, 7]];

// By the logarithm, for values above nothing, with room on both sides.
function logarithmic(values, from, to) {
  const least = Math.min(...values), most = Math.max(...values);
  const spare = Math.max(1.4, (most / least) ** 0.12), low = least / spare, high = most * spare;
  const scale = (to - from) / Math.log(high / low);
  return { low, high, ticks: logTicks(low, high), at: (value) => from + Math.log(value / low) * scale };
}

// By the value, with `least` of room on both sides, between `bottom` and `top`.
function linear(values, from, to, { least, bottom = -Infinity, top = Infinity, wanted = 5 }) {
  const small = Math.min(...values), big = Math.max(...values), spare = Math.max(least, 0.12 * (big - small));
  const low = Math.max(bottom, small - spare), high = Math.min(top, big + spare), scale = (to - from) / (high - low);
  return { low, high, ticks: linearTicks(low, high, wanted), at: (value) => from + (value - low) * scale };
}

// Round values between `low` and `high`: three or more, of as few digits as that takes.
function logTicks(low, high) {
  const powers = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) powers.push(10 ** power);
  const round = (digits) => powers.flatMap((power) => digits.map((digit) => Number((digit * power).toPrecision(2))))
    .filter((value) => value >= low && value <= high);
  return DIGITS.map(round).find((ticks) => ticks.length >= 3) ?? round(DIGITS.at(-1));
}

// About `wanted` round values between `low` and `high`.
function linearTicks(low, high, wanted) {
  const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= rough);
  const ticks = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9 * step; at += 1) {
    ticks.push(Number((at * step).toPrecision(10)));
  }
  return ticks;
}

// Those ticks whose labels, `width` px wide, do not touch the one before.
function apart(ticks, at, width) {
  const kept = [];
  for (const tick of ticks) if (!kept.length || Math.abs(at(tick) - at(kept.at(-1))) >= width) kept.push(tick);
  return kept;
}
