"""A run in Markdown, short enough for the summary of a CI job.

What a server sent stands in code spans and fenced blocks alone, where it is neither markup nor a mention.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from openrouter_conformance.foreign_text import printable, shortened
from openrouter_conformance.report import labels
from openrouter_conformance.report.comparison import compare
from openrouter_conformance.report.findings import Finding, findings, reasons, resting, resting_line
from openrouter_conformance.report.records import received, source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from openrouter_conformance.report.records import RunRecords

_MOST_FINDINGS = 40
_LONGEST_LINE = 4000
_LONGEST_PHRASE = 400
_BACKTICKS = re.compile("`+")


def render(run: RunRecords, others: Sequence[RunRecords] = (), names: Sequence[str | None] = ()) -> str:
    """Return the records of a run, and how `others` differ from it, as Markdown; `names` are what they are called."""
    lines = [*_opening(run)]
    failed, rest = findings(run, "failed"), findings(run, "warning")
    for title, shown in (("Failed", failed), ("Warnings", rest)):
        lines += _section(title, shown)
    lines += _start(run)
    lines += _known(run)
    lines += _reasons(run, "error", "Errors of the suite; the target is not to blame")
    lines += _blocked(run)
    if others:
        lines += _comparison([run, *others], names)
    return "\n".join(lines) + "\n"


def code(text: str) -> str:
    """Return a text as a code span, also in a table; whatever is in it stays text."""
    line = printable(text).replace("|", "\\|")
    fence = _longer_than_in(line, "`")
    pad = " " if line.startswith("`") or line.endswith("`") or not line.strip() else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def block(line: str, language: str = "sh") -> list[str]:
    """Return one line as a fenced block that it cannot close."""
    fence = _longer_than_in(line, "```")
    return [f"{fence}{language}", printable(line), fence]


def _longer_than_in(text: str, shortest: str) -> str:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    return "`" * max(len(shortest), longest + 1)


def _opening(run: RunRecords) -> Iterator[str]:
    head, foot = run.header, run.footer
    contract = head["contract"]["date"] or head["contract"]["digest"][:19]
    yield f"## {code(labels.target(head))} {labels.CONCLUSIONS[run.conclusion]}"
    yield ""
    yield f"**{labels.totals(run)}**"
    yield ""
    made = f"Model {code(shortened(head['model']))}, {labels.settings(head)}, contract of {contract}"
    yield f"{made}; {labels.effort(run)}."
    if foot["stopped"]:
        yield ""
        yield f"**Unfinished:** {code(foot['stopped'])}"
    for one in foot.get("known_deviations", ()):
        yield ""
        entry = f"{code(one['entry'])} ({code(one['place'])})"
        yield f"**Known deviation** {entry}: {labels.PROBLEMS[one['problem']]}."


def _section(title: str, found: Sequence[Finding]) -> Iterator[str]:
    if not found:
        return
    yield from ("", f"### {title}", "")
    for one in found[:_MOST_FINDINGS]:
        yield from _finding(one)
    if len(found) > _MOST_FINDINGS:
        yield f"- and {len(found) - _MOST_FINDINGS} more, in the report"


def _start(run: RunRecords) -> Iterator[str]:
    start = run.header["target"]["start"]
    if start is not None and findings(run, "failed", "warning"):
        yield from ("", "These lines ask a mock that runs on its own. Start it first:", "", *block(start))


def _finding(finding: Finding) -> Iterator[str]:
    record = finding.record
    rests = f" **{resting_line(len(finding.resting))}.**" if finding.resting else ""
    yield f"- **{code(record['id'])}** (level: {record['level']}): {_own(record['text'])}{rests}"
    yield f"  Received {code(_phrase(received(record)))}, expected {code(_phrase(record['failure']['expected']))}."
    yield ""
    yield "  <details><summary>Repeat it</summary>"
    yield ""
    yield f"  Source: {_own(source(record))}"
    yield ""
    for exchange in record["failure"]["exchanges"]:
        line = exchange["curl"]
        if len(line) > _LONGEST_LINE:
            yield f"  A line of {len(line)} characters, which stands in results.jsonl."
        else:
            yield from (f"  {part}" for part in block(line))
    yield ""
    yield "  </details>"
    yield ""


def _known(run: RunRecords) -> Iterator[str]:
    found = findings(run, "known")
    if not found:
        return
    yield from ("", f"### {len(found)} known", "")
    for one in found:
        known = one.record.get("known", {})
        until = f", until {known['expires']}" if known.get("expires") else ""
        link = f" ({code(known['link'])})" if known.get("link") else ""
        reason = code(_phrase(known.get("reason") or ""))
        yield f"- {code(one.record['id'])} {known.get('kind', 'fails')}: {reason}{link}{until}"


def _reasons(run: RunRecords, status: str, title: str) -> Iterator[str]:
    found = reasons(run, status)
    if found:
        yield from ("", f"### {title}", "")
    for reason, names in found.items():
        yield f"- {', '.join(map(code, names))}: {code(_phrase(reason))}"


def _blocked(run: RunRecords) -> Iterator[str]:
    found = resting(run)
    if not found:
        return
    number = sum(map(len, found.values()))
    yield from ("", f"### {labels.counted('blocked', number)}", "")
    for cause, names in found.items():
        verb = "rests" if len(names) == 1 else "rest"
        yield f"- {len(names)} {verb} on {code(cause)}"


def _comparison(runs: Sequence[RunRecords], names: Sequence[str | None]) -> Iterator[str]:
    compared = compare(runs, names)
    differing = [row for row in compared.rows if row.differs]
    yield from ("", "### Beside others", "")
    yield f"| requirement | {' | '.join(code(shortened(name, 60)) for name in compared.names)} |"
    yield f"| --- | {' | '.join('---' for _ in compared.names)} |"
    conclusions = (f"**{labels.CONCLUSIONS[run.conclusion]}**" for run in runs)
    yield f"| | {' | '.join(conclusions)} |"
    for row in differing:
        yield f"| {code(row.id)} | {' | '.join(label.word for label in row.labels)} |"
    yield ""
    alike = len(compared.rows) - len(differing)
    yield f"{len(differing)} differ; the other {alike} are alike."


def _own(text: str) -> str:
    """Return a text of the suite, with its code spans."""
    return printable(text).replace("<", "&lt;")


def _phrase(text: str) -> str:
    return shortened(text, _LONGEST_PHRASE)
