// Players and their spectrograms: one is heard at a time, a line shows where, a click goes there.

const players = [...document.querySelectorAll(".sound")].map((root) => ({
  audio: root.querySelector("audio"), scroll: root.querySelector(".scroll"), picture: root.querySelector(".picture"),
  head: root.querySelector(".head"),
}));

function follow({ audio, head, scroll, picture }) {
  const share = audio.currentTime / audio.duration || 0;
  head.setAttribute("x1", `${100 * share}%`);
  head.setAttribute("x2", `${100 * share}%`);
  head.classList.toggle("on", audio.currentTime > 0);
  const at = share * picture.clientWidth;
  if (!audio.paused && (at < scroll.scrollLeft || at > scroll.scrollLeft + scroll.clientWidth)) scroll.scrollLeft = at;
  if (!audio.paused) requestAnimationFrame(() => follow({ audio, head, scroll, picture }));
}

for (const player of players) {
  const { audio, picture, scroll } = player;
  audio.addEventListener("play", () => {
    for (const other of players) if (other !== player) other.audio.pause();
    follow(player);
  });
  audio.addEventListener("timeupdate", () => audio.paused && follow(player));
  picture.addEventListener("click", (event) => {
    const { left, width } = picture.getBoundingClientRect();
    audio.currentTime = audio.duration * (event.clientX - left) / width || 0;
    // Stopped before it began, as another was clicked: nothing to tell.
    audio.play().catch((error) => { if (error.name !== "AbortError") throw error; });
  });
  scroll.addEventListener("scroll", () => {
    for (const other of players) if (other !== player) other.scroll.scrollLeft = scroll.scrollLeft;
  });
}
