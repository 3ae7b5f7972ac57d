"""A real browser; without one these tests are not there."""

import shutil
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from playwright.sync_api import sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATH = next((found for found in map(shutil.which, NAMES) if found), None)
collect_ignore_glob = [] if PATH else ["test_*.py"]


@pytest.fixture(scope="module")
def browser():
    """Return a browser."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=PATH)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser):
    """Return what opens a file as a page, and keeps what a person would find amiss."""

    @contextmanager
    def open_file(path, width, scheme="light"):
        size = {"width": width, "height": 900}
        context = browser.new_context(
            viewport=size, color_scheme=scheme, is_mobile=width < 600
        )
        page, trouble, requests = context.new_page(), [], []
        page.on("console", lambda message: trouble.append(message.text))
        page.on("pageerror", lambda error: trouble.append(str(error)))
        page.on("dialog", lambda dialog: trouble.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(path.as_uri())
        yield SimpleNamespace(page=page, trouble=trouble, requests=requests)
        context.close()

    return open_file
