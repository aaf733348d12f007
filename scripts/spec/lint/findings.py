"""What a rule finds, and the document it looks at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from spec.diff.decide import Shape
from spec.diff.readings import ClosedReading, as_written
from spec.openapi_objects import Position, root_of, walk

ERROR = "error"
WARNING = "warning"
INFO = "info"
SEVERITIES = (ERROR, WARNING, INFO)

RULES: dict[str, str] = {
    "overlapping-branches": ERROR,
    "branch-never-matches": ERROR,
    "branch-adds-nothing": INFO,
    "unsatisfiable-schema": ERROR,
    "enum-duplicate": WARNING,
    "example-refused": WARNING,
    "default-refused": ERROR,
    "required-property-undeclared": WARNING,
    "discriminator-without-property": ERROR,
    "discriminator-ambiguous": ERROR,
    "discriminator-mapping-refused": ERROR,
    "operation-without-errors": WARNING,
    "error-without-body": INFO,
    "operation-without-security": WARNING,
}
"""The rules, and how bad it is to break each."""


@attrs.frozen
class Finding:
    """One trap.

    Attributes:
        rule: a key of `RULES`.
        where: a JSON Pointer into the document.
        text: what is wrong, in a few words.
        witness: the value that shows it; `NO_WITNESS` where no value can.

    """

    rule: str
    where: str
    text: str
    witness: Any

    @property
    def severity(self) -> str:
        """How bad it is."""
        return RULES[self.rule]


NO_WITNESS = object()
"""In the place of a witness, where null could be one."""


class Linted:
    """A document whose schemas are decoded, and the schemas of it as questions can be asked of them."""

    def __init__(self, document: dict[str, Any]) -> None:
        """Prepare for a document."""
        self.document = document
        self._reading = ClosedReading(document)

    def shape(self, schema: Any) -> Shape:
        """Return a schema of the document, as it is written, ready to be asked."""
        return Shape(as_written(self._reading.read(schema)))

    def positions(self) -> Iterator[Position]:
        """Yield every object of the document, parents first."""
        yield from walk(root_of(self.document))
