"""The browser that looks at the console's pages, without a screen."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


class Chromium:
    """A program of the system's; the one that playwright would fetch by itself is not asked for."""

    title = "Chromium"
    packages: Sequence[str] = ("chromium",)

    def is_installed(self) -> bool:
        return self.path() is not None

    def path(self) -> str | None:
        return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def browsing(program: Chromium) -> Iterator[Browser]:
    """A browser until the block ends. As root it takes no sandbox: what it opens is ours."""
    from playwright.sync_api import sync_playwright

    options = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program.path(), args=options)
        yield browser
        browser.close()
