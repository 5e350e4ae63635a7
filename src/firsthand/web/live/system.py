"""What a live page is about: how models are had, how a picture is looked at, what is told of it."""

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from firsthand.media.frame import RgbImage


class PageOptions(Protocol):
    """What a page may choose: a dataclass of bool, int, float and str, some of them or None."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def model(self) -> str:
        """The name of the models that are chosen."""
        ...


Models = TypeVar("Models")
Options = TypeVar("Options", bound=PageOptions)
State = TypeVar("State")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True, eq=False)
class LiveSystem(Generic[Models, Options, State, Result]):
    """A system as its live page needs it.

    - `title`: what the page is called, "Hands"; `things`: what is looked for, "hands"; `welcome`:
      what the page says before there is a picture.
    - `package`: whose folder `static` has `page.js`, which draws and lists what is found, and
      `icon.svg`; whose `templates/settings.html` has the elements to choose options with.
    - `models`: their names; `load` returns those of a name, and raises `ModelError` where they
      cannot be had. They are used by one thread at a time.
    - `default`: what is chosen at first; `read_options` returns what a page gives as JSON over
      these, and raises `InputError` for what there is not; see `options.with_given`.
    - `about`: what `page.js` needs to know beside them, as JSON has it.
    - `begin`: what a stream of pictures starts with; `step` looks at its next picture, at a time in
      microseconds; `look` looks at a photograph. Both raise `InputError` for the picture and
      `ConfigError` for options that do not go with it.
    - `record`: a result as one line of JSON in ASCII, with the picture's `size` and `timestamp_us`.
    - `limits`: the least and the most of a number by its option's name, for `settings.html`.
    """

    title: str
    things: str
    welcome: str
    package: str
    models: tuple[str, ...]
    default: Options
    about: Mapping[str, object]
    load: Callable[[str], Models]
    read_options: Callable[[Mapping[str, Any]], Options]
    begin: Callable[[], State]
    step: Callable[[State, RgbImage, int, Models, Options], tuple[State, Result]]
    look: Callable[[RgbImage, Models, Options], Result]
    record: Callable[[Result], str]
    limits: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def fields(self, result: Result, took_us: int) -> str:
        """Return `"track_ms"` and `"result"` as JSON fields, without braces."""
        return f'"track_ms":{took_us / 1000:.2f},"result":{self.record(result)}'
