"""Try a fix before it is offered: apply it, resolve again, look at what became of it."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, Any

from quantsim_viz.config import load_document
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.config.pointer import split
from quantsim_viz.errors import ConfigError
from quantsim_viz.resolve import Cascade, resolve_edit

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from quantsim_viz.config.rules import Config
    from quantsim_viz.diagnostics import Diagnostic, Fix

_REFUSED_ALTERNATIVES = {
    "model-input-false": (
        "Quantize the model's inputs",
        ({"op": "replace", "path": "/model_input/is_input_quantized", "value": "True"},),
    ),
}
"""Another mend of a finding whose usual one AIMET refuses on this model."""


class Outcome(Enum):
    """What a fix leads to."""

    IMPOSSIBLE = "it cannot be applied, or leaves the configuration as invalid as it was"
    REFUSED = "AIMET refuses the result on this model"
    BETTER = "other errors of the document are left"
    CHANGED = "some quantizer differs"
    UNCHANGED = "every quantizer is as before"


_SAFE = frozenset({Outcome.BETTER, Outcome.CHANGED, Outcome.UNCHANGED})


class Trial:
    """Tries fixes of one configuration on one model, each only once."""

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade
        self._outcomes: dict[str, Outcome] = {}

    def outcome(self, fix: Fix) -> Outcome:
        """Return what a fix leads to."""
        key = json.dumps(fix.patch, default=dict)
        found = self._outcomes.get(key)
        if found is None:
            found = self._outcomes[key] = self._try(fix.patch)
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

        An entry of an operator type that the model lacks, and a supergroup without a match, have no
        declaration; without any of them every quantizer must be as it is with all. Should one
        differ all the same, they are tried one by one when they are asked for.
        """
        steps = [dict(step) for fix in fixes for step in fix.patch]
        steps.sort(key=lambda step: [_order(token) for token in split(step["path"])], reverse=True)
        if len(fixes) < 2 or self._try(steps) is not Outcome.UNCHANGED:
            return
        for fix in fixes:
            self._outcomes[json.dumps(fix.patch, default=dict)] = Outcome.UNCHANGED

    def checked(self, diagnostic: Diagnostic) -> Diagnostic:
        """Return the finding with its fix if that is safe, with another, or without one."""
        if diagnostic.fix is None or self.is_safe(diagnostic.fix):
            return diagnostic
        if diagnostic.code not in _REFUSED_ALTERNATIVES:
            return replace(diagnostic, fix=None)
        title, patch = _REFUSED_ALTERNATIVES[diagnostic.code]
        other = replace(diagnostic.fix, title=title, patch=patch)
        message = (
            f"{diagnostic.message} On this model AIMET refuses that too: it has float constant"
            " operands, for which model_input must say whether they are quantized."
        )
        return replace(diagnostic, message=message, fix=other if self.is_safe(other) else None)

    def _try(self, patch: Iterable[Mapping[str, Any]]) -> Outcome:
        edited = _edited(self._cascade.config, patch)
        if edited is None:
            return Outcome.IMPOSSIBLE
        if edited.rules is None:
            is_better = len(edited.errors) < len(self._cascade.config.errors)
            return Outcome.BETTER if is_better else Outcome.IMPOSSIBLE
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
        document = apply_patch(config.document, patch)
        return load_document(document, name=config.name, path=config.path)
    except ConfigError:
        return None


def _is_same(before: Cascade, after: Cascade) -> bool:
    """Tell whether two cascades of one model settle every quantizer alike."""
    old, new = before.run, after.run
    if before.error is not None or old is None or new is None:
        return False
    return old.topology.names == new.topology.names and old.columns == new.columns


def _order(token: str) -> tuple[int, str]:
    """Order the items of a list by number, so that removing the last first moves none."""
    return (int(token), "") if token.isdigit() else (-1, token)
