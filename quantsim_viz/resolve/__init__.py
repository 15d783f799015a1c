"""The resolve room: rules × graph → declarations → effective settings.

Pure and light: it may import the types of the `model` and `config` rooms (with them `onnx` and
numpy), `errors` and `diagnostics`, and nothing heavier. `resolve` is its door; everything else is a
question put to the `Cascade` that it returns.
"""

from quantsim_viz.resolve.builtins import BUILTINS, explain_builtin
from quantsim_viz.resolve.cascade import Cascade
from quantsim_viz.resolve.causes import CausedChanges, find_causes
from quantsim_viz.resolve.difference import Difference, diff, diff_cascades
from quantsim_viz.resolve.difference_text import format_difference
from quantsim_viz.resolve.engine import resolve, resolve_edit
from quantsim_viz.resolve.fusion import FusedGroup
from quantsim_viz.resolve.rule_changes import RuleChange, RuleChanges
from quantsim_viz.resolve.settings import (
    Declaration,
    Kind,
    NodeState,
    Property,
    QuantizerSetting,
    Refusal,
    RuleCount,
    Stage,
    Status,
)

__all__ = [
    "BUILTINS",
    "Cascade",
    "CausedChanges",
    "Declaration",
    "Difference",
    "FusedGroup",
    "Kind",
    "NodeState",
    "Property",
    "QuantizerSetting",
    "Refusal",
    "RuleChange",
    "RuleChanges",
    "RuleCount",
    "Stage",
    "Status",
    "diff",
    "diff_cascades",
    "explain_builtin",
    "find_causes",
    "format_difference",
    "resolve",
    "resolve_edit",
]
