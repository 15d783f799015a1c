"""A small vision transformer: attention, LayerNormalization, Softmax and Gelu.

Every patch of 2 × 2 pixels is a token. The attention is written out as the matrix products it
consists of, so that each is a node with quantizers of its own.
"""

from __future__ import annotations

import torch
from torch import nn

from .weights import example_images, load_weights

NAME = "digits_vit"


class Attention(nn.Module):
    """Multi-head self-attention over tokens."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.head_width = width // heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(width, width)
        self.value = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Map tokens `[N, T, width]` to the same shape."""
        query = self.split_heads(self.query(tokens))
        key = self.split_heads(self.key(tokens))
        value = self.split_heads(self.value(tokens))
        scores = query @ key.transpose(-2, -1) * self.head_width**-0.5
        mixed = scores.softmax(-1) @ value
        result: torch.Tensor = self.output(mixed.transpose(1, 2).flatten(2))
        return result

    def split_heads(self, tokens: torch.Tensor) -> torch.Tensor:
        """Rearrange `[N, T, heads × head_width]` to `[N, heads, T, head_width]`."""
        return tokens.reshape(*tokens.shape[:2], self.heads, -1).transpose(1, 2)


class Block(nn.Module):
    """A transformer block that normalizes before each of its two halves."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 2 * width), nn.GELU(), nn.Linear(2 * width, width)
        )

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        tokens = tokens + self.attention(self.norm1(tokens))
        result: torch.Tensor = tokens + self.mlp(self.norm2(tokens))
        return result


class DigitsVit(nn.Module):
    """Sixteen tokens through four blocks; the mean token is classified."""

    def __init__(self, width: int = 48, heads: int = 4, depth: int = 4) -> None:
        super().__init__()
        self.patches = nn.Conv2d(1, width, kernel_size=2, stride=2)
        self.position = nn.Parameter(torch.zeros(1, 16, width))
        self.blocks = nn.ModuleList([Block(width, heads) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.classifier = nn.Linear(width, 10)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        """Map images `[N, 1, 8, 8]` in [0, 1] to logits `[N, 10]`."""
        tokens = self.patches(image).flatten(2).transpose(1, 2) + self.position
        for block in self.blocks:
            tokens = block(tokens)
        logits: torch.Tensor = self.classifier(self.norm(tokens).mean(1))
        return logits


def build() -> tuple[nn.Module, tuple[torch.Tensor]]:
    """Return the trained network and example inputs."""
    return load_weights(DigitsVit(), NAME), example_images()
