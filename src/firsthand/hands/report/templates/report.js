"use strict";
// Keeps the timeline and the turning hands in step with the video.
(() => {
  const video = document.getElementById("clip");
  const timeline = document.getElementById("timeline");
  const playhead = document.getElementById("playhead");
  const canvas = document.getElementById("pose");
  const now = document.getElementById("now");
  const { bones, frames } = JSON.parse(document.getElementById("poses").textContent);
  const brush = canvas.getContext("2d");
  const idle = now.textContent;
  let turn = 0.5, tilt = 0.15, shown = -1, pressed = null;

  const frameAt = (seconds) => {
    let low = 0, high = frames.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (frames[middle].t <= seconds + 1e-3) low = middle; else high = middle - 1;
    }
    return low;
  };

  const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const project = (mm, left, width, height) => {
    const points = [], middle = [0, 0, 0];
    mm.forEach((value, index) => { middle[index % 3] += value / 21; });
    let radius = 1;
    for (let i = 0; i < 63; i += 3) {
      const p = [mm[i] - middle[0], mm[i + 1] - middle[1], mm[i + 2] - middle[2]];
      radius = Math.max(radius, Math.hypot(...p));
      points.push(p);
    }
    const scale = 0.44 * Math.min(width, height) / radius;
    return points.map(([x, y, z]) => {
      const a = x * Math.cos(turn) + z * Math.sin(turn);
      const b = z * Math.cos(turn) - x * Math.sin(turn);
      const c = y * Math.cos(tilt) - b * Math.sin(tilt);
      const d = y * Math.sin(tilt) + b * Math.cos(tilt);
      return { x: left + width / 2 + a * scale, y: height / 2 + c * scale, near: 0.5 - d / radius / 2 };
    });
  };

  const draw = () => {
    const dense = window.devicePixelRatio || 1;
    const width = canvas.clientWidth, height = canvas.clientHeight;
    canvas.width = width * dense;
    canvas.height = height * dense;
    brush.setTransform(dense, 0, 0, dense, 0, 0);
    brush.clearRect(0, 0, width, height);
    brush.lineCap = "round";
    const hands = frames[Math.max(shown, 0)].hands;
    hands.forEach((hand, index) => {
      const share = width / hands.length;
      const points = project(hand.mm, index * share, share, height);
      const size = Math.min(share, height) / 280;
      brush.strokeStyle = brush.fillStyle = style("--" + hand.side);
      const near = ([a, b]) => points[a].near + points[b].near;
      for (const [a, b] of [...bones].sort((m, n) => near(m) - near(n))) {
        brush.globalAlpha = 0.2 + 0.8 * Math.min(1, near([a, b]) / 2);
        brush.lineWidth = 6 * size;
        brush.beginPath();
        brush.moveTo(points[a].x, points[a].y);
        brush.lineTo(points[b].x, points[b].y);
        brush.stroke();
      }
      for (const point of [...points].sort((m, n) => m.near - n.near)) {
        brush.globalAlpha = 0.3 + 0.7 * point.near;
        brush.beginPath();
        brush.arc(point.x, point.y, (3.5 + 4 * point.near) * size, 0, 7);
        brush.fill();
      }
      brush.globalAlpha = 1;
    });
    const words = hands.map((hand) => `${hand.side}: ${hand.gesture || "no known gesture"}`);
    now.textContent = words.join(", ") || (frames.some((f) => f.hands.length) ? "no hand in view" : idle);
  };

  const follow = () => {
    const seconds = video.currentTime;
    if (timeline) {
      const share = Math.min(1, seconds / Number(timeline.dataset.duration)) * 100;
      playhead.setAttribute("x1", `${share}%`);
      playhead.setAttribute("x2", `${share}%`);
      timeline.setAttribute("aria-valuenow", seconds.toFixed(2));
      timeline.setAttribute("aria-valuetext", `${seconds.toFixed(1)} seconds`);
    }
    const index = frameAt(seconds);
    if (index !== shown) {
      shown = index;
      draw();
    }
  };

  const loop = () => {
    follow();
    if (!video.paused && !video.ended) requestAnimationFrame(loop);
  };
  video.addEventListener("play", loop);
  for (const name of ["seeked", "timeupdate", "loadeddata"]) video.addEventListener(name, follow);

  if (timeline) {
    const duration = Number(timeline.dataset.duration);
    const seek = (seconds) => { video.currentTime = Math.min(Math.max(seconds, 0), duration - 1e-3); };
    const point = (event) => {
      const box = timeline.querySelector("svg").getBoundingClientRect();
      seek((event.clientX - box.left) / box.width * duration);
    };
    timeline.addEventListener("pointerdown", (event) => {
      timeline.setPointerCapture(event.pointerId);
      point(event);
    });
    timeline.addEventListener("pointermove", (event) => { if (event.buttons) point(event); });
    const steps = { ArrowRight: 0.1, ArrowUp: 0.1, ArrowLeft: -0.1, ArrowDown: -0.1, PageUp: 1, PageDown: -1 };
    timeline.addEventListener("keydown", (event) => {
      if (event.key in steps) seek(video.currentTime + steps[event.key]);
      else if (event.key === "Home") seek(0);
      else if (event.key === "End") seek(duration);
      else if (event.key === " " && !video.paused) video.pause();
      // Stopped before it began, as the key was pressed twice: nothing to tell.
      else if (event.key === " ") video.play().catch((error) => { if (error.name !== "AbortError") throw error; });
      else return;
      event.preventDefault();
    });
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pressed = [event.clientX, event.clientY, turn, tilt];
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!pressed || !event.buttons) return;
    turn = pressed[2] + (event.clientX - pressed[0]) / 120;
    tilt = Math.min(1.4, Math.max(-1.4, pressed[3] + (event.clientY - pressed[1]) / 160));
    draw();
  });
  addEventListener("resize", draw);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  follow();
})();
