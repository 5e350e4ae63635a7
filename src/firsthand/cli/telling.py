"""How a message becomes one line that a terminal can show safely."""


def one_line(message: str) -> str:
    """Return `message` in one line: line breaks become "; ", other control characters escapes.

    File names end up in messages, and may hold anything but a slash and a zero byte.
    """
    joined = "; ".join(line.strip() for line in message.splitlines() if line.strip())
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in joined)
