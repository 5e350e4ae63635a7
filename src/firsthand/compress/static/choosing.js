// Which model to take, by the rule of `firsthand.compress.choosing`, and which are beaten by none.

// What a field holds, in the unit of what it limits.
const IN_UNITS = {
  bytes: (kb) => Math.round(kb * 1e3),
  median_us: (ms) => ms * 1e3,
  p90_us: (ms) => ms * 1e3,
  macs: (millions) => Math.round(millions * 1e6),
  accuracy: (percent) => percent / 100,
  drop: (points) => points / 100,
};

// The most accurate student within `limits`, or the nearest with what is over: { member, over }.
function choose(members, limits) {
  const teacher = members.find((each) => each.teacher);
  const students = members.filter((each) => !each.teacher)
    .map((member) => ({ member, over: excess(member, limits, teacher) }));
  const fitting = students.filter(({ over }) => !over.length);
  return fitting.length ? first(fitting, better) : first(students, nearer);
}

// Of those than which none is `before` another, the first.
const first = (list, before) => list.reduce((found, each) => before(each, found) ? each : found);

function better({ member: a }, { member: b }) {
  return a.accuracy > b.accuracy || (a.accuracy === b.accuracy && a.median_us < b.median_us);
}

function nearer({ over: a }, { over: b }) {
  const most = (over) => Math.max(...over.map(({ times }) => times));
  return most(a) < most(b);
}

const ratio = (value, limit) => limit > 0 ? value / limit : Infinity;

// What of a member is beyond its limit, in words, and how many times; of accuracy, its errors.
function excess(member, limits, teacher) {
  const found = [];
  const most = (what, value, limit, scale, unit) => {
    if (limit === undefined || value <= limit) return;
    const words = `${what} is ${four(value / scale)} ${unit}, above ${four(limit / scale)}`;
    found.push({ words, times: ratio(value, limit) });
  };
  most("size", member.bytes, limits.bytes, 1e3, "KB");
  most("latency", member.median_us_high, limits.median_us, 1e3, "ms");
  most("p90", member.p90_us, limits.p90_us, 1e3, "ms");
  most("macs", member.macs, limits.macs, 1e6, "M");
  if (member.accuracy < limits.accuracy) {
    const words = `accuracy is ${(100 * member.accuracy).toFixed(2)} %, below ${(100 * limits.accuracy).toFixed(2)}`;
    found.push({ words, times: ratio(1 - member.accuracy, 1 - limits.accuracy) });
  }
  const drop = teacher ? teacher.accuracy - member.accuracy : 0;
  if (drop > limits.drop) {
    const words = `accuracy is ${(100 * drop).toFixed(2)} points below its teacher's`;
    found.push({ words, times: ratio(drop, limits.drop) });
  }
  return found;
}

const four = (value) => String(Number(value.toPrecision(4)));

// The members than which none is both better and cheaper by `cost`, the cheapest first.
function frontier(members, cost) {
  const best = [];
  for (const member of [...members].sort((a, b) => cost(a) - cost(b) || b.accuracy - a.accuracy)) {
    if (!best.length || member.accuracy > best.at(-1).accuracy) best.push(member);
  }
  return best;
}
