"""A run, or several beside each other, as one HTML page that needs nothing else.

The page asks for nothing from any network, and its policy (CSP) allows no style and no script but its own two, by hash.
All that it shows is escaped, shortened, and without control characters; the page shows everything without its script,
which only filters, copies and opens.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib import resources
from typing import TYPE_CHECKING, Any

import attrs
import jinja2
from markupsafe import Markup

from openrouter_conformance.foreign_text import printable, shortened
from openrouter_conformance.report import labels
from openrouter_conformance.report.comparison import Row, compare
from openrouter_conformance.report.findings import SHOWN, findings, reasons, resting_line
from openrouter_conformance.report.labels import Label
from openrouter_conformance.report.records import received, source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openrouter_conformance.report.findings import Finding
    from openrouter_conformance.report.records import Record, RunRecords

_FOLDER = "assets"
_LONGEST_CURL = 12_000
_LONGEST_BODY = 2000
_LONGEST_PHRASE = 800
_LONGEST_NAME = 120
_LONGEST_HEADER = 200
_MOST_HEADERS = 24
_MOST_SLOW = 10
_INDENT = "  "
_DEEPEST = 12

_WORD = re.compile(r"\w+|\W")
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[\[\]{},]|[^"\[\]{},]+', re.DOTALL)
_LEAF = re.compile(r"\[[^\[\]{}]{0,60}\]|\{[^\[\]{}]{0,60}\}")


@attrs.frozen
class Curl:
    """A request as a shell line, in three parts: what differs from the request beside it is the middle one.

    `is_whole` says that nothing was cut off, so that the line can be pasted.
    """

    before: str
    differing: str
    after: str
    is_whole: bool
    length: int


@attrs.frozen
class ShownExchange:
    """One request and its answer."""

    curl: Curl
    status: int | None
    headers: Sequence[tuple[str, str]]
    more_headers: int
    body: Sequence[str]
    failure: str | None


@attrs.frozen
class ShownFinding:
    """One finding: its place in the page, and what is shown of it."""

    anchor: str
    status: str
    record: Record
    received: str
    expected: str
    source: str
    replay: str | None
    resting: Sequence[str]
    resting_line: str
    exchanges: Sequence[ShownExchange]
    known: Record | None


@attrs.frozen
class Server:
    """One run in the page, with a number that no other has."""

    number: int
    name: str
    run: RunRecords
    findings: Sequence[ShownFinding]

    @property
    def conclusion(self) -> str:
        """How the run came out, in words."""
        return labels.CONCLUSIONS[self.run.conclusion]

    @property
    def counts(self) -> Sequence[tuple[str, Label, int]]:
        """Each status that some requirement has, with its label and number, the worst first."""
        found = self.run.footer["totals"]
        return [(status, label, found[status]) for status, label in labels.STATUSES.items() if found.get(status)]

    @property
    def settings(self) -> Iterator[tuple[str, str]]:
        """What was checked, and how: names and values."""
        head, foot = self.run.header, self.run.footer
        contract = head["contract"]
        yield "Address", head["target"]["url"] or "embedded mock"
        yield "Model", shortened(head["model"])
        yield "Contract", f"{contract['date'] or 'no date'} ({contract['digest'][:19]})"
        yield "Run", f"{labels.settings(head)}, suite {head['suite']}"
        yield "Effort", labels.effort(self.run)
        yield "Started", head["started"].replace("T", " ")
        if foot["features"]:
            yield "Features", ", ".join(f"{name} {found}" for name, found in foot["features"].items())

    @property
    def errors(self) -> dict[str, list[str]]:
        """The errors of the suite, each with the requirements that it kept from being judged."""
        return {_phrase(reason): names for reason, names in reasons(self.run, "error").items()}

    @property
    def stale(self) -> Sequence[tuple[str, str, str]]:
        """The known deviations that are to be deleted: entry, place, and why."""
        found = self.run.footer.get("known_deviations", ())
        return [(one["entry"], one["place"], labels.PROBLEMS[one["problem"]]) for one in found]

    @property
    def slowest(self) -> Sequence[tuple[Record, float]]:
        """The requirements that took longest, each with its share of the longest."""
        timed = sorted((one for one in self.run.results if one["seconds"] > 0), key=lambda one: -one["seconds"])
        return [(one, one["seconds"] / timed[0]["seconds"]) for one in timed[:_MOST_SLOW]]


@attrs.frozen
class Cell:
    """What one run says of one requirement; `anchor` is the place of its finding, if it has one."""

    status: str
    label: Label
    reason: str
    anchor: str | None


@attrs.frozen
class Requirement:
    """One row of the table of requirements, with a cell for each run."""

    id: str
    level: str
    text: str
    cells: Sequence[Cell]

    @property
    def differs(self) -> bool:
        """Whether the runs do not all have the same status."""
        return len({cell.status for cell in self.cells}) > 1


@attrs.frozen
class Group:
    """The requirements on one side of one operation."""

    operation: str
    facet: str
    requirements: Sequence[Requirement]

    @property
    def anchor(self) -> str:
        """Its place in the page."""
        return f"{self.operation}--{self.facet}"

    @property
    def has_findings(self) -> bool:
        """Whether some requirement failed somewhere, or could not be judged for an error of the suite."""
        return any(cell.status in (*SHOWN, "error") for one in self.requirements for cell in one.cells)

    def counts(self, place: int) -> Sequence[tuple[str, Label, int]]:
        """Return how many requirements have which status in the run at this place, the worst first."""
        found = [one.cells[place].status for one in self.requirements]
        return [(status, label, found.count(status)) for status, label in labels.STATUSES.items() if status in found]


def render(run: RunRecords, others: Sequence[RunRecords] = (), names: Sequence[str | None] = ()) -> str:
    """Return the page of a run, with `others` beside it; `names` are what the user calls them, in their order."""
    runs = [run, *others]
    compared = compare(runs, names)
    servers = [
        Server(number, shortened(name, _LONGEST_NAME), one, [_finding(found, number) for found in findings(one)])
        for number, (name, one) in enumerate(zip(compared.names, runs, strict=True), start=1)
    ]
    style, script = _text("page.css"), _text("page.js")
    groups = _groups(compared.rows, servers)
    shown = [status for status in labels.STATUSES if any(status == cell.status for cell in _cells(groups))]
    return (
        _environment()
        .get_template("page.html.jinja")
        .render(
            servers=servers,
            many=len(servers) > 1,
            all_statuses=labels.STATUSES,
            groups=groups,
            operations=list(dict.fromkeys(group.operation for group in groups)),
            facets=list(dict.fromkeys(group.facet for group in groups)),
            by_place={(group.operation, group.facet): group for group in groups},
            statuses={status: labels.STATUSES[status] for status in shown},
            levels=labels.LEVELS,
            style=Markup(style),  # noqa: S704 - a file of this package
            script=Markup(script),  # noqa: S704
            style_hash=_hash(style),
            script_hash=_hash(script),
        )
    )


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.FunctionLoader(_text),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_safe,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["prose"] = _prose
    return made


def _prose(text: str) -> Markup:
    """Return a text, escaped, with what stands between backticks as code."""
    parts = printable(text).split("`")
    if len(parts) % 2 == 0:
        return Markup.escape(printable(text))
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else Markup.escape(part) for place, part in enumerate(parts)
    )


def _safe(value: Any) -> Any:
    """Return what is written for a value: a text without control characters, which is then escaped."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _text(name: str) -> str:
    return resources.files("openrouter_conformance.report").joinpath(_FOLDER, name).read_text("utf-8")


def _hash(text: str) -> str:
    """Return the source expression that allows one inline style or script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _groups(rows: Sequence[Row], servers: Sequence[Server]) -> list[Group]:
    anchors = [{one.record["id"]: one.anchor for one in server.findings} for server in servers]
    found: dict[tuple[str, str], list[Requirement]] = {}
    for row in rows:
        known = row.known
        cells = [
            Cell(
                "absent" if record is None else record["status"],
                label,
                _phrase(_reason(record)),
                anchors[place].get(row.id),
            )
            for place, (record, label) in enumerate(zip(row.records, row.labels, strict=True))
        ]
        found.setdefault((known["operation"], known["facet"]), []).append(
            Requirement(row.id, known["level"], known["text"], cells)
        )
    return [Group(operation, facet, requirements) for (operation, facet), requirements in found.items()]


def _reason(record: Record | None) -> str:
    """Return why a requirement has its status, where no finding tells."""
    return "" if record is None or "failure" in record else record["reason"] or ""


def _cells(groups: Sequence[Group]) -> Iterator[Cell]:
    for group in groups:
        for requirement in group.requirements:
            yield from requirement.cells


def _finding(finding: Finding, number: int) -> ShownFinding:
    record, failure = finding.record, finding.record["failure"]
    replay = failure.get("replay")
    return ShownFinding(
        anchor=f"finding-{number}-{record['id'].replace('/', '--')}",
        status=record["status"],
        record=record,
        received=_phrase(received(record)),
        expected=_phrase(failure["expected"]),
        source=_phrase(source(record)),
        replay=None if replay is None else _phrase(replay),
        resting=finding.resting,
        resting_line=resting_line(len(finding.resting)),
        exchanges=_exchanges(failure["exchanges"]),
        known=record.get("known"),
    )


def _exchanges(recorded: Sequence[Record]) -> list[ShownExchange]:
    lines = [one["curl"] for one in recorded]
    return [_exchange(one, _curl(place, lines)) for place, one in enumerate(recorded)]


def _exchange(recorded: Record, curl: Curl) -> ShownExchange:
    headers = recorded["headers"]
    return ShownExchange(
        curl=curl,
        status=recorded["status"],
        headers=[(shortened(name, 60), shortened(value, _LONGEST_HEADER)) for name, value in headers[:_MOST_HEADERS]],
        more_headers=max(0, len(headers) - _MOST_HEADERS),
        body=list(indented(shortened(recorded["body"], _LONGEST_BODY))),
        failure=None if recorded["failure"] is None else _phrase(recorded["failure"]),
    )


def _curl(place: int, lines: Sequence[str]) -> Curl:
    """Return the line at `place`, marked where it differs from the other one of a pair."""
    line = lines[place]
    if len(line) > _LONGEST_CURL:
        return Curl(shortened(line, _LONGEST_CURL // 8), "", "", is_whole=False, length=len(line))
    start = end = len(line)
    if len(lines) > 1 and len(set(lines)) > 1:
        other = lines[0] if place else lines[1]
        start, end = _differing(line, other)
    return Curl(line[:start], line[start:end], line[end:], is_whole=True, length=len(line))


def _differing(line: str, other: str) -> tuple[int, int]:
    """Return where a line begins and ends to differ from another, at the bounds of words."""
    own, others = _WORD.findall(line), _WORD.findall(other)
    same = _same_start(own, others)
    room = min(len(own), len(others)) - same
    same_end = min(room, _same_start(own[::-1], others[::-1]))
    return sum(map(len, own[:same])), len(line) - sum(map(len, own[len(own) - same_end :]))


def _same_start(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((place for place, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def indented(text: str) -> Iterator[str]:
    """Yield the lines of an excerpt of JSON, indented; any other text is one line."""
    if not text.startswith(("{", "[")):
        yield text
        return
    line, depth, place = "", 0, 0
    while place < len(text):
        leaf = _LEAF.match(text, place)
        if leaf is not None:
            line, place = line + leaf[0], leaf.end()
            continue
        token = _TOKEN.match(text, place)
        assert token is not None
        part, place = token[0], token.end()
        if part in ("{", "["):
            yield line + part
            depth += 1
            line = _INDENT * min(depth, _DEEPEST)
        elif part in ("}", "]"):
            if line.strip():
                yield line
            depth = max(0, depth - 1)
            line = _INDENT * min(depth, _DEEPEST) + part
        elif part == ",":
            yield line + part
            line = _INDENT * min(depth, _DEEPEST)
        else:
            line += part if line.strip() else part.lstrip()
    if line.strip():
        yield line


def _phrase(text: str) -> str:
    return shortened(text, _LONGEST_PHRASE)
