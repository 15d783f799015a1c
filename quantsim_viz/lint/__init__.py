"""The room of advice: what is wrong, void or surprising in a configuration, and how to mend it.

Every check is a small generator over one resolved configuration (`LintContext`); it sees documents,
rules, the graph and the cascade, and never torch or Streamlit. `docs/lint.md` explains every code.
"""

from __future__ import annotations

from quantsim_viz.lint.codes import CODES, Code
from quantsim_viz.lint.engine import lint, lint_cascade

__all__ = ["CODES", "Code", "lint", "lint_cascade"]
