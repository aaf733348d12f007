"""Each rule of corrections does what its name says, and leaves the rest alone."""

from typing import Any

import pytest

from one_operation import answer, components, document, ref
from spec import correction_rules as rules

RESPONSES = [("paths", "/o", "post", "responses")]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (
            {"type": "string", "enum": ["a", "b"]},
            {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}]},
        ),
        (
            {"type": ["string", "null"], "enum": ["a", "b", None], "description": "d"},
            {"description": "d", "anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}, {"type": "null"}]},
        ),
        (
            {"enum": ["a", "b"]},
            {"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "string"}]},
        ),
        (
            {"type": "integer", "enum": [1, 2]},
            {"anyOf": [{"type": "integer", "enum": [1, 2]}, {"type": "integer"}]},
        ),
        ({"type": "string", "enum": ["list"]}, {"type": "string", "enum": ["list"]}),
        ({"type": ["string", "null"], "enum": ["list", None]}, {"type": ["string", "null"], "enum": ["list", None]}),
        ({"type": "object", "additionalProperties": False}, {"type": "object"}),
        ({"type": "object", "additionalProperties": {"type": "string"}}, {"type": "object", "additionalProperties": {"type": "string"}}),
        ({"type": "object", "properties": {"enum": {"type": "string"}}}, {"type": "object", "properties": {"enum": {"type": "string"}}}),
    ],
)  # fmt: skip
def test_what_a_server_sends_may_grow(schema: Any, expected: Any) -> None:
    """Enumerations take other values of their types, closed objects other fields; a single value is a name."""
    tree = document({}, answer=schema)
    rules.open_responses(tree, RESPONSES)
    assert answer(tree) == expected


def test_only_what_answers_reach_is_opened() -> None:
    """A component of requests stays closed; one behind references of an answer does not, even in a circle."""
    closed = {"type": "object", "additionalProperties": False, "properties": {"next": ref("Circle")}}
    tree = document(
        {"Circle": closed, "Sent": closed}, answer={"type": "array", "items": ref("Circle")}, request=ref("Sent")
    )
    rules.open_responses(tree, RESPONSES)
    assert "additionalProperties" not in components(tree)["Circle"]
    assert components(tree)["Sent"]["additionalProperties"] is False


def test_every_failure_carries_one_body() -> None:
    """Own bodies go, in place or under a name, for exact statuses, ranges and the default; successes keep theirs."""
    tree = document({"ErrorResponse": {"type": "object", "required": ["oops"]}}, answer={"type": "string"})
    statuses = tree["paths"]["/o"]["post"]["responses"]
    statuses["400"] = {"description": "bad", "content": {"text/plain": {"schema": {"type": "string"}}}}
    statuses["5XX"] = {"description": ""}
    rules.share_error_body(tree, RESPONSES)
    shared = {"application/json": {"schema": ref("ErrorResponse")}}
    assert {status: statuses[status].get("content") for status in ("400", "5XX", "default")} == dict.fromkeys(
        ("400", "5XX", "default"), shared
    )
    assert statuses["400"]["description"] == "bad"
    assert answer(tree) == {"type": "string"}
    assert "ErrorResponse" not in components(tree)
