"""The two networks of the concealer: what is said, by whom; and how the sound goes on."""

from typing import Final

import torch
from torch import Tensor, nn

from firsthand.concealment.course import QUICKER
from firsthand.concealment.generative import SPECTROGRAM, TOLD
from firsthand.concealment.shaping import BANDS

CONDITION: Final = 128
"""Numbers that the conditioning network gives the other one."""

_LOUDEST: Final = 2.0
_QUIET: Final = -3.0


class ContextNet(nn.Module):
    """The conditioning network: a recurrent step for each 10 ms of a log-mel spectrogram."""

    def __init__(self, width: int = 192) -> None:
        super().__init__()
        self.width = width
        self.before = nn.Linear(SPECTROGRAM.bands, 128)
        self.cell = nn.GRUCell(128, width)
        self.after = nn.Linear(width, CONDITION)

    def forward(self, mel: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Map a frame (b, 40) and the state (b, width) to the condition and the next state."""
        heard = torch.tanh(self.before(mel / 4 + 0.5))
        state = self.cell(heard, state)
        return torch.tanh(self.after(state)), state


class ShapeNet(nn.Module):
    """The shaping network: gains of three carriers in bands, and a pace."""

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        self.first = Gated(TOLD + CONDITION, width)
        self.second = Gated(width + CONDITION, width)
        self.gains = nn.Linear(2 * width, 3 * BANDS)
        self.pace = nn.Linear(2 * width, 1)
        with torch.no_grad():  # at first, linear prediction alone
            self.gains.weight *= 0.3
            self.gains.bias[:BANDS] = 0.0
            self.gains.bias[BANDS:] = _QUIET
            self.pace.weight *= 0.1
            self.pace.bias.zero_()

    def forward(self, told: Tensor, condition: Tensor) -> Tensor:
        """Map (b, TOLD) and (b, CONDITION) to gains from 0 to 2 and a pace less 1: (b, SHAPED)."""
        first = self.first(torch.cat([told, condition], 1))
        second = self.second(torch.cat([first, condition], 1))
        both = torch.cat([first, second], 1)
        gains = _LOUDEST * torch.sigmoid(self.gains(both))
        return torch.cat([gains, QUICKER * torch.tanh(self.pace(both))], 1)


class Gated(nn.Module):
    """A dense layer, each value of which is let through as the others have it."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.dense = nn.Linear(before, after)
        self.gate = nn.Linear(after, after)

    def forward(self, x: Tensor) -> Tensor:
        """Map (b, before) to (b, after)."""
        y = torch.tanh(self.dense(x))
        return y * torch.sigmoid(self.gate(y))


class Concealing(nn.Module):
    """Both, as they are trained together."""

    def __init__(self) -> None:
        super().__init__()
        self.context, self.shape = ContextNet(), ShapeNet()
