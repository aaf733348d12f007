"""The page: it shows all that the records say, asks for nothing, and stays what it is whatever a server has sent."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from openrouter_conformance.report import page
from openrouter_conformance.report.records import RunRecords

from .example_runs import ALL, CURL, FAILED, HOSTILE, PASSED, WARNING, failure, hostile_run, known_run, result, run

_VOID = {"meta", "input", "rect"}
_LOADING = {"img", "link", "iframe", "object", "embed", "audio", "video", "source", "base", "frame", "applet", "form"}


class _Page(HTMLParser):
    """Elements and texts of a page; refuses one whose tags are not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in _VOID or self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] not in ("style", "script"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        """All that a person reads."""
        return " ".join("".join(self.texts).split())

    def having(self, name: str) -> Iterator[str]:
        """Yield the values of an attribute."""
        yield from (value for _, attrs in self.elements if (value := attrs.get(name)) is not None)


_SHOWN = {
    "conforms": run(*PASSED),
    "failed": run(*ALL),
    "strict": run(*ALL, strict=True),
    "known": known_run(),
    "hostile": hostile_run(),
    "empty": run(),
}


@pytest.mark.parametrize("name", _SHOWN)
def test_the_page_needs_nothing_else(name: str) -> None:
    """No element loads anything, no link leaves the page, and no style or script stands in an attribute."""
    made = _Page(page.render(_SHOWN[name], [run(*PASSED, WARNING)]))
    tags = {tag for tag, _ in made.elements}
    assert tags & _LOADING <= {"form"}
    assert all(href.startswith("#") for href in made.having("href"))
    names = {name for _, attrs in made.elements for name in attrs}
    assert not {name for name in names if name.startswith("on") or name in ("style", "src", "action", "srcset")}
    assert [tag for tag, _ in made.elements].count("script") == 1


@pytest.mark.parametrize("name", _SHOWN)
def test_the_policy_allows_its_own_style_and_script_alone(name: str) -> None:
    """The hashes in the policy are those of the two blocks of the page; all else is forbidden."""
    text = page.render(_SHOWN[name])
    policy = next(_Page(text).having("content"))
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for tag in ("style", "script"):
        (block,) = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(block.encode()).digest()).decode()
        assert rules[f"{tag}-src"] == f"'sha256-{digest}'"


def test_every_id_is_unique_and_every_link_has_its_place() -> None:
    """Each cell of a comparison links to the finding of its server."""
    made = _Page(page.render(run(*ALL), [run(*PASSED, FAILED), hostile_run(), known_run()]))
    ids = list(made.having("id"))
    assert len(set(ids)) == len(ids)
    targets = [href[1:] for href in made.having("href")]
    assert set(targets) <= set(ids)
    assert {f"finding-{number}-{FAILED['id'].replace('/', '--')}" for number in (1, 2)} <= set(targets)


def test_a_finding_shows_both_requests_and_where_they_differ() -> None:
    """The two requests of a contradiction stand side by side, with the words in which they differ marked."""
    pair = failure()
    pair["exchanges"] = [
        {**pair["exchanges"][0], "curl": CURL.replace('["a","b"]', text), "status": status, "headers": [["x-id", "7"]]}
        for text, status in (('["a","b"]', 200), ('["a","c"]', 404))
    ]
    text = page.render(run(result("a/b/c", "failed", reason="x", failure=pair)))
    assert re.findall("<mark>(.*?)</mark>", text) == ["b", "c"]
    shown = _Page(text).text
    assert "Request 1" in shown
    assert "Answer 404" in shown
    assert "x-id: 7" in shown
    assert '--data-binary \'{"model":"acme/m","input":["a","c"]}\'' in shown


def test_a_finding_shows_what_rests_on_it() -> None:
    """What could not be tried is named below its cause, and is no finding of its own."""
    made = _Page(page.render(run(*ALL)))
    assert "2 others rest on this" in made.text
    assert list(made.having("data-kind")).count("finding") == 2


def test_every_requirement_is_in_the_page_without_its_script() -> None:
    """Each id and status stands in the text of the page; only the filter is hidden until the script shows it."""
    made = _Page(page.render(run(*ALL)))
    for record in ALL:
        assert record["id"] in made.text
    assert [dict(attrs).get("id") for tag, attrs in made.elements if "hidden" in attrs] == ["filter"]


def test_known_deviations_are_shown_with_their_reason() -> None:
    """What is accepted is told apart, with reason, link and dates, and so is an entry that is to be deleted."""
    shown = _Page(page.render(known_run())).text
    assert "billing is not wired up yet, since 2026-01-01, until 2026-12-31 (https://tracker.example/17)" in shown
    assert (
        "Known deviation create-embeddings/order/* (target.yaml, line 12): all that it names passes now: delete the entry"
        in shown
    )
    assert "6,150 tokens" in shown


def test_an_unfinished_run_says_so() -> None:
    """A run that was stopped is marked in the head of the page."""
    shown = _Page(page.render(run(PASSED[0], result("a/b/c", "not-run", reason="x"), stopped="over its ceiling"))).text
    assert "stopped, unfinished" in shown
    assert "Unfinished. over its ceiling" in shown


def test_what_a_server_sent_is_text_and_nothing_else() -> None:
    """Tags, entities and control characters of a server add no element to the page and stand there as text."""
    text = page.render(hostile_run())
    harmless = page.render(_without_hostility(hostile_run()))
    assert [tag for tag, _ in _Page(text).elements if tag not in ("code", "mark")] == [
        tag for tag, _ in _Page(harmless).elements if tag not in ("code", "mark")
    ]
    assert all(character.isprintable() or character == "\n" for character in text)
    assert "<script>document.title='owned'</script>" in _Page(text).text
    assert "{{7*7}}" in text


def _without_hostility(shown: RunRecords) -> RunRecords:
    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {name: plain(one) for name, one in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(plain(one) for one in value)
        return value.replace(HOSTILE, "harmless") if isinstance(value, str) else value

    return RunRecords(plain(shown.header), plain(shown.results), plain(shown.footer))  # type: ignore[arg-type]


def test_a_page_of_long_answers_stays_small() -> None:
    """Texts of megabytes are cut: the page of a hostile server is not much longer than any other."""
    assert len(page.render(hostile_run(repeated=20_000)).encode()) < 150_000


@example('{"\\')
@given(text=st.text(alphabet=st.sampled_from('{}[],:"\\ a1…')) | st.text())
def test_indenting_changes_white_space_only(text: str) -> None:
    """An excerpt keeps every character that is not white space, and no line is blank within it."""
    lines = list(page.indented(text))
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_json_is_indented() -> None:
    """Short arrays and objects stay on one line; what is cut off is no error."""
    assert list(
        page.indented('{"data":[{"index":0,"embedding":[0.1, … 9 numbers]} … 2 more like it],"usage":{"a":1')
    ) == [
        "{",
        '  "data":[',
        "    {",
        '      "index":0,',
        '      "embedding":[0.1, … 9 numbers]',
        "    } … 2 more like it",
        "  ],",
        '  "usage":{',
        '    "a":1',
    ]
