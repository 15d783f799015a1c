"""The JSON editor (CodeMirror 6; sources in `frontend/src/editor`)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from quantsim_viz.ui.components.assets import mount_component
from quantsim_viz.ui.views.navigator import finding_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from quantsim_viz.diagnostics import Diagnostic

COMPONENT = "quantsim-viz.editor"


@dataclass(frozen=True, slots=True)
class EditorView:
    """What the editor shows.

    Attributes:
        document: Identity of what was opened: model and configuration. The draft in the browser is
            kept under it.
        opening: Changes whenever a document is opened, also by a server started anew.
        fresh: Whether a draft of it is not wanted any more.
        base: Hash of the text as it was opened.
        pristine: Whether `text` is that text.
        text: The document's text.
        version: Rises whenever `text` was changed by anything but the editor itself; only then is
            it written into the editor.
        seq: Number of the editor's last edit that `diagnostics` and `reach` belong to.
        diagnostics: Findings to underline.
        reach: Rows (line, matched, decided, nodes) of the rules.
        marked: Lines that belong to the selection.
        jump: (line, n): go to that line, once for every n.
        jump_focuses: Whether to take the keyboard there.
        schema: URL of the JSON schema, for completion.
        op_types: Operator types of the model with their count.
        param_types: Names of parameter types.
        trail: The steps around the present one (`History.trail`), kept with the draft.
        draft_answer: (draft, `bring` or `drop`): what to do with the draft that was asked about.
    """

    document: str
    opening: str
    fresh: bool
    base: str
    pristine: bool
    text: str
    version: int
    seq: int
    diagnostics: Sequence[Diagnostic]
    reach: Sequence[tuple[int, int, int, int]]
    marked: Sequence[int]
    jump: tuple[int, int]
    jump_focuses: bool
    schema: str
    op_types: Sequence[tuple[str, int]]
    param_types: Sequence[str]
    trail: Mapping[str, Any] = field(default_factory=dict)
    draft_answer: tuple[str, str] = ("", "")

    def to_data(self) -> dict[str, Any]:
        """Return what is sent to the browser."""
        return {
            "doc": self.document,
            "opening": self.opening,
            "fresh": self.fresh,
            "base": self.base,
            "pristine": self.pristine,
            "trail": dict(self.trail),
            "draft_answer": list(self.draft_answer),
            "text": self.text,
            "ver": self.version,
            "seq": self.seq,
            "diagnostics": [_to_mark(diagnostic) for diagnostic in self.diagnostics],
            "reach": [list(row) for row in self.reach],
            "marked": list(self.marked),
            "jump": {"line": self.jump[0], "n": self.jump[1], "focus": self.jump_focuses},
            "schema": self.schema,
            "op_types": [list(pair) for pair in self.op_types],
            "param_types": list(self.param_types),
        }


def _to_mark(diagnostic: Diagnostic) -> dict[str, Any]:
    return {
        "id": finding_id(diagnostic),
        "line": diagnostic.line,
        "column": diagnostic.column,
        "end_line": diagnostic.end_line,
        "end_column": diagnostic.end_column,
        "severity": diagnostic.severity.value,
        "code": diagnostic.code,
        "message": diagnostic.message,
        "fix": {"title": diagnostic.fix.title} if diagnostic.fix else None,
    }


def mount_editor(
    view: EditorView,
    *,
    key: str,
    ack: Sequence[Any],
    on_act: Callable[[], None],
    extra: Mapping[str, Any] | None = None,
) -> None:
    """Draw the editor.

    It acts with `edit {text, ver}`, `restore {text, ver, time}`, `ask_draft {draft, when}`,
    `fix {id}`, `undo`, `redo`, `save` and `simulate`.
    """
    data = view.to_data() | {"key": key, "ack": list(ack)} | dict(extra or {})
    mount_component(
        COMPONENT, "editor.js", key=key, data=data, height="stretch", on_act_change=on_act
    )
