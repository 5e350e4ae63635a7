// Places on an axis, and its ticks.

// From `low`..`high` to `from`..`to`, by the logarithm.
export function logarithmic(low, high, from, to) {
  const bottom = Math.log(low), scale = (to - from) / (Math.log(high) - bottom);
  return (value) => from + (Math.log(value) - bottom) * scale;
}

export function linear(low, high, from, to) {
  return (value) => from + (value - low) * (to - from) / (high - low);
}

// 1, 2 and 5 times powers of ten between `low` and `high`; only the powers where those are many.
export function logTicks(low, high) {
  const found = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.ceil(Math.log10(high)); power += 1) {
    for (const digit of [1, 2, 5]) {
      const value = Number((digit * 10 ** power).toPrecision(1));
      if (value >= low && value <= high) found.push(value);
    }
  }
  const powers = found.filter((value) => Number.isInteger(Math.round(1e6 * Math.log10(value)) / 1e6));
  return powers.length > 4 ? powers : found;
}

// About `wanted` round values between `low` and `high`.
export function linearTicks(low, high, wanted = 5) {
  const rough = (high - low) / wanted, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((each) => each >= rough);
  const found = [];
  for (let at = Math.ceil(low / step - 1e-9); at * step <= high + 1e-9; at += 1) found.push(Number((at * step).toPrecision(10)));
  return found;
}
