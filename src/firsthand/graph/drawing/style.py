"""The colours and type of drawings, for light and for dark surroundings."""

from typing import Final

STREAM_COLOURS: Final = 6

_SANS: Final = 'Inter, "Helvetica Neue", Helvetica, Arial, "DejaVu Sans", sans-serif'
_MONO: Final = 'ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'

_FIXED: Final = f"""
text {{ font-family: {_SANS}; }}
.mono {{ font-family: {_MONO}; }}
.title {{ font-size: 13px; font-weight: 600; }}
.small {{ font-size: 10px; }}
.pill-name {{ font-size: 11px; }}
.tag {{ font-size: 9px; }}
.mid {{ text-anchor: middle; }}
.line {{ fill: none; stroke-width: 1.6; stroke-linecap: round; }}
.side.line {{ stroke-dasharray: 0.1 4.2; stroke-width: 2; }}
.back.line {{ stroke-dasharray: 6 4; }}
.box {{ stroke-width: 1.2; }}
.missing {{ stroke-dasharray: 4 3; }}
.name {{ stroke-width: 3.5px; paint-order: stroke; stroke-linejoin: round; }}
.edge:hover .line {{ stroke-width: 3.2; }}
"""


def _scheme(
    *,
    paper: str,
    box: str,
    border: str,
    ink: str,
    soft: str,
    badge: str,
    side: str,
    side_fill: str,
    back: str,
    warm: str,
    inputs: str,
    outputs: str,
    sources: str,
    streams: tuple[str, ...],
) -> str:
    rules = [
        f".paper {{ fill: {paper}; }}",
        f".box {{ fill: {box}; stroke: {border}; }}",
        f".box.source {{ fill: {sources}; }}",
        f".box.input {{ fill: {inputs}; stroke: {streams[0]}; }}",
        f".box.output {{ fill: {outputs}; stroke: {streams[1]}; }}",
        f".box.sides {{ fill: {side_fill}; stroke: {side}; }}",
        f".box.missing {{ fill: {paper}; stroke: {back}; }}",
        f".ink {{ fill: {ink}; }}",
        f".soft {{ fill: {soft}; }}",
        f".badge {{ fill: {badge}; }}",
        f".heat {{ fill: {warm}; }}",
        f".heat-bed {{ fill: {badge}; }}",
        f".name {{ stroke: {paper}; }}",
    ]
    for i, colour in enumerate(streams):
        rules.append(f".s{i}.line {{ stroke: {colour}; }}")
        rules.append(f".s{i}.fill {{ fill: {colour}; }}")
    for kind, colour in (("side", side), ("back", back)):
        rules.append(f".{kind}.line {{ stroke: {colour}; }}")
        rules.append(f".{kind}.fill {{ fill: {colour}; }}")
    return "\n".join(rules)


_LIGHT: Final = _scheme(
    paper="#fbfaf8",
    box="#ffffff",
    border="#c3c8d1",
    ink="#1d2433",
    soft="#667085",
    badge="#eceef3",
    side="#c2700c",
    side_fill="#fff4e2",
    back="#c8325a",
    warm="#ef6c3b",
    inputs="#e8f1ff",
    outputs="#e3f6f0",
    sources="#f3effe",
    streams=("#2f6fd0", "#0b8f76", "#7a56c8", "#2a91b8", "#5d7f1f", "#5b6b8c"),
)
_DARK: Final = _scheme(
    paper="#14171d",
    box="#20252e",
    border="#424b5a",
    ink="#eef1f6",
    soft="#9aa5b6",
    badge="#303846",
    side="#f0a850",
    side_fill="#33281a",
    back="#ff7a9a",
    warm="#ff8a5c",
    inputs="#1b2a44",
    outputs="#15332d",
    sources="#2a2440",
    streams=("#7fb0ff", "#4fd1b2", "#b79cff", "#6fcbe8", "#b3d363", "#a9b8d6"),
)

STYLE: Final = f"{_FIXED}{_LIGHT}\n@media (prefers-color-scheme: dark) {{\n{_DARK}\n}}\n"
