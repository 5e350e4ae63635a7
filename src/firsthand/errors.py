"""Every exception Firsthand raises on purpose.

FirsthandError
├── InputError               a value, file or image from outside is wrong  (also a ValueError)
│   ├── ShapeError           an array has another shape or dtype than expected
│   └── MediaError           a file or stream cannot be decoded or encoded
├── ConfigError              a graph or an option is invalid               (also a ValueError)
├── GraphError               a running graph failed                        (also a RuntimeError)
│   ├── TimestampError       a packet or bound arrived below its stream's bound
│   ├── CalculatorError      a calculator raised; names the node and the timestamp
│   ├── DeadlockError        back-pressure stopped every source
│   └── GraphTimeoutError    a graph was still busy when the time was up
├── ModelError               a model cannot be found, read or trusted
│   ├── ModelNotFoundError   no model of that name is known
│   ├── DownloadError        a source did not deliver
│   └── ChecksumError        bytes differ from the card's SHA-256
├── LibraryError             a library of recordings cannot be read or written (also an OSError)
├── LinkError                a server is not to be reached, or not trusted   (also an OSError)
├── StoreError               a service's database cannot be read or written   (also an OSError)
├── TrainingError            a training run cannot go on                (also a RuntimeError)
├── ProtocolError            a message that a round of federated analytics does not allow
│   ├── EnrolmentError       it comes from a device that nobody enrolled
│   ├── GoneError            it comes too late: the round, or its phase, is over
│   └── RefusalError         what a device does not take part in, by its own rules
│       └── BudgetError      a question that costs more privacy than is left
├── AbortedRoundError        a round ended without a sum                  (also a RuntimeError)
├── PeerError                a program measured beside ours failed        (also a RuntimeError)
├── BusyError                the machine is taken by another measurement  (also a RuntimeError)
└── MissingDependencyError   an optional package is not installed        (also an ImportError)
"""


class FirsthandError(Exception):
    """Root of the tree: `except FirsthandError` catches all that Firsthand raises on purpose."""


class InputError(FirsthandError, ValueError):
    """A value, file or image from outside is wrong."""


class ShapeError(InputError):
    """An array has another shape or dtype than expected."""


class MediaError(InputError):
    """A file or stream cannot be decoded or encoded."""


class ConfigError(FirsthandError, ValueError):
    """A graph or an option is invalid."""


class GraphError(FirsthandError, RuntimeError):
    """A running graph failed."""


class TimestampError(GraphError):
    """A packet or bound arrived below its stream's bound."""


class CalculatorError(GraphError):
    """A calculator raised; the message names the node, the phase and the timestamp."""

    def __init__(self, message: str, *, node: str, timestamp: int) -> None:
        super().__init__(message)
        self.node = node
        self.timestamp = timestamp


class DeadlockError(GraphError):
    """Back-pressure stopped every source and no queue may grow."""


class GraphTimeoutError(GraphError, TimeoutError):
    """A graph was still busy when the time was up; the message names the nodes that run."""


class ModelError(FirsthandError):
    """A model cannot be found, read or trusted."""


class ModelNotFoundError(ModelError):
    """No model of that name is in the catalogue, the store or the given folder."""


class DownloadError(ModelError):
    """A source did not deliver the bytes it was asked for."""


class ChecksumError(ModelError):
    """Bytes differ from what the model's card promises; nothing was replaced."""


class LibraryError(FirsthandError, OSError):
    """A library of recordings cannot be opened, read or written."""


class LinkError(FirsthandError, OSError):
    """A server cannot be reached, or shows a certificate that is not trusted."""


class StoreError(FirsthandError, OSError):
    """The database of a service cannot be read or written, or is another's."""


class TrainingError(FirsthandError, RuntimeError):
    """A training run cannot go on; the message names the step and the last good checkpoint."""


class ProtocolError(FirsthandError, ValueError):
    """A message is not one that a round of federated analytics allows at this point."""


class EnrolmentError(ProtocolError):
    """A message comes from a device that the authority has not enrolled, or is not signed by it."""


class GoneError(ProtocolError):
    """A message comes too late, or for a round that is over or unknown."""


class RefusalError(ProtocolError):
    """A device does not take part: the message says by which of its own rules."""


class BudgetError(RefusalError):
    """A question costs more of a data source's privacy budget than is left."""


class AbortedRoundError(FirsthandError, RuntimeError):
    """A round ended without a sum, as too few devices stayed; nothing was revealed."""


class PeerError(FirsthandError, RuntimeError):
    """A program that is measured beside ours could not be installed, started, or heard from."""


class BusyError(FirsthandError, RuntimeError):
    """Another measurement goes on at this machine, and two would disturb each other."""


class MissingDependencyError(FirsthandError, ImportError):
    """An optional package is not installed; the message says which `pip install` brings it."""
