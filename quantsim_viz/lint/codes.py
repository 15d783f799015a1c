"""Every finding that `lint` adds to those of the format: code, severity and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from quantsim_viz.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Code:
    """What one code means, whatever the configuration.

    Attributes:
        severity: How much it matters.
        sentence: What it says, for `docs/lint.md` and tooltips.
    """

    severity: Severity
    sentence: str


_INFO, _WARNING, _ERROR = Severity.INFO, Severity.WARNING, Severity.ERROR

CODES: Mapping[str, Code] = MappingProxyType(
    {
        "refused-on-model": Code(
            _ERROR,
            "AIMET accepts the document and raises when it builds a simulation of this model.",
        ),
        "unknown-op-type": Code(
            _WARNING, "No ONNX operator, and no node of the model, has this type."
        ),
        "unknown-param-type": Code(
            _WARNING, "No operator has a parameter of this type, so the entry never applies."
        ),
        "hardware-version-spelling": Code(
            _WARNING,
            "AIMET compares `hw_version` letter by letter; this spelling is not the one it knows.",
        ),
        "dead-rule": Code(_INFO, "The rule applies to no node of this model."),
        "no-quantizer-to-set": Code(
            _INFO, "The rule applies to nodes, none of which has a quantizer for it to set."
        ),
        "shadowed-rule": Code(
            _WARNING, "Every setting that the rule declares is replaced by rules after it."
        ),
        "redundant-rule": Code(_INFO, "The rule repeats what holds without it."),
        "ineffective-setting": Code(
            _INFO, "The rule shapes quantizers that all end up switched off."
        ),
        "supergroup-never-matches": Code(
            _INFO, "The supergroup's operators never follow one another as it asks."
        ),
        "supergroup-hidden": Code(
            _INFO, "Other supergroups take every place where this one would match."
        ),
        "output-lost-in-supergroup": Code(
            _WARNING, "A model output in the middle of a supergroup is left unquantized."
        ),
        "presence-acts": Code(
            _WARNING,
            "An entry for an operator that keeps its input's grid switches its output quantizer on"
            " merely by being there.",
        ),
        "output-still-quantized": Code(
            _INFO, "`model_output` is empty and the model's output is quantized all the same."
        ),
        "switched-off-by-tie": Code(
            _WARNING,
            "Switching off this operator's output switches off the quantizers of its inputs too,"
            " which share it.",
        ),
        "bias-quantized": Code(
            _WARNING,
            "Biases are quantized at the parameters' bit width; integer kernels keep 32 bits.",
        ),
        "strict-without-symmetry": Code(
            _WARNING, "Strict symmetric grids are asked for, and weights are asymmetric."
        ),
        "no-kernel-for-bit-widths": Code(
            _WARNING,
            "The bit widths in force are not among `supported_kernels`, which AIMET ignores.",
        ),
        "unfolded-batch-norm": Code(
            _INFO,
            "A BatchNormalization directly behind a convolution is still a node of its own.",
        ),
    }
)
"""Code → meaning, most serious first."""
