"""Linear prediction's weights by reflections, order by order, a product a step.

Two rows, of which one moves on by a sample against the other: all that two recursions differ in is
which reflection the rows ask for. `numpy.linalg.solve` is as quick on a quiet machine; but it
shares the work among threads that wait for each other in turns, and on a busy one they wait long.
"""

from collections.abc import Callable
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats

Doubles = NDArray[np.float64]

_SILENCE: Final = 1e-10

_DIGITS: Final = 1e-3
"""Of the errors' power, as it was summed last: below that it is summed anew."""


def from_correlations(correlations: Doubles) -> Doubles:
    """Return the weights (n,) of the last samples, oldest first, in the next one.

    `correlations` (n + 1,) are a sound's with itself, from lag 0 on; where they are no sound's, the
    order ends before that shows. By Schur's recursion, whose filters are stable (Schur 1917; Le
    Roux & Gueguen 1977, "A fixed point computation of partial correlation coefficients"). Of
    silence all weights are 0.
    """

    def reflection(line: Doubles, _count: int, width: int) -> float | None:
        error = line.item(width)
        found = -line.item(0) / error if error > 0 else 1.0
        return found if abs(found) < 1 else None

    return _weights(correlations[1:], correlations[:-1], len(correlations) - 1, reflection)


def burg(past: Floats, order: int) -> Doubles:
    """Return the weights (order,) of the last samples, oldest first, in the next one.

    What is before and after a short sound is not taken for 0, so that of 20 ms the harmonics go on,
    which the autocorrelation method lets die away. `past` (n,) has more samples than the order. The
    filter is stable, and of silence all weights are 0 (Burg 1967, "Maximum entropy spectral
    analysis"; Andersen 1974, "On the calculation of filter coefficients for maximum entropy
    spectral analysis").
    """
    samples = past.astype(np.float64)
    power = summed = float(samples[1:].dot(samples[1:]) + samples[:-1].dot(samples[:-1]))
    least = _SILENCE + 1e-12 * power

    def reflection(line: Doubles, count: int, width: int) -> float | None:
        nonlocal power, summed
        forward, backward = line[:count], line[width : width + count]
        if power < _DIGITS * summed:  # carried on, it loses its digits where little is left of it
            power = summed = float(forward.dot(forward) + backward.dot(backward))
        if power < least:
            return None
        found = -2.0 * float(forward.dot(backward)) / power
        first = line.item(0) + found * line.item(width)
        last = line.item(width + count - 1) + found * line.item(count - 1)
        power = (1.0 - found * found) * power - first * first - last * last
        return found

    return _weights(samples[1:], samples[:-1], order, reflection)


def _weights(
    upper: NDArray[Any], lower: NDArray[Any], order: int, reflection: Callable[..., float | None]
) -> Doubles:
    """Take rows (n,) on by `order` steps, each by what `reflection` says of them; None ends it.

    It is given the rows in one line, how long they still are, and where the lower one begins.
    Behind the upper row comes the filter, and behind the lower one the filter from behind, a sample
    later, so that the same product makes them. In one line, without the first and the last number
    the rows are those of the next order.
    """
    count = len(upper)
    width = count + order + 1
    rows = np.zeros((2, width))
    rows[:, :count] = upper, lower
    rows[0, count] = rows[1, count + 1] = 1.0
    line, turn = rows.reshape(-1), np.eye(2)
    across = turn.reshape(-1)[1:3]
    for _ in range(order):
        found = reflection(line, count, width)
        if found is None:
            break
        across.fill(found)
        line = turn.dot(line.reshape(2, width)).reshape(-1)
        count -= 1
        line[width + count] = 0.0
        line = line[1:-1]
        width -= 1
    weights: Doubles = -line[count + 1 : count + 1 + order][::-1]
    return weights
