// Vectors of three numbers.

export const add = (a, b, much = 1) => [a[0] + much * b[0], a[1] + much * b[1], a[2] + much * b[2]];
export const minus = (a, b) => [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
export const times = (a, much) => [a[0] * much, a[1] * much, a[2] * much];
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
export const cross = (a, b) => [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
export const length = (a) => Math.hypot(a[0], a[1], a[2]);
export const unit = (a) => times(a, 1 / length(a));

// A pose is its sixteen numbers, one row after another.
export const axisOf = (pose, column) => [pose[column], pose[4 + column], pose[8 + column]];
export const placeOf = (pose) => axisOf(pose, 3);
export const mapped = (pose, [x, y, z]) => add(add(add(placeOf(pose), axisOf(pose, 0), x), axisOf(pose, 1), y), axisOf(pose, 2), z);

// Where a ray { from, along } meets the plane through `point` with this normal: how far, or null.
export function toPlane(ray, point, normal) {
  const steep = dot(ray.along, normal);
  if (Math.abs(steep) < 1e-9) return null;
  const far = dot(minus(point, ray.from), normal) / steep;
  return far > 0 ? far : null;
}

// How far along the line through `point` the place is that a ray comes nearest to, or null where they run side by side.
export function alongLine(ray, point, along) {
  const slant = dot(ray.along, along), apart = minus(point, ray.from), open = 1 - slant * slant;
  return open < 1e-6 ? null : (slant * dot(apart, ray.along) - dot(apart, along)) / open;
}

export const at = (ray, far) => add(ray.from, ray.along, far);
