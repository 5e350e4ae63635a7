"""Linear prediction by Burg's method: what is before and after a short sound is not taken for 0.

So that of 20 ms the harmonics go on, which the autocorrelation method lets die away.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats

Doubles = NDArray[np.float64]

_SILENCE: Final = 1e-10

_DIGITS: Final = 1e-3
"""Of the errors' power, as it was summed last: below that it is summed anew."""


def burg(past: Floats, order: int) -> Doubles:
    """Return the weights (order,) of the last samples, oldest first, in the next one.

    `past` (n,) has more samples than the order. The filter is stable, and of silence all weights
    are 0 (Burg 1967, "Maximum entropy spectral analysis"; Andersen 1974, "On the calculation of
    filter coefficients for maximum entropy spectral analysis").
    """
    count = len(past) - 1
    width = count + order + 1
    # A row of forward errors with the filter behind them, and one of backward errors a sample
    # earlier with the filter from behind a sample later: one product takes all a step on. In one
    # line, without the first and the last number they are those of the next order.
    rows = np.zeros((2, width))
    rows[:, :count] = past[1:], past[:-1]
    rows[0, count] = rows[1, count + 1] = 1.0
    line, turn = rows.reshape(-1), np.eye(2)
    forward, backward = line[:count], line[width : width + count]
    summed = power = float(forward.dot(forward) + backward.dot(backward))
    least = _SILENCE + 1e-12 * power
    for _ in range(order):
        if power < _DIGITS * summed:  # carried on, it loses its digits where little is left of it
            summed = power = float(forward.dot(forward) + backward.dot(backward))
        if power < least:
            break
        reflection = -2.0 * float(forward.dot(backward)) / power
        turn[0, 1] = turn[1, 0] = reflection
        line = turn.dot(line.reshape(2, width)).reshape(-1)
        count, width = count - 1, width - 1
        first, last = float(line[0]), float(line[width + 1 + count])
        power = (1.0 - reflection * reflection) * power - first * first - last * last
        line[width + 1 + count] = 0.0
        line = line[1:-1]
        forward, backward = line[:count], line[width : width + count]
    weights: Doubles = -line[count + 1 : count + 1 + order][::-1]
    return weights
