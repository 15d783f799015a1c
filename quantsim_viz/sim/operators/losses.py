"""Losses, which some files keep as their last node."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec

_NO_CLASS = -100
"""A class number no target has."""


@operator("NegativeLogLikelihoodLoss", since=12)
def negative_log_likelihood_loss(spec: OperatorSpec) -> Kernel:
    """Minus the log-probability of the target class, weighted."""
    reduction, ignored = spec.text("reduction", "mean"), spec.integer("ignore_index", _NO_CLASS)

    def kernel(x: Tensor, target: Tensor, weight: Tensor | None = None) -> Tensor:
        return functional.nll_loss(
            x, target.long(), weight, ignore_index=ignored, reduction=reduction
        )

    return kernel


@operator("SoftmaxCrossEntropyLoss", since=12)
def softmax_cross_entropy_loss(spec: OperatorSpec) -> Kernel:
    """Log-softmax over the classes, then the negative log-likelihood."""
    reduction, ignored = spec.text("reduction", "mean"), spec.integer("ignore_index", _NO_CLASS)
    both = spec.wants(1)

    def kernel(
        x: Tensor, target: Tensor, weight: Tensor | None = None
    ) -> Tensor | tuple[Tensor, Tensor]:
        logs = torch.log_softmax(x, 1)
        loss = functional.nll_loss(
            logs, target.long(), weight, ignore_index=ignored, reduction=reduction
        )
        return (loss, logs) if both else loss

    return kernel
