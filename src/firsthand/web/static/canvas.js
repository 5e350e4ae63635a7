// A canvas that has as many pixels as its place on this screen.

// Fits the canvas to its box; returns [brush, width, height] in CSS pixels.
export function fitted(canvas, box) {
  const dense = devicePixelRatio || 1, width = Math.round(box.width * dense), height = Math.round(box.height * dense);
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  const brush = canvas.getContext("2d");
  brush.setTransform(dense, 0, 0, dense, 0, 0);
  brush.clearRect(0, 0, box.width, box.height);
  return [brush, box.width, box.height];
}
