"""The recorder's sound network: each twentieth of a second is looked at once.

Depthwise separable convolutions (Howard et al. 2017, "MobileNets", arXiv:1704.04861) make numbers
of five frames of a log-mel spectrogram; causal depthwise convolutions, dilated more and more (van
den Oord et al. 2016, "WaveNet", arXiv:1609.03499), join them in time. A last one, as long as a
window, tells what is heard in its middle. In a stream each layer keeps what it will need again, so
nothing is computed twice.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from firsthand.recorder.sounds.own import BANDS, WINDOW_CHUNKS
from firsthand.train.audio.layers import CHANNELS_LAST, Separable

_MIDDLE: Final = -3.0
_SPREAD: Final = 2.0
_DILATIONS: Final = (1, 2, 4)


class Causal(nn.Module):
    """A depthwise convolution over the past, a pointwise one, added to the input."""

    def __init__(self, width: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.dilation = dilation
        self.memory = (kernel - 1) * dilation
        self.taps = nn.Parameter(torch.randn(width, kernel) * (1.0 / kernel) ** 0.5)
        self.norm = nn.BatchNorm1d(width)
        self.mix = nn.Linear(width, width, bias=False)
        self.mix_norm = nn.BatchNorm1d(width)

    def forward(self, x: Tensor) -> Tensor:
        """Map a whole stream (b, time, width) to (b, time, width), as if silence came before."""
        b, time, width = x.shape
        before = functional.pad(x.transpose(1, 2), (self.memory, 0))
        y = functional.conv1d(before, self.taps[:, None], dilation=self.dilation, groups=width)
        return x + self._mixed(y.transpose(1, 2).reshape(-1, width)).reshape(b, time, width)

    def step(self, x: Tensor, past: Tensor) -> tuple[Tensor, Tensor]:
        """Map one moment (1, width) and the inputs before it (1, memory, width) to the same."""
        whole = torch.cat([past, x[:, None]], dim=1)
        y = (whole[:, :: self.dilation] * self.taps.t()).sum(dim=1)
        return x + self._mixed(y), whole[:, 1:]

    def _mixed(self, y: Tensor) -> Tensor:
        return functional.relu(self.mix_norm(self.mix(functional.relu(self.norm(y)))))


class SoundNet(nn.Module):
    """From chunks of a spectrogram (b, time, FRAMES, BANDS) to logits (b, windows, classes)."""

    def __init__(self, classes: int, width: int = 96) -> None:
        super().__init__()
        self.look = nn.Sequential(
            nn.Conv2d(1, 16, 3, (1, 2), 1, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            Separable(16, 32, (1, 2)),
            Separable(32, 64, (2, 2)),
            Separable(64, 96, (1, 2)),
        )
        self.gather = nn.Linear(96 * 3 * (BANDS // 16), width)
        kernels = [(3, dilation) for dilation in _DILATIONS] + [(WINDOW_CHUNKS, 1)]
        self.layers = nn.ModuleList(Causal(width, *kernel) for kernel in kernels)
        self.judge = nn.Linear(width, classes)
        self.width = width

    @property
    def causal(self) -> list[Causal]:
        """The layers in time, in order."""
        return [layer for layer in self.layers if isinstance(layer, Causal)]

    @property
    def memories(self) -> list[int]:
        """How many moments each of them keeps."""
        return [layer.memory for layer in self.causal]

    def forward(self, chunks: Tensor) -> Tensor:
        """Judge the windows of whole streams: the first ends with chunk `WINDOW_CHUNKS` - 1."""
        x = self.embedded(chunks.flatten(0, 1)).reshape(*chunks.shape[:2], -1)
        for layer in self.causal:
            x = layer(x)
        found: Tensor = self.judge(x[:, WINDOW_CHUNKS - 1 :])
        return found

    def embedded(self, chunks: Tensor) -> Tensor:
        """Map chunks (n, FRAMES, BANDS) to (n, width)."""
        pictures = ((chunks[:, None] - _MIDDLE) / _SPREAD).contiguous(memory_format=CHANNELS_LAST)
        x = self.look(pictures)
        found: Tensor = functional.relu(self.gather(x.flatten(1)))
        return found


class SoundStep(nn.Module):
    """The network as a file has it: one chunk, and what is remembered, at a time."""

    def __init__(self, net: SoundNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, chunk: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Map (1, FRAMES, BANDS), (1, memory, width) to scores (1, classes) and the new memory."""
        x = self.net.embedded(chunk)
        pasts = torch.split(memory, self.net.memories, dim=1)
        kept = []
        for layer, past in zip(self.net.causal, pasts, strict=True):
            x, left = layer.step(x, past)
            kept.append(left)
        return self.net.judge(x).sigmoid(), torch.cat(kept, dim=1)
