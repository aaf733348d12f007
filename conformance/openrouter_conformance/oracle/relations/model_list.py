"""The model list: one list, of which entries and pages are parts."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

from openrouter_conformance.oracle.relations.findings import LIST, Findings

if TYPE_CHECKING:
    from openrouter_conformance.oracle.table import Page, Table


def entries_agree(table: Table, findings: Findings) -> None:
    """An entry of the model list is the same wherever it stands."""
    requirement = f"{LIST}/catalog/entries-agree"
    findings.compared[requirement] += len(table.entries) if len(table.pages) > 1 else 0
    for name, seen in table.entries.items():
        if len(seen) > 1:
            (one, first), (other, second) = itertools.islice(seen.items(), 2)
            fields = [
                field
                for field in {**json.loads(one), **json.loads(other)}
                if json.loads(one).get(field) != json.loads(other).get(field)
            ]
            findings.fail(
                requirement, f"two entries of {name!r} that differ in {', '.join(fields)}", "one entry", first, second
            )
            break


def pages_agree(table: Table, findings: Findings) -> None:
    """Pages are slices of the one list, and each names its size."""
    wholes = [page for page in table.pages if page.readings == ((0, None),)]
    if not wholes:
        return
    whole = wholes[0]
    repeats, total = f"{LIST}/catalog/repeats-agree", f"{LIST}/pagination/total-count-is-whole"
    slices = f"{LIST}/pagination/pages-are-slices"
    findings.compared[repeats] += len(wholes) - 1
    for page in wholes[1:]:
        if page.ids != whole.ids:
            findings.fail(
                repeats,
                "other models, or another order, the second time",
                "the same list",
                page.exchange,
                whole.exchange,
            )
            break
    for page in table.pages:
        findings.compared[total] += 1
        findings.compared[slices] += page is not whole
        if type(page.total) is not int or page.total != len(whole.ids):
            findings.fail(
                total,
                f"total_count {json.dumps(page.total)}",
                f"{len(whole.ids)}, the models there are",
                page.exchange,
                whole.exchange,
            )
        if page not in wholes:
            wrong = [_not_a_slice(page.ids, offset, limit, whole.ids) for offset, limit in page.readings]
            plainest, *others = wrong
            if plainest is not None and None not in others:
                findings.fail(slices, *plainest, page.exchange, whole.exchange)
            elif (astray := _not_leading_on(page, whole)) is not None:
                findings.fail(f"{LIST}/pagination/next-leads-on", *astray, page.exchange, whole.exchange)


def _not_leading_on(page: Page, whole: Page) -> tuple[str, str] | None:
    """Return what `links.next` of a page is and what it must be; None when it may lead to the model after its last."""
    if len(page.readings) != 1 or not page.ids:
        return None
    end = page.readings[0][0] + len(page.ids)
    if page.next is None:
        left = len(whole.ids) - end
        return None if left <= 0 else (f"links.next null with {left} more models", "the address of the next page")
    offsets = [value for name, value in parse_qsl(urlsplit(str(page.next)).query) if name == "offset"]
    if offsets and offsets != [str(end)] and end < len(whole.ids):
        return f"offset={offsets[-1]} in links.next of a page that ends before {end}", f"offset={end}"
    return None


def _not_a_slice(
    ids: tuple[str, ...], offset: int, limit: int | None, whole: tuple[str, ...]
) -> tuple[str, str] | None:
    """Return what a page holds and what it must hold; None when it is a slice: a page may be shorter than asked."""
    most = len(whole) if limit is None else limit
    expected = whole[offset : offset + most]
    if ids and ids == expected[: len(ids)]:
        return None
    if not ids and not expected:
        return None
    asked = f"offset={offset}" + ("" if limit is None else f", limit={limit}")
    if len(ids) > most:
        return f"{len(ids)} models with {asked}", f"at most {most}"
    place = next((at for at, (a, b) in enumerate(zip(ids, expected, strict=False)) if a != b), len(expected))
    found = json.dumps(ids[place]) if place < len(ids) else "no model"
    wanted = json.dumps(expected[place]) if place < len(expected) else "no model"
    return f"{found} at position {place} with {asked}", f"{wanted}, as in the whole list"
