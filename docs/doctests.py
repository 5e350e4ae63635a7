"""Examples of docstrings, the lines from `>>>` to the next empty one, are code in the site."""

from typing import Any

from griffe import Extension, Object


class Doctests(Extension):
    """Fences examples in every docstring, which Markdown would else take for prose."""

    def on_object(self, *, obj: Object, **_: Any) -> None:
        """Rewrite the docstring of a module, class, function or attribute."""
        if obj.docstring is not None and ">>>" in obj.docstring.value:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """Return text whose examples are fenced as Python code; indented ones stay as they are."""
    lines: list[str] = []
    inside = False
    for line in text.splitlines():
        if not inside and line.startswith(">>>"):
            lines.append("```pycon")
            inside = True
        elif inside and not line.strip():
            lines.append("```")
            inside = False
        lines.append(line)
    return "\n".join([*lines, "```"] if inside else lines)
