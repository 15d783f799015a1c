"""What tests of the cascade share: configurations in short form and checks of traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_config
from quantsim_viz.model import load_model
from quantsim_viz.resolve import Cascade, Property, Stage, resolve

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import onnx

    from quantsim_viz.config import Config
    from quantsim_viz.resolve.precision import BitWidth

ON = "True"
OFF = "False"


def document(
    *,
    ops: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
    param_types: Mapping[str, Any] | None = None,
    op_type: Mapping[str, Any] | None = None,
    supergroups: Sequence[Sequence[str]] = (),
    passes: Sequence[str] | None = None,
    model_input: Mapping[str, Any] | None = None,
    model_output: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """A configuration as JSON values; unless said, outputs and parameters are quantized."""
    result = {
        "defaults": {
            "ops": {"is_output_quantized": ON} if ops is None else dict(ops),
            "params": {"is_quantized": ON} if params is None else dict(params),
            **(defaults or {}),
        },
        "params": dict(param_types or {}),
        "op_type": dict(op_type or {}),
        "supergroups": [{"op_list": list(group)} for group in supergroups],
        "model_input": {"is_input_quantized": ON} if model_input is None else dict(model_input),
        "model_output": dict(model_output or {}),
    }
    if passes is not None:
        result["supergroup_pass_list"] = list(passes)
    return result


def config(**sections: Any) -> Config:
    """A configuration; arguments as of `document`."""
    return load_config(document(**sections))


def cascade_of(
    proto: onnx.ModelProto,
    *,
    bits: tuple[BitWidth, BitWidth] = (8, 8),
    **sections: Any,
) -> Cascade:
    """Resolve a configuration in short form on a model."""
    model = load_model(proto)
    return resolve(model, config(**sections), param_bits=bits[0], act_bits=bits[1])


def enabled(cascade: Cascade) -> set[str]:
    """The tensors that are quantized; fails on a refusal."""
    assert cascade.error is None, cascade.error
    return {tensor for tensor, setting in cascade.quantizers.items() if setting.enabled}


def refusal(cascade: Cascade) -> str | None:
    """The code of the refusal."""
    return None if cascade.error is None else cascade.error.code


def assert_folds(cascade: Cascade) -> None:
    """Check that the last effective declaration of each property is its setting."""
    stages = list(Stage)
    for tensor, setting in cascade.quantizers.items():
        trace = cascade.trace(tensor)
        folded: dict[Property, Any] = {}
        for index, declaration in enumerate(trace):
            if index:
                before = trace[index - 1].stage
                assert stages.index(before) <= stages.index(declaration.stage)
            if declaration.effective:
                assert declaration.agrees is None
                folded[declaration.property] = declaration.value
            else:
                first = trace[declaration.agrees or 0]
                assert first.effective
                assert first.stage is declaration.stage
                assert first.property is declaration.property
            if declaration.overridden_by is not None:
                later = trace[declaration.overridden_by]
                assert declaration.overridden_by > index
                assert later.property is declaration.property
                assert later.effective

        for prop in Property:
            assert folded.get(prop) == getattr(setting, prop.value), (tensor, prop)
