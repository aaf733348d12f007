"""The diff of published documents of neighbouring dates: `pytest --documents DIR`."""

import itertools
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from spec.diff.compare import Change, compare
from spec.diff.decide import Evidence
from spec.diff.parts import PartId, Parts, operations_of
from spec.pin import build_pin
from spec.source import read_source

pytestmark = pytest.mark.documents


@pytest.fixture(scope="module")
def pins(documents: Path) -> list[tuple[str, dict[str, Any]]]:
    """The pins of all documents by date, with their names."""
    paths = sorted(documents.glob("*.openapi.yaml"), key=lambda path: path.name.removeprefix("docs-rendering-").removeprefix("openrouter-"))  # fmt: skip
    return [(path.name, build_pin(read_source(str(path)), tolerate_absent=True).tree) for path in paths]


def neighbours(pins: list[tuple[str, dict[str, Any]]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return every ordered pair of neighbours: forward and backward in time."""
    pairs = [(old, new) for (_, old), (_, new) in itertools.pairwise(pins)]
    assert pairs
    return [*pairs, *((new, old) for old, new in pairs)]


def schema_of(document: dict[str, Any], change: Change) -> Any:
    """Return the schema of the part that a change is in, as the document has it."""
    parts = Parts(document).of(operations_of(document)[change.operation])
    status = change.part.status
    filed = (attrs_with(change.part, each) for each in (status, f"{status[:1]}XX", "default"))
    return next(parts[part] for part in filed if part in parts)


def attrs_with(part: PartId, status: str) -> PartId:
    """Return a part under another status."""
    return PartId(part.side, status if part.status else "", part.what, part.media_type)


def test_every_witness_is_accepted_by_one_side_and_refused_by_the_other(pins: list[tuple[str, dict[str, Any]]]) -> None:
    """Each message with a witness in it, judged again by validators made from both documents, tells them apart."""
    judged = 0
    for old, new in neighbours(pins):
        for change in compare(old, new):
            if change.kind.name.startswith("operation-") or change.part.what == "status":
                continue
            sides = {"old": schema_of(old, change), "new": schema_of(new, change)}
            for effect in change.effects:
                if effect.evidence is not Evidence.WITNESS:
                    continue
                accepted = {
                    side: jsonschema_rs.Draft202012Validator(schema, validate_formats=True).is_valid(effect.message)
                    for side, schema in sides.items()
                }
                assert accepted == {"old": effect.accepted_by == "old", "new": effect.accepted_by == "new"}, change
                judged += 1
    assert judged > 200


def test_everything_is_decided(pins: list[tuple[str, dict[str, Any]]]) -> None:
    """No change between published documents is left undecided."""
    assert not [change for old, new in neighbours(pins) for change in compare(old, new) if change.undecided]


def test_document_does_not_differ_from_itself(pins: list[tuple[str, dict[str, Any]]]) -> None:
    """A pin changes nothing when it is compared with itself."""
    assert not [name for name, pin in pins if compare(pin, pin)]
