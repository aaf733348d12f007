"""Breaking changes that a person has reviewed: a file of kind, place and reason, whose entries expire.

```yaml
accepted:
- kind: request-property-removed
  operation: createEmbeddings
  place: request body $.dimensions
  reason: Never answered by any model we use.
```
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from spec.diff.compare import Change
from spec.diff.kinds import BREAKING, KINDS
from spec.errors import InputError, shorten
from spec.load import parse_tree

_KEYS = ("kind", "operation", "place", "reason")


@attrs.frozen
class Accepted:
    """One reviewed change: its kind, operation and place as the diff prints them, and why it may be."""

    kind: str
    operation: str
    place: str
    reason: str

    def covers(self, change: Change) -> bool:
        """Tell whether a change is the one that was accepted."""
        return (self.kind, self.operation, self.place) == (change.kind.name, change.operation, change.place)


@attrs.frozen
class Review:
    """Changes held against what was accepted.

    Attributes:
        accepted: each change that was accepted, with its entry.
        expired: the entries whose change no longer occurs.
        breaking: the breaking changes that nobody has accepted.

    """

    accepted: tuple[tuple[Change, Accepted], ...]
    expired: tuple[Accepted, ...]
    breaking: tuple[Change, ...]

    def reason(self, change: Change) -> str | None:
        """Return why a change was accepted, if it was."""
        return next((entry.reason for each, entry in self.accepted if each is change), None)


def read_accepted(path: Path) -> list[Accepted]:
    """Return the entries of a file of accepted changes.

    Raises:
        InputError: it cannot be read, or an entry lacks kind, operation, place or reason.

    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror or error}.") from None
    tree = parse_tree(raw, str(path))
    entries = tree.get("accepted") if isinstance(tree, dict) else None
    if not isinstance(entries, list):
        raise InputError(f"{path} has no list `accepted`: entries of {', '.join(_KEYS)} are expected there.")
    return [_entry(entry, f"{path}, entry {number}") for number, entry in enumerate(entries, 1)]


def _entry(entry: object, where: str) -> Accepted:
    if not isinstance(entry, dict) or set(entry) != set(_KEYS):
        raise InputError(f"{where} is {shorten(entry, 60)}: the keys {', '.join(_KEYS)} are expected, and no other.")
    for key in _KEYS:
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise InputError(f"{where}: {key} is {shorten(entry[key], 40)} where text is expected.")
    if entry["kind"] not in KINDS:
        raise InputError(f"{where}: {shorten(entry['kind'])} is no kind of change; `diff_spec.py --kinds` lists them.")
    return Accepted(**entry)


def review(changes: Sequence[Change], accepted: Sequence[Accepted]) -> Review:
    """Hold changes against what was accepted; only breaking ones need to be."""
    pairs = [(change, entry) for change in changes for entry in accepted if entry.covers(change)]
    met = [entry for _, entry in pairs]
    reviewed = [change for change, _ in pairs]
    breaking = [change for change in changes if change.severity == BREAKING and not any(change is r for r in reviewed)]
    return Review(tuple(pairs), tuple(entry for entry in accepted if entry not in met), tuple(breaking))
