"""A published document → the pin: sliced, normalized, in canonical order, with safe names."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from spec.canonical import canonical, dump
from spec.errors import InputError
from spec.limits import check_limits
from spec.load import parse_document
from spec.normalize_document import normalize_document
from spec.operations import KNOWN, REQUIRED, Choice, Known, choose_operations, list_operations
from spec.safe_names import check_names
from spec.slicing import prune, slice_document
from spec.source import Source

_HEADER = "Made by scripts/update_spec.py from the document OpenRouter publishes; do not edit."


class Pin(NamedTuple):
    """A pin, ready to be written, and where it comes from.

    Attributes:
        document: the published document.
        choice: the operations that were chosen from it.
        tree: the pin.
        text: the pin as it is written, in UTF-8.

    """

    document: dict[str, Any]
    choice: Choice
    tree: dict[str, Any]
    text: bytes


def build_pin(
    source: Source, wanted: Sequence[str] = (), *, known: Known = KNOWN, tolerate_absent: bool = False
) -> Pin:
    """Return the pin of a published document.

    Args:
        source: the bytes of the document.
        wanted: the operations to keep, as `choose_operations` takes them; when empty, the known ones.
        known: names of operations and where they were published.
        tolerate_absent: whether the document may lack any of them.

    Raises:
        InputError: the document is refused; the sentence says what was found, where, and what was expected.

    """
    document = parse_document(source.raw, source.label)
    choice = choose_operations(document, wanted, known=known, tolerate_absent=tolerate_absent)
    sliced = slice_document(document, choice.operations)
    check_limits(sliced)
    normalized = normalize_document(sliced)
    _check_security(document, normalized)
    pin = canonical(prune(normalized))
    check_names(pin)
    return Pin(document, choice, pin, dump(pin, _HEADER).encode())


def _check_security(document: dict[str, Any], normalized: dict[str, Any]) -> None:
    """Refuse a document that declares keys and asks for none to create embeddings.

    Documents say last which key they ask for: nothing else shows that one was cut short between two lines.
    """
    if not document.get("components", {}).get("securitySchemes"):
        return
    for operation in list_operations(normalized):
        if operation.name == REQUIRED and not {"security"} & {*normalized, *operation.node}:
            raise InputError(
                f"{operation.place} asks for none of the keys that the document declares: it was cut short "
                "(write `security: []` if none is meant)."
            )
