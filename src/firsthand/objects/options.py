"""How to look for objects and to follow them."""

from dataclasses import dataclass
from typing import Final

from firsthand.errors import ConfigError
from firsthand.geometry import Camera
from firsthand.objects.scaling import check_longest
from firsthand.objects.steadying import Steadiness

MAX_OBJECTS: Final = 64
_LEAST_FOCAL: Final = 0.15
"""Of a picture's longer side: it would be seen at 147 degrees."""

_MOST_FOCAL_PX: Final = 1e6

REDETECT_INTERVAL_US: Final = 330_000
"""As long as nobody says else, of the published models."""

NETWORK_INTERVAL_US: Final = 95_000
"""Of a network that says all there is when it looks: every third of 30 pictures a second."""


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """How to find and to track; `ConfigError` for values out of range.

    - `max_objects`: at most so many at once, 1..64.
    - `detector_threshold`, `presence_threshold`: least scores in 0..1, ends excluded, for the
      detector to begin with an object, and for the second stage to see one.
    - `redetect_interval_us`: while at least one object, but fewer than `max_objects`, are tracked,
      the detector runs when so much time has passed since its last run. Without any object, and
      when one got lost or out of sight, it runs on the next frame. 0 is every frame, as MediaPipe.
      A network without a second stage runs once in that time however many there are.
    - `hidden_us`: so long an object is followed that the models do not see.
    - `steadiness`: how points are made steady over time; None leaves them as the model has them.
    - `camera`: the camera, where it is known; else `focal_px` is its focal length in pixels, 0.15
      of the picture's longer side at least and 1e6 at most, its axis through the picture's middle;
      else `Camera.looking` says what is usual.
    - `longest_m`: the longest edge of every object, where it is known: boxes are then in metres.
    """

    max_objects: int = 5
    detector_threshold: float = 0.5
    presence_threshold: float = 0.99
    redetect_interval_us: int = REDETECT_INTERVAL_US
    hidden_us: int = 600_000
    steadiness: Steadiness | None = Steadiness()  # noqa: RUF009 # frozen
    camera: Camera | None = None
    focal_px: float | None = None
    longest_m: float | None = None

    def __post_init__(self) -> None:
        for name in ("max_objects", "redetect_interval_us", "hidden_us"):
            if type(getattr(self, name)) is not int:
                raise ConfigError(f"{name} is a whole number, not {getattr(self, name)!r}")
        if not 1 <= self.max_objects <= MAX_OBJECTS:
            raise ConfigError(f"max_objects is 1..{MAX_OBJECTS}, not {self.max_objects}")
        for name in ("detector_threshold", "presence_threshold"):
            if not 0 < getattr(self, name) < 1:
                raise ConfigError(f"{name} lies between 0 and 1, not {getattr(self, name)}")
        for name in ("redetect_interval_us", "hidden_us"):
            if getattr(self, name) < 0:
                raise ConfigError(f"{name} is >= 0, not {getattr(self, name)}")
        if self.focal_px is not None and not 0 < self.focal_px <= _MOST_FOCAL_PX:
            raise ConfigError(f"a focal length is above 0 px, 1e6 at most, not {self.focal_px}")
        if self.camera is not None and self.focal_px is not None:
            raise ConfigError("give either a camera or a focal length, not both")
        check_longest(self.longest_m)

    def camera_of(self, width: int, height: int) -> Camera:
        """Return the camera that took a picture of `width` x `height` pixels.

        Raises `ConfigError` for a `focal_px` that no usual lens has in it.
        """
        if self.camera is not None:
            return self.camera
        if self.focal_px is not None:
            least = _LEAST_FOCAL * max(width, height)
            if self.focal_px < least:
                raise ConfigError(
                    f"a focal length of {self.focal_px:g} px is below {least:g}, which sees a "
                    f"picture of {width} x {height} at 147 degrees; it is in pixels, not "
                    "millimetres, and of a phone about as long as the picture"
                )
            return Camera(self.focal_px, self.focal_px, width / 2, height / 2)
        return Camera.looking(width, height)
