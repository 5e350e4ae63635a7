"""Linear prediction by Burg's method: what is before and after a short sound is not taken for 0.

So that of 20 ms the harmonics go on, which the autocorrelation method lets die away.
"""

import numpy as np
from numpy.typing import NDArray

from firsthand.concealment.concealer import Floats

Doubles = NDArray[np.float64]

_SILENCE = 1e-10


def burg(past: Floats, order: int) -> Doubles:
    """Return the weights (order,) of the last samples, oldest first, in the next one.

    `past` (n,) has more samples than the order. The filter is stable, and of silence all weights
    are 0 (Burg 1967, "Maximum entropy spectral analysis"; Andersen 1974, "On the calculation of
    filter coefficients for maximum entropy spectral analysis").
    """
    count = len(past) - 1
    # Forward errors, then backward ones a sample earlier: without the first and the last number
    # they are those of the next order.
    errors = np.concatenate([past, past]).astype(np.float64)[1:-1]
    turn = np.eye(2)
    filter_ = np.zeros(order + 1)
    filter_[0] = 1.0
    least = _SILENCE + 1e-12 * float(errors.dot(errors))
    for i in range(1, order + 1):
        # Summed anew: carried on from the last, it loses its digits where little is left of it.
        power = float(errors.dot(errors))
        if power < least:
            break
        reflection = -2.0 * float(errors[:count].dot(errors[count:])) / power
        turn[0, 1] = turn[1, 0] = reflection
        filter_[1 : i + 1] += reflection * filter_[i - 1 :: -1]
        errors = turn.dot(errors.reshape(2, count)).reshape(-1)[1:-1]
        count -= 1
    return -filter_[:0:-1]
