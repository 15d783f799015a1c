"""The browser that the end-to-end tests drive."""

from __future__ import annotations

import os
import shutil

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_browser() -> str | None:
    """Return the path of an installed Chromium, of `CHROMIUM` when that is set."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@pytest.fixture(scope="session")
def chromium_executable() -> str:
    """Return the browser's path; without one skip, or fail where `CI=true` says that it must be."""
    path = find_browser()
    if path is not None:
        return path
    message = f"no browser: looked for {', '.join(BROWSERS)} on PATH (CHROMIUM=path names another)"
    if os.environ.get("CI", "").lower() == "true":
        pytest.fail(message)
    pytest.skip(message)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Try a browser test that failed once more, and say so: a busy machine outlasts a time limit.

    What fails twice fails; what passes the second time is listed as rerun.
    """
    if "chromium_executable" in getattr(item, "fixturenames", ()):
        item.add_marker(pytest.mark.flaky(reruns=1))
