"""The results on all clients as a table: for the terminal, and for `docs/clients.md`."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from pathlib import Path

import attrs

from . import environments
from .catalog import FOLDER, Client
from .check_results import CHECKS, CheckResult

PAGE = FOLDER.parents[1] / "docs" / "clients.md"
_MARKS = {True: "✓", False: "✗"}


@attrs.frozen
class Row:
    """One client and its results."""

    client: Client
    results: tuple[CheckResult, ...]
    skipped: str = ""
    """Why it was not run; empty when it was."""
    last_words: str = ""
    """The end of what its program said on standard error."""

    @property
    def ran(self) -> bool:
        """Whether its program was run: it was neither skipped nor impossible to install."""
        return not self.skipped and all(result.check in CHECKS for result in self.results)

    @property
    def passed(self) -> bool:
        """Whether no check failed; a client that was skipped failed none, and passed none."""
        return all(result.passed for result in self.results)


def plain(rows: Sequence[Row]) -> str:
    """Return the results as lines of text, failures with what the client's program said."""
    lines = []
    for row in rows:
        lines.append(f"{row.client.name} ({', '.join(row.client.packages)})")
        if row.skipped:
            lines.append(f"  skipped: {row.skipped}")
        lines += [f"  {_MARKS[each.passed]} {each.check}: {each.says.replace('`', '')}" for each in row.results]
        if not row.passed and row.last_words:
            lines += [f"    | {line}" for line in row.last_words.strip().splitlines()]
    return "\n".join([*lines, "", _sum(rows)])


def write(rows: Sequence[Row], path: Path = PAGE) -> None:
    """Write the table to *path*, whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    aside = path.with_suffix(".new")
    aside.write_text(markdown(rows), encoding="utf-8")
    aside.replace(path)


def markdown(rows: Sequence[Row]) -> str:
    """Return the table as a page of Markdown; the same results give the same page."""
    head = ("client", "versions", *CHECKS)
    lines = [" | ".join(head), " | ".join("---" for _ in head)]
    for row in rows:
        by_check = {result.check: result for result in row.results}
        cells = [_cell(by_check.get(check)) for check in CHECKS]
        lines.append(" | ".join((row.client.name, ", ".join(f"`{each}`" for each in row.client.packages), *cells)))
    notes = [f"- **{row.client.name}**: {row.client.note}" for row in rows if row.client.note]
    return "\n".join(
        (_INTRODUCTION.format(runtimes=_runtimes(), sum=_sum(rows)), *(f"| {line} |" for line in lines), "", *notes, "")
    )


_INTRODUCTION = """\
# Real clients against the mock

Made by `tox -e clients` with {runtimes}. {sum}

- **one text**, **batch in order**: each vector is the mock's own, fetched without any client, by cosine. The batch has five
  texts, in no particular order.
- **sends**: the form of the input and the `encoding_format` that reach the mock when the caller asks for nothing.
- **401**, **404**, **429**: the exception that the client raises, and the number of requests if more than one.
- **after one 429**: the first request is refused with `Retry-After: 1`, the next is answered.
- **models**: `GET /embeddings/models`, in pages as long as the list, so that a client may ask for one page too many.
"""


def _cell(result: CheckResult | None) -> str:
    if result is None:
        return ""
    return f"{_MARKS[result.passed]} {result.says}".removesuffix(" yes").replace("|", "\\|").replace("\n", " ")


def _sum(rows: Sequence[Row]) -> str:
    results = [result for row in rows for result in row.results]
    failed = sum(not result.passed for result in results)
    skipped = [row.client.name for row in rows if row.skipped]
    text = f"{len(rows) - len(skipped)} clients, {len(results)} checks, {failed} failed"
    return text + (f"; skipped: {', '.join(skipped)}." if skipped else ".")


def _runtimes() -> str:
    python = f"Python {platform.python_version()}"
    node = environments.node()
    if node is None:
        return python
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{python} and Node {version.removeprefix('v')}"
