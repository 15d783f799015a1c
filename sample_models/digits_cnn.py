"""A plain convolutional network: what the documented example configuration talks about.

Convolution and ReLU in pairs (supergroups), max pooling, a `Squeeze` (the operator type that the
format's documentation switches off) and fully connected layers.
"""

from __future__ import annotations

import torch
from torch import nn

from .weights import example_images, load_weights

NAME = "digits_cnn"


class DigitsCnn(nn.Module):
    """Three convolutions down to one pixel, then two fully connected layers."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 24, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(24, 48, kernel_size=3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(48, 96, kernel_size=2),
            nn.ReLU(),
        )
        self.classifier = nn.Sequential(nn.Linear(96, 48), nn.ReLU(), nn.Linear(48, 10))

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Map images `[N, 1, 8, 8]` in [0, 1] to logits `[N, 10]`."""
        features = self.features(image).squeeze((2, 3))
        logits: torch.Tensor = self.classifier(features)
        return logits


def build() -> tuple[nn.Module, tuple[torch.Tensor]]:
    """Return the trained network and example inputs."""
    return load_weights(DigitsCnn(), NAME), example_images()
