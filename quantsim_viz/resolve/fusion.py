"""Fuse what the pass list names: several of the file's nodes become one of the view.

Source: `docs/semantics.md` §5.1.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FusedGroup:
    """Nodes of the file that the pass list makes one operator of.

    Attributes:
        op_type: The type they are treated as: `Gemm`, `LayerNormalization`, ….
        nodes: Names of the file's nodes, in graph order.
        inputs: Inputs of the fused operator.
        outputs: Its outputs.
    """

    op_type: str
    nodes: tuple[str, ...]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
