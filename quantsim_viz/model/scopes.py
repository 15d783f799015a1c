"""Where in the source a node stands: the module scopes that exporters leave behind.

Two exporters leave them: torch's dynamo exporter as node metadata, torch's older one (and those
that follow its manner) as slash-separated node names.
"""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from onnx import NodeProto

NAME_SCOPES = "pkg.torch.onnx.name_scopes"
CLASS_HIERARCHY = "pkg.torch.onnx.class_hierarchy"


class Location(NamedTuple):
    """A node's module scopes, outermost first, and its dotted module path."""

    scope: tuple[str, ...]
    module: str | None


NOWHERE = Location((), None)


def locate(node: NodeProto) -> Location:
    """Return the module a node was exported from.

    1. Metadata of torch's dynamo exporter: the innermost `nn.Module` it names; for a node that
       reads a weight, the module that owns the weight (the exporter may have folded a
       normalisation into a convolution, and then names the normalisation).
    2. A node name such as `/layers.0/attn/MatMul`: module `layers.0.attn`.
    3. A name such as `model/conv2d/Conv2D`: scopes, but no module path (these are not attributes
       of a module).
    4. A flat name: nothing.
    """
    if node.metadata_props:
        metadata = {entry.key: entry.value for entry in node.metadata_props}
        if NAME_SCOPES in metadata:
            for name in node.input:
                if name.endswith(".weight"):
                    return _of_path(name.removesuffix(".weight"))
            return _from_metadata(metadata[NAME_SCOPES], metadata.get(CLASS_HIERARCHY, ""))
    head, slash, _ = node.name.rpartition("/")
    return _from_name(head) if slash and head else NOWHERE


@lru_cache(maxsize=4096)
def _from_metadata(name_scopes: str, class_hierarchy: str) -> Location:
    """Read torch's lists: one entry a level, the root first, the operator itself last."""
    scopes = _string_list(name_scopes)
    classes = _string_list(class_hierarchy)
    modules = scopes[:-1]
    if len(classes) == len(scopes):
        modules = [scope for scope, kind in zip(modules, classes, strict=False) if kind]
    return _of_path(modules[-1] if modules else "")


@lru_cache(maxsize=4096)
def _from_name(head: str) -> Location:
    parts = tuple(part for part in head.split("/") if part)
    if not head.startswith("/"):
        return Location(parts, None)
    path: list[str] = []
    for part in parts:
        # A child of a container repeats its parent: /features/features.0/Conv.
        if path and part.startswith(path[-1] + "."):
            path.pop()
        path.append(part)
    return _of_path(".".join(path))


@lru_cache(maxsize=4096)
def _of_path(path: str) -> Location:
    return Location(tuple(path.split(".")), path) if path else NOWHERE


def _string_list(text: str) -> list[str]:
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return [str(item) for item in value] if isinstance(value, list | tuple) else []
