"""The HTML page of a report, as a browser shows it and a person uses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from conformance.example_runs import ALL, FAILED, PASSED, WARNING, failure, hostile_run, known_run, result, run
from openrouter_conformance.report import page

from .conftest import Opened

OpenPage = Callable[..., Opened]

_PAIR = result(
    "create-embeddings/order/pairs",
    "failed",
    reason="x",
    failure={**failure(), "exchanges": failure()["exchanges"] * 2},
)
_PAGES = {
    "failed": page.render(run(*ALL, _PAIR)),
    "hostile": page.render(hostile_run(repeated=50)),
    "known": page.render(known_run()),
    "compared": page.render(run(*ALL), [run(*PASSED, WARNING), hostile_run(), known_run(), run(_PAIR)]),
}
_SCHEMES = ("light", "dark")


@pytest.fixture(params=_PAGES)
def text(request: pytest.FixtureRequest) -> str:
    """Give the page of one run after the other."""
    return _PAGES[request.param]


@pytest.mark.parametrize("width", [400, 1400])
def test_a_page_says_nothing_asks_for_nothing_and_fits(open_page: OpenPage, text: str, width: int) -> None:
    """No error on the console, no request but for the file itself, nothing to scroll sideways."""
    opened = open_page(text, width=width)
    assert opened.messages == []
    assert [url.split(":")[0] for url in opened.requests] == ["file"]
    assert _overflow(opened) <= 0


def _overflow(opened: Opened) -> int:
    found: int = opened.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return found


def test_no_script_of_a_server_runs(open_page: OpenPage) -> None:
    """The title is the page's own; nothing popped up, and there is one script, the page's."""
    opened = open_page(_PAGES["hostile"])
    assert opened.page.title() != "owned"
    assert opened.messages == []
    assert opened.page.locator("script").count() == 1
    assert opened.page.locator("img").count() == 0


def test_the_policy_stops_scripts_that_are_not_its_own(open_page: OpenPage) -> None:
    """Even markup that got into the page could run nothing and load nothing."""
    intruding = (
        "<script>document.title='owned'</script><img src='http://192.0.2.1/x' onerror='document.title=\"owned\"'>"
    )
    opened = open_page(_PAGES["failed"].replace("</main>", f"{intruding}</main>"))
    assert opened.page.title() != "owned"
    assert opened.failures == ["http://192.0.2.1/x csp"]
    assert any("Content Security Policy" in message for message in opened.messages)


@pytest.mark.parametrize("scheme", _SCHEMES)
@pytest.mark.parametrize("width", [400, 1400])
def test_a_page_is_accessible(open_page: OpenPage, text: str, width: int, scheme: str) -> None:
    """Axe finds nothing: names, roles, contrast, headings, tables, what can be focused."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    opened = open_page(text, width=width, color_scheme=scheme)
    found: list[dict[str, Any]] = axe.Axe().run(opened.page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == []


def test_the_page_is_dark_where_the_reader_likes_it_dark(open_page: OpenPage) -> None:
    """The background follows `prefers-color-scheme`."""
    colors = [
        open_page(_PAGES["failed"], color_scheme=scheme).page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
        )
        for scheme in _SCHEMES
    ]
    assert sum(_numbers(colors[0])) > 700
    assert sum(_numbers(colors[1])) < 120


def _numbers(color: str) -> Iterator[int]:
    yield from (int(part) for part in color.removeprefix("rgb(").removesuffix(")").split(","))


def test_the_filter_works_by_keyboard_alone(open_page: OpenPage) -> None:
    """`/` leads to the filter, words narrow it, Tab and the space bar choose a status, Escape clears all."""
    opened = open_page(_PAGES["failed"])
    keyboard, shown = opened.page.keyboard, opened.page.locator("#shown")
    everything = shown.inner_text()
    keyboard.press("/")
    keyboard.type("one-vector inputs")
    assert shown.inner_text() == "1 of 3 findings, 1 of 10 requirements"
    assert opened.page.locator("article:visible").count() == 1
    assert opened.page.locator("article:visible h3").inner_text() == FAILED["id"]
    keyboard.press("Escape")
    assert shown.inner_text() == everything == "3 of 3 findings, 10 of 10 requirements"
    keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.value") == "failed"
    keyboard.press("Space")
    assert shown.inner_text() == "2 of 3 findings, 2 of 10 requirements"
    keyboard.press("Tab")
    keyboard.press("Space")
    assert shown.inner_text() == "3 of 3 findings, 3 of 10 requirements"
    keyboard.press("Escape")
    assert shown.inner_text() == everything


def test_levels_and_differences_can_be_chosen(open_page: OpenPage) -> None:
    """A level hides all others; `not all alike` leaves the requirements on which servers differ."""
    opened = open_page(page.render(run(*PASSED, FAILED), [run(*PASSED, result(FAILED["id"]), WARNING)]))
    rows = opened.page.locator("tr[data-kind=requirement]:visible")
    opened.page.get_by_label("observed").focus()
    opened.page.keyboard.press("Space")
    assert rows.count() == 1
    opened.page.keyboard.press("Space")
    opened.page.get_by_label("not all alike").focus()
    opened.page.keyboard.press("Space")
    assert rows.count() == 2


def test_a_link_shows_what_the_filter_hides(open_page: OpenPage) -> None:
    """From a row in the table one comes to its finding, whatever is filtered, and from a number to its group."""
    opened = open_page(_PAGES["failed"])
    opened.page.locator("#words").fill("nothing has this")
    assert opened.page.locator("article:visible").count() == 0
    opened.page.evaluate("id => { location.hash = id; }", f"finding-1-{FAILED['id'].replace('/', '--')}")
    opened.page.wait_for_function("document.querySelector('article:target').checkVisibility()")
    quiet = opened.page.locator("details.group:not([open])").first
    place = quiet.locator(".scroll").get_attribute("id")
    opened.page.evaluate("id => { location.hash = id; }", place)
    opened.page.wait_for_function("id => document.getElementById(id).closest('details').open", arg=place)


def test_a_shell_line_is_copied_whole(open_page: OpenPage) -> None:
    """The button copies the line as it is in the records."""
    opened = open_page(_PAGES["failed"], permissions=["clipboard-read", "clipboard-write"])
    opened.page.locator("article button").first.press("Enter")
    opened.page.wait_for_function("document.querySelector('article button').textContent === 'Copied'")
    assert opened.page.evaluate("navigator.clipboard.readText()") == FAILED["failure"]["exchanges"][0]["curl"]


def test_the_page_shows_all_without_its_script(open_page: OpenPage) -> None:
    """With JavaScript off there is no filter and no button, and every requirement can be opened and read."""
    opened = open_page(_PAGES["failed"], java_script_enabled=False)
    assert opened.page.locator("#filter:visible").count() == 0
    assert opened.page.locator("button:visible").count() == 0
    assert opened.page.locator("article:visible").count() == 3
    assert opened.page.locator("tr[data-kind=requirement]").count() == 10
    for closed in opened.page.locator("details:not([open]) > summary").all()[::-1]:
        closed.click()
    assert opened.page.locator("tr[data-kind=requirement]:visible").count() == 10


def test_print_opens_everything(open_page: OpenPage) -> None:
    """On paper there is no filter, and nothing is closed."""
    opened = open_page(_PAGES["failed"])
    opened.page.emulate_media(media="print")
    assert opened.page.locator("#filter").is_hidden()
    opened.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.page.locator("details:not([open])").count() == 0
    opened.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.page.locator("details:not([open])").count() > 0
