"""The browser that the end-to-end tests drive, and the server of the app they drive it at."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from support.app_server import BROWSER_FLAGS, BROWSERS, AppPage, AppServer, find_browser

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser


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


@pytest.fixture(scope="module")
def browser(chromium_executable: str) -> Iterator[Browser]:
    """Return a browser for the tests of one module."""
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium_executable, args=BROWSER_FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(
    chromium_executable: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    """Return the app's server for the tests of one module."""
    server = AppServer(tmp_path_factory.mktemp("server") / "log.txt")
    yield server
    server.close()


@pytest.fixture
def serve(chromium_executable: str, tmp_path: Path) -> Iterator[Callable[..., AppServer]]:
    """Return what starts a server with other arguments; it ends with the test."""
    servers: list[AppServer] = []

    def start(*arguments: str, **options: object) -> AppServer:
        log = tmp_path / f"server-{len(servers)}.txt"
        servers.append(AppServer(log, arguments, **options))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def visit(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., AppPage]]:
    """Return what opens a page of a server in a context of its own; checked when the test ends.

    With `QUANTSIM_VIZ_EVIDENCE=FOLDER` a picture of how each page was left is kept there.
    """
    pages: list[AppPage] = []

    def open_page(server: AppServer, **options: object) -> AppPage:
        size: dict[str, object] = {"viewport": {"width": 1500, "height": 950}}
        context = browser.new_context(**(size | options))
        pages.append(AppPage(context.new_page(), server.url))
        return pages[-1]

    yield open_page
    for number, app in enumerate(pages):
        app.keep_evidence(f"{request.node.name}-{number}")
    for app in pages:
        app.check()
    for app in pages:
        app.page.context.close()


@pytest.fixture
def app(visit: Callable[..., AppPage], server: AppServer) -> AppPage:
    """Return a page of the app, not yet opened."""
    return visit(server)
