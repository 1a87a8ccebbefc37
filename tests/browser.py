"""Debian's Chromium for tests: pages are opened from files, with the network blocked and every fault kept."""

import base64
import hashlib
import html
import json
import shutil
from contextlib import contextmanager

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)


@contextmanager
def chromium():
    """Start the browser, or skip the test with the reason."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("there is no Chromium: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(browser, path, fragment="", **options):
    """Open a file as a page; afterwards, nothing may have been asked of the network or said to be wrong."""
    context = browser.new_context(accept_downloads=True, **options)
    page, wrong = context.new_page(), []
    page.set_default_timeout(5000)
    context.route("**/*", lambda route: _local(route, path, wrong))
    page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{path.as_uri()}{fragment}")
    yield page
    assert wrong == []
    context.close()


def _local(route, path, wrong):
    if route.request.url.split("#")[0] == path.as_uri():
        return route.continue_()
    wrong.append(f"request: {route.request.url}")
    return route.abort()


def frame(part, *, lang="en", extra=""):
    """Put a part of a report into a page of its own, under the policy that reports have."""
    data = json.dumps(part.data, ensure_ascii=False).replace("<", "\\u003c")
    policy = f"default-src 'none'; style-src {_digest(part.style)}; script-src {_digest(part.script)}"
    return (
        f'<!DOCTYPE html><html lang="{lang}"><head><meta charset="utf-8"><title>x</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">'
        f'<style>{part.style}</style></head><body><main><section id="explorer">{part.html}</section>{extra}</main>'
        f'<script type="application/json" id="data">{data}</script><script>{part.script}</script></body></html>'
    )


def _digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
