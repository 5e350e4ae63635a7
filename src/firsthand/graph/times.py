"""What a trace says about each node: calls, median, 99th percentile, share of the time."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from firsthand.errors import InputError

MAX_BYTES: Final = 1_000_000_000


class NodeTimes(NamedTuple):
    """One node's `process` calls. `share` is its part of the time spent in all nodes, 0 to 1."""

    node: str
    calls: int
    median_us: float
    p99_us: float
    total_us: float
    share: float


def node_times(busy_us: Mapping[str, Sequence[float]]) -> list[NodeTimes]:
    """Sum up durations (as `Tracer.busy_us` or `read_trace` give them), the busiest node first."""
    everything = sum(sum(durations) for durations in busy_us.values())
    rows = [
        NodeTimes(
            node,
            len(durations),
            _quantile(sorted(durations), 0.5),
            _quantile(sorted(durations), 0.99),
            sum(durations),
            sum(durations) / everything if everything else 0.0,
        )
        for node, durations in busy_us.items()
        if durations
    ]
    return sorted(rows, key=lambda row: (-row.total_us, row.node))


def _quantile(ordered: Sequence[float], fraction: float) -> float:
    """Return the quantile by linear interpolation (type 7 of Hyndman and Fan 1996)."""
    at = (len(ordered) - 1) * fraction
    low = int(at)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (at - low)


def read_trace(path: Path | str) -> dict[str, list[float]]:
    """Read each node's `process` durations (microseconds) from a file `Tracer.write` made.

    Raises:
        InputError: the file cannot be read or is not such a trace.
    """
    path = Path(path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"trace {path} is larger than {MAX_BYTES} bytes")
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot read trace {path}: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"trace {path} is not JSON: {error}") from error
    events = document.get("traceEvents") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise InputError(f"trace {path} has no list 'traceEvents'; write one with Tracer.write")
    busy_us: dict[str, list[float]] = {}
    for event in events:
        if not isinstance(event, dict) or event.get("cat") != "process":
            continue
        name, duration = event.get("name"), event.get("dur")
        if (
            not isinstance(name, str)
            or isinstance(duration, bool)
            or not isinstance(duration, (int, float))
            or not 0 <= duration < 1e15  # false for NaN as well
        ):
            raise InputError(
                f"trace {path}: event {str(event)[:200]} needs a text 'name' and 'dur' >= 0 us"
            )
        busy_us.setdefault(name, []).append(float(duration))
    return busy_us
