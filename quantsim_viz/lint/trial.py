"""Try a fix before it is offered: apply it, resolve again, look at what became of it."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import Document, load_document
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.config.pointer import split
from quantsim_viz.errors import ConfigError
from quantsim_viz.resolve import Cascade, resolve_edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from quantsim_viz.config.rules import Config
    from quantsim_viz.diagnostics import Diagnostic, Fix

_MOST_TEXT = 2_000_000
"""Characters of edited documents that the trials of one configuration may read, which bounds their
time: 100 trials of a text of 20 KB. What is not tried is not offered."""

_REFUSED_ALTERNATIVES = {
    "model-input-false": (
        "Quantize the model's inputs",
        ({"op": "replace", "path": "/model_input/is_input_quantized", "value": "True"},),
    ),
}
"""Another mend of a finding whose usual one AIMET refuses on this model."""


class Outcome(Enum):
    """What a fix leads to."""

    UNTRIED = "too much was tried before it"
    IMPOSSIBLE = "it cannot be applied, or leaves the configuration invalid"
    REFUSED = "AIMET refuses the result on this model"
    CHANGED = "some quantizer differs"
    UNCHANGED = "every quantizer is as before"


_SAFE = frozenset({Outcome.CHANGED, Outcome.UNCHANGED})


class Trial:
    """Tries fixes of one configuration on one model, each only once."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._outcomes: dict[str, Outcome] = {}
        self._left = _MOST_TEXT

    def outcome(self, fix: Fix) -> Outcome:
        """Return what a fix leads to."""
        key = _key(fix)
        found = self._outcomes.get(key)
        if found is None:
            found = self._outcomes[key] = self._try(fix)
        return found

    def is_safe(self, fix: Fix) -> bool:
        """Tell whether a fix can be applied and does not lead to a refusal."""
        return self.outcome(fix) in _SAFE

    def changes_nothing(self, fix: Fix) -> bool:
        """Tell whether every quantizer stays as it is."""
        return self.outcome(fix) is Outcome.UNCHANGED

    def after(self, fix: Fix) -> Cascade | None:
        """Return the cascade with a fix applied, None unless AIMET takes it."""
        after = applied(self._cascade, fix.patch)
        return after if after is not None and after.error is None else None

    def try_together(self, fixes: Sequence[Fix]) -> None:
        """Try removals that reach nothing of the model all at once, in one resolve.

        An entry of an operator type that the model lacks, and a supergroup or a pass without a
        match, have no declaration; without any of them every quantizer must be as it is with all.
        Should one differ all the same, they are tried one by one when they are asked for.
        """
        if len(fixes) < 2:
            return
        document = _without(self._cascade.config.document, fixes)
        if self._judge(_checked(self._cascade.config, document)) is Outcome.UNCHANGED:
            self._outcomes.update((_key(fix), Outcome.UNCHANGED) for fix in fixes)

    def checked(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return the finding with its fix if that is safe, with another, or without one.

        While a document has several errors none of their fixes can make AIMET take it; the last one
        is tried on the model.
        """
        is_one_of_many = len(self._cascade.config.errors) > 1
        if diagnostic.fix is None or is_one_of_many or self.is_safe(diagnostic.fix):
            return diagnostic
        alternative = _REFUSED_ALTERNATIVES.get(diagnostic.code)
        if alternative is None or self.outcome(diagnostic.fix) is not Outcome.REFUSED:
            return replace(diagnostic, fix=None)
        title, patch = alternative
        other = replace(diagnostic.fix, title=title, patch=patch)
        message = (
            f"{diagnostic.message} On this model AIMET refuses that too: it has float constant"
            " operands, for which model_input must say whether they are quantized."
        )
        return replace(diagnostic, message=message, fix=other if self.is_safe(other) else None)

    def _try(self, fix: Fix) -> Outcome:
        config = self._cascade.config
        self._left -= len(config.document.text)
        if self._left < 0:
            return Outcome.UNTRIED
        return self._judge(_edited(config, fix.patch))

    def _judge(self, edited: Config | None) -> Outcome:
        if edited is None or edited.rules is None:
            return Outcome.IMPOSSIBLE
        after = resolve_edit(self._cascade, edited)
        if after.error is not None:
            return Outcome.REFUSED
        return Outcome.UNCHANGED if _is_same(self._cascade, after) else Outcome.CHANGED


def applied(cascade: Cascade, patch: Iterable[Mapping[str, Any]]) -> Cascade | None:
    """Return the cascade after a patch, refused or not; None if the document cannot take it."""
    edited = _edited(cascade.config, patch)
    return None if edited is None or edited.rules is None else resolve_edit(cascade, edited)


def _edited(config: Config, patch: Iterable[Mapping[str, Any]]) -> Config | None:
    try:
        return _checked(config, apply_patch(config.document, patch))
    except ConfigError:
        return None


def _checked(config: Config, document: Document) -> Config:
    return load_document(document, name=config.name, path=config.path)


def _without(document: Document, removals: Sequence[Fix]) -> Document:
    """Return the document's value without what removals of whole entries and items take out."""
    data = copy.deepcopy(document.data)
    paths = [split(fix.patch[0]["path"]) for fix in removals]
    for section, entry in paths:
        if isinstance(data[section], dict):
            del data[section][entry]
    for section in {section for section, _ in paths if isinstance(data[section], list)}:
        gone = {int(item) for name, item in paths if name == section}
        data[section] = [item for i, item in enumerate(data[section]) if i not in gone]
    return Document(json.dumps(data))


def _is_same(before: Cascade, after: Cascade) -> bool:
    """Tell whether two cascades of one model settle every quantizer alike."""
    old, new = before.run, after.run
    if before.error is not None or old is None or new is None:
        return False
    return old.topology.names == new.topology.names and old.columns == new.columns


def _key(fix: Fix) -> str:
    return json.dumps(fix.patch, default=dict)
