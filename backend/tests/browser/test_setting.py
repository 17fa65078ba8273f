"""The browser tests' own guards do guard."""

import pytest
from playwright.sync_api import Browser

from tests.browser.browsers import HOW_TO_INSTALL, find_browser
from tests.browser.watching import Watch


def test_without_a_browser_a_developer_is_told_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="install chromium"):
        find_browser()


def test_without_a_browser_ci_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="install chromium"):
        find_browser()
    assert "apt-get install chromium" in HOW_TO_INSTALL


def test_watch_notes_errors_and_strangers(browser: Browser, live_api: str) -> None:
    with browser.new_context() as context:
        watch = Watch(context, live_api)
        page = context.new_page()
        page.goto(f"{live_api}/healthz")
        watch.check()
        page.evaluate("console.error('said aloud')")
        page.evaluate("setTimeout(() => { throw new Error('thrown'); })")
        page.evaluate("fetch('https://example.com/').catch(() => null)")
        page.wait_for_function("performance.getEntriesByName('https://example.com/').length")
    assert any("said aloud" in error for error in watch.errors)
    assert any("thrown" in error for error in watch.errors)
    assert any("ERR_NAME_NOT_RESOLVED" in error for error in watch.errors)  # and it did not get there
    assert watch.strangers == ["https://example.com/"]
