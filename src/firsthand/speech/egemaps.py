"""openSMILE's eGeMAPS, 88 functionals of voices.

Eyben et al. 2016, doi:10.1109/TAFFC.2015.2457417. Of the package `opensmile`, which is free for
research only: Firsthand neither needs nor brings it.
"""

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firsthand.errors import MissingDependencyError
from firsthand.speech.representation import RATE_HZ, Floats, Frames, checked, padded

_LEAST: Final = RATE_HZ // 2  # of less some functionals are nothing


class Egemaps:
    """The functionals of a whole sound; over time, its low-level descriptors every 10 ms."""

    def __init__(self) -> None:
        try:
            import opensmile
        except ImportError as error:
            raise MissingDependencyError(
                "eGeMAPS needs openSMILE, whose licence is non-commercial: pip install opensmile"
            ) from error
        kind = opensmile.FeatureSet.eGeMAPSv02
        self._whole = opensmile.Smile(kind, opensmile.FeatureLevel.Functionals)
        self._moments = opensmile.Smile(kind, opensmile.FeatureLevel.LowLevelDescriptors)
        self.size = int(self._whole.num_features)
        self.frame_size = int(self._moments.num_features)
        self.identity = f"egemaps v02 opensmile {opensmile.__version__}"

    def scene(self, samples: NDArray[Any]) -> Floats:
        """Map a sound (n,) to (88,); what cannot be told of it is 0."""
        found = self._whole.process_signal(padded(checked(samples), _LEAST), RATE_HZ).to_numpy()
        return np.asarray(np.nan_to_num(found[0]), np.float32)

    def frames(self, samples: NDArray[Any]) -> Frames:
        """Map a sound to descriptors (n, 25)."""
        table = self._moments.process_signal(padded(checked(samples), _LEAST), RATE_HZ)
        starts = table.index.get_level_values("start").total_seconds().to_numpy()
        vectors = np.nan_to_num(table.to_numpy()).astype(np.float32)
        return Frames(vectors, (1000 * starts + 10).astype(np.float32))
