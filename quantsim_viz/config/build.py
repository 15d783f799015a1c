"""From a valid document to its rules: every leaf typed and placed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from quantsim_viz.config.pointer import join
from quantsim_viz.config.rules import OpEntry, ParamEntry, Rule, Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from quantsim_viz.config.document import Document

JsonObject = dict[str, Any]


def build_rules(document: Document) -> Rules:
    """Return the rules of a document in which `validate` finds no error."""
    data: JsonObject = document.data
    return _Builder(document).build(data)


class _Builder:
    """Makes rules and entries; holds the document, which knows where they stand."""

    def __init__(self, document: Document) -> None:
        self._document = document

    def build(self, data: JsonObject) -> Rules:
        defaults: JsonObject = data["defaults"]
        unused = [self._rule("/defaults", defaults, "supported_kernels", _kernels)]
        unused += [
            self._rule(join("/op_type", name), entry, "supported_kernels", _kernels)
            for name, entry in data["op_type"].items()
        ]
        return Rules(
            default_ops=self._op_entry("/defaults/ops", defaults["ops"]),
            default_params=self._param_entry("/defaults/params", defaults["params"]),
            strict_symmetric=self._rule("/defaults", defaults, "strict_symmetric"),
            unsigned_symmetric=self._rule("/defaults", defaults, "unsigned_symmetric"),
            per_channel_quantization=self._rule("/defaults", defaults, "per_channel_quantization"),
            hw_version=self._rule("/defaults", defaults, "hw_version", str),
            params=self._param_entries("/params", data["params"]),
            op_type={
                name: self._op_entry(join("/op_type", name), entry)
                for name, entry in data["op_type"].items()
            },
            supergroups=self._items("/supergroups", data["supergroups"], _op_list),
            supergroup_passes=self._items(
                "/supergroup_pass_list", data.get("supergroup_pass_list", []), str
            ),
            model_input=self._op_entry("/model_input", data["model_input"]),
            model_output=self._op_entry("/model_output", data["model_output"]),
            unused=tuple(rule for rule in unused if rule is not None),
        )

    def _rule(
        self,
        parent: str,
        entry: JsonObject,
        key: str,
        convert: Callable[[Any], Any] = "True".__eq__,
    ) -> Rule | None:
        if key not in entry:
            return None
        pointer = f"{parent}/{key}"
        return Rule(pointer, convert(entry[key]), *self._document.position(pointer))

    def _items(
        self, parent: str, items: list[Any], convert: Callable[[Any], Any]
    ) -> tuple[Rule, ...]:
        pointers = (f"{parent}/{index}" for index in range(len(items)))
        return tuple(
            Rule(pointer, convert(item), *self._document.position(pointer))
            for pointer, item in zip(pointers, items, strict=True)
        )

    def _param_entry(self, pointer: str, entry: JsonObject) -> ParamEntry:
        return ParamEntry(
            pointer,
            is_quantized=self._rule(pointer, entry, "is_quantized"),
            is_symmetric=self._rule(pointer, entry, "is_symmetric"),
        )

    def _param_entries(self, pointer: str, entries: JsonObject) -> Mapping[str, ParamEntry]:
        return {
            name: self._param_entry(join(pointer, name), entry) for name, entry in entries.items()
        }

    def _op_entry(self, pointer: str, entry: JsonObject) -> OpEntry:
        return OpEntry(
            pointer,
            is_input_quantized=self._rule(pointer, entry, "is_input_quantized"),
            is_output_quantized=self._rule(pointer, entry, "is_output_quantized"),
            is_symmetric=self._rule(pointer, entry, "is_symmetric"),
            per_channel_quantization=self._rule(pointer, entry, "per_channel_quantization"),
            encoding_constraints=self._rule(pointer, entry, "encoding_constraints", _range),
            params=self._param_entries(f"{pointer}/params", entry.get("params", {})),
        )


def _op_list(group: JsonObject) -> tuple[str, ...]:
    return tuple(group["op_list"])


def _range(constraints: JsonObject) -> tuple[float, float | None]:
    maximum = constraints.get("max")
    return float(constraints["min"]), None if maximum is None else float(maximum)


def _kernels(kernels: list[JsonObject]) -> tuple[tuple[Any, Any], ...]:
    """Return each kernel as (activation, parameter), each of them (bit width, type) or None."""
    return tuple((_precision(k["activation"]), _precision(k.get("param"))) for k in kernels)


def _precision(precision: JsonObject | None) -> tuple[int, str] | None:
    return None if precision is None else (int(precision["bitwidth"]), precision["dtype"])
