"""Try a fix before it is offered: apply it, resolve again, look at what became of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from quantsim_viz.config import load_document
from quantsim_viz.config.edit import apply_patch
from quantsim_viz.errors import ConfigError
from quantsim_viz.resolve import Cascade, resolve_edit

if TYPE_CHECKING:
    from quantsim_viz.diagnostics import Diagnostic, Fix


def try_fix(cascade: Cascade, fix: Fix) -> Cascade | None:
    """Return the cascade after a fix, None where it cannot be applied or AIMET would refuse."""
    config = cascade.config
    try:
        document = apply_patch(config.document, fix.patch)
        edited = load_document(document, name=config.name, path=config.path)
    except ConfigError:
        return None
    if edited.rules is None:
        return None
    after = resolve_edit(cascade, edited)
    return after if after.error is None else None


def changes_nothing(before: Cascade, after: Cascade) -> bool:
    """Tell whether two cascades of one model settle every quantizer alike."""
    old, new = before.run, after.run
    if old is None or new is None or old.topology.names != new.topology.names:
        return False
    return old.columns == new.columns


def with_safe_fix(cascade: Cascade, diagnostic: Diagnostic) -> Diagnostic:
    """Return the diagnostic as it is, or without its fix if that would lead to a refusal."""
    if diagnostic.fix is None or try_fix(cascade, diagnostic.fix) is not None:
        return diagnostic
    return replace(diagnostic, fix=None)
