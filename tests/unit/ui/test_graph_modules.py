"""The graph component's files as the browser loads them."""

from __future__ import annotations

import re
from pathlib import Path

import quantsim_viz.ui

STATIC = Path(quantsim_viz.ui.__file__).parent / "static"


def test_every_module_is_named_by_the_first_so_that_all_are_fetched_at_once() -> None:
    first = (STATIC / "graph.js").read_text()
    named = set(re.findall(r'"\./graph/([a-z]+\.js)"', first))
    assert named == {path.name for path in (STATIC / "graph").glob("*.js")}


def test_names_of_a_model_never_become_markup() -> None:
    """The one `innerHTML` takes the fixed text of `graph.js`; all else is made of text nodes."""
    text = "".join(path.read_text() for path in [STATIC / "graph.js", *STATIC.glob("graph/*.js")])
    assert re.findall(r"\.innerHTML = (\w+);", text) == ["MARKUP"]
    assert not re.search(r"innerHTML\s*\+=|outerHTML|insertAdjacentHTML|document\.write", text)
