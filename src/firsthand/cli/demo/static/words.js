// Lines of a transcript: a click plays the sound above them from there.

for (const line of document.querySelectorAll(".said button")) {
  line.addEventListener("click", () => {
    const audio = line.closest(".blocks").querySelector("audio");
    audio.currentTime = Number(line.dataset.at);
    // Stopped before it began, as another was clicked: nothing to tell.
    audio.play().catch((error) => { if (error.name !== "AbortError") throw error; });
  });
}
