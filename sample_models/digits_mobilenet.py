"""A MobileNet-style network: depthwise convolutions in residual blocks, with ReLU6.

Batch normalization follows each convolution in training and is folded into it afterwards, which
spreads the weight ranges of the channels of one layer. That makes the depthwise layers the place
where one scale for a whole tensor costs most, as in the full-sized networks of this family.
"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .weights import example_images, load_weights

NAME = "digits_mobilenet"


class ConvNorm(nn.Module):
    """A convolution without bias and its batch normalization."""

    def __init__(
        self, c_in: int, c_out: int, *, kernel: int, stride: int = 1, groups: int = 1
    ) -> None:
        super().__init__()
        padding = kernel // 2
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding, groups=groups, bias=False)
        self.norm: nn.Module = nn.BatchNorm2d(c_out)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.norm(self.conv(features))
        return result

    def fold(self) -> None:
        """Put the normalization into the convolution's weight and (new) bias."""
        if isinstance(self.norm, nn.BatchNorm2d):
            self.conv = fuse_conv_bn_eval(self.conv, self.norm)
            self.norm = nn.Identity()


class InvertedResidual(nn.Module):
    """Expand, filter each channel on its own, project, and add to what came in."""

    def __init__(self, channels: int, expansion: int) -> None:
        super().__init__()
        hidden = channels * expansion
        self.expand = ConvNorm(channels, hidden, kernel=1)
        self.depthwise = ConvNorm(hidden, hidden, kernel=3, groups=hidden)
        self.project = ConvNorm(hidden, channels, kernel=1)
        self.clip = nn.ReLU6()
        self.relu = nn.ReLU()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        hidden = self.clip(self.expand(features))
        hidden = self.clip(self.depthwise(hidden))
        result: torch.Tensor = self.relu(features + self.project(hidden))
        return result


class Downsample(nn.Module):
    """Halve the picture and widen the channels, without a shortcut."""

    def __init__(self, c_in: int, c_out: int) -> None:
        super().__init__()
        self.depthwise = ConvNorm(c_in, c_in, kernel=3, stride=2, groups=c_in)
        self.project = ConvNorm(c_in, c_out, kernel=1)
        self.clip = nn.ReLU6()

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        result: torch.Tensor = self.clip(self.project(self.clip(self.depthwise(features))))
        return result


class DigitsMobileNet(nn.Module):
    """A stem, two stages of residual blocks, and a linear classifier over the mean."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Sequential(ConvNorm(1, 12, kernel=3), nn.ReLU6())
        self.stage1 = nn.Sequential(*[InvertedResidual(12, expansion=4) for _ in range(3)])
        self.downsample = Downsample(12, 24)
        self.stage2 = nn.Sequential(*[InvertedResidual(24, expansion=3) for _ in range(4)])
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.classifier = nn.Linear(24, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Map images `[N, 1, 8, 8]` in [0, 1] to logits `[N, 10]`."""
        features = self.stage2(self.downsample(self.stage1(self.stem(image))))
        logits: torch.Tensor = self.classifier(self.pool(features).flatten(1))
        return logits


def fold_norms(module: nn.Module) -> nn.Module:
    """Fold every batch normalization of a network in evaluation mode; return the network."""
    for part in module.modules():
        if isinstance(part, ConvNorm):
            part.fold()
    return module


def build() -> tuple[nn.Module, tuple[torch.Tensor]]:
    """Return the trained network and example inputs."""
    return load_weights(fold_norms(DigitsMobileNet().eval()), NAME), example_images()
