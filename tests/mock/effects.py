"""What a fault changes: the differences between the answers of a clean mock and those of a faulty one."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from .probes import without_time

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .probes import Seen

_NAMED = 2
"""The most probes that a summary names one by one."""
_CODE = re.compile(r"(\$\S*|(?<=header )\S+)")
_PARENTS = {"$.data[*].": 4, "$.usage.": 2}
"""Objects, and the most of their fields that a summary names one by one."""


def effects(clean: Sequence[tuple[str, Seen]], faulty: Sequence[tuple[str, Seen]]) -> dict[str, list[str]]:
    """Return each kind of difference with the names of the probes whose answers show it.

    A kind is a status (`status 400 → 200`), a header (`header content-type`), a place in a JSON body (`$.usage.cost`,
    with `[*]` for any index) or the way the body is written. Another status has another body, so the two are
    not compared then; but where the new one is no regular failure, the kind says so.
    """
    found: defaultdict[str, list[str]] = defaultdict(list)
    for (probe, expected), (_, received) in zip(clean, faulty, strict=True):
        for kind in _differences(expected, received):
            found[kind].append(probe)
    return dict(found)


def summary(found: dict[str, list[str]]) -> str:
    """Return what `effects` found as one line of Markdown: each difference, and in which answers or in how many."""
    return "; ".join(f"{_as_code(kind)} ({_named(probes)})" for kind, probes in _merged(found).items())


def _differences(expected: Seen, received: Seen) -> list[str]:
    (status, headers, content), (new_status, new_headers, new_content) = expected, received
    if status != new_status:
        return [f"status {status} → {new_status}{_irregular(received)}"]
    names = {name for name in {*headers, *new_headers} if headers.get(name) != new_headers.get(name)}
    found = [f"header {name}" for name in sorted(names) if name != "content-length" or content == new_content]
    if content == new_content:
        return found
    before, after = _parsed(content), _parsed(new_content)
    if isinstance(before, bytes) or isinstance(after, bytes):
        return [*found, "the body as a whole"]
    if before == after:
        return [*found, "how the JSON is written"]
    return [*found, *dict.fromkeys(_paths(before, after, "$"))]


def _irregular(seen: Seen) -> str:
    """Return what is odd about a failure beside its status, for a second fault would show there."""
    status, headers, content = seen
    if status < 400:
        return ""
    error = content and json.loads(content)["error"]
    odd = [
        (error and error["code"] != status, f"with the code {error and error['code']}"),
        (status == 401 and "www-authenticate" not in headers, "without a challenge"),
        (status == 401 and b"user_id" in content, "naming an account"),
        (status == 405 and "allow" not in headers, "without Allow"),
    ]
    return "".join(f" {words}" for holds, words in odd if holds)


def _parsed(content: bytes) -> Any:
    """Return the JSON value in *content*, or *content* itself when there is none."""
    try:
        text = content.decode(json.detect_encoding(content)).removeprefix("\ufeff")
        return json.loads(without_time(text.encode()), parse_constant=lambda name: {"no JSON": name})
    except ValueError:
        return content


def _paths(before: Any, after: Any, path: str) -> Iterator[str]:
    if isinstance(before, dict) and isinstance(after, dict):
        for key in {**before, **after}:
            if key not in after:
                yield f"{path}.{key} gone"
            elif key not in before:
                yield f"{path}.{key} new"
            else:
                yield from _paths(before[key], after[key], f"{path}.{key}")
    elif isinstance(before, list) and isinstance(after, list) and not _are_numbers(before):
        if len(before) != len(after):
            yield f"length of {path}"
        for one, other in zip(before, after, strict=False):
            yield from _paths(one, other, f"{path}[*]")
    elif (type(before), before) != (type(after), after):
        yield path


def _are_numbers(values: list[Any]) -> bool:
    return bool(values) and isinstance(values[0], int | float)


def _merged(found: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return *found* with the fields of one object as one where many differ: another model, another bill."""
    merged: dict[str, list[str]] = {}
    many = [parent for parent, most in _PARENTS.items() if sum(parent in kind for kind in found) > most]
    for kind, probes in found.items():
        name = next((parent.removesuffix(".") for parent in many if parent in kind), kind)
        merged[name] = list(dict.fromkeys([*merged.get(name, []), *probes]))
    return merged


def _as_code(kind: str) -> str:
    return _CODE.sub(r"`\1`", kind)


def _named(probes: list[str]) -> str:
    return ", ".join(probes) if len(probes) <= _NAMED else f"{len(probes)} answers"
