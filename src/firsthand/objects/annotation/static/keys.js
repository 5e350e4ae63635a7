// The keys, while nobody is typing.

const TYPING = "input:not([type=range]), textarea, select";

// `acts` maps a key, as [Ctrl+][Shift+]key with small letters, to what it does with what has the focus, and whether the
// key is held down; one that returns false leaves the key to the browser.
export function listen(acts) {
  document.addEventListener("keydown", (event) => {
    const { target, key, ctrlKey, metaKey, altKey, shiftKey, repeat } = event;
    if (event.defaultPrevented || altKey || document.querySelector("dialog[open]")) return;
    const held = ctrlKey || metaKey, name = `${held ? "Ctrl+" : ""}${shiftKey && key.length > 1 || shiftKey && /[a-z]/i.test(key) ? "Shift+" : ""}${key.length === 1 ? key.toLowerCase() : key}`;
    if (target.matches(TYPING)) return;
    if ((key === " " || key === "Enter") && target.closest("button, a")) return;
    const act = acts[name];
    if (!act || act(target, repeat) === false) return;
    event.preventDefault();
  });
}
