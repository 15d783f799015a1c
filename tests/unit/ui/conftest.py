"""A small model and the default configuration, as the app would have them open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from quantsim_viz.samples import list_samples
from quantsim_viz.ui import sources
from quantsim_viz.ui.session import Session

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def cnn() -> str:
    return str(list_samples()[0].model)


@pytest.fixture
def session(cnn: str) -> Session:
    roots = sources.allowed_roots()
    session = Session(roots, lambda source: source.load())
    session.open_model(sources.model_source(cnn, roots))
    return session


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    """A copy of the default configuration that a test may write to."""
    from quantsim_viz.config import preset

    found = preset("default_config")
    assert found is not None
    path = tmp_path / "mine.json"
    path.write_text(found.path.read_text(encoding="utf-8"), encoding="utf-8")
    return path
