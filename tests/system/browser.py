"""The browser of the system tests: Debian's Chromium, driven by playwright."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window; without Chromium a skip, which tests/conftest.py fails in CI."""
    path = shutil.which("chromium") or CHROMIUM
    if not os.access(path, os.X_OK):
        pytest.skip("no Chromium: on Debian or Ubuntu, `apt-get install chromium` brings it")
    # Chromium's own sandbox refuses to start as root, which containers run as.
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=FLAGS + sandbox)
        yield started
        started.close()
