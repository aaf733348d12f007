"""Everything in the contract is documented, and documentation changes nothing else."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from spec.canonical import json_text
from spec.contract import OVERLAYS, build_contract
from spec.correction_rules import CORRECTION_RULES
from spec.openapi_objects import objects
from spec.overlay_files import read_overlays
from spec.overlays import DOCUMENTATION_KEYS, apply
from spec.tree import copy_tree

PIN = yaml.safe_load((Path(__file__).parents[2] / "openapi.yaml").read_text(encoding="utf-8"))
CONTRACT, MISSES = build_contract(PIN)
CORRECTIONS = sorted((OVERLAYS / "corrections").glob("*.overlay.yaml"))


def without_documentation(node: Any, kind: str = "document") -> Any:
    """Return a document without its documentation, by place: a property may be called `title`."""
    tree = copy_tree(node)
    for mapping, _, _ in objects(tree, kind):
        for key in DOCUMENTATION_KEYS & mapping.keys():
            del mapping[key]
    return tree


def descriptions() -> list[tuple[str, str, str]]:
    """Return (place, name, description) for each schema with a name of its own: components, titled ones, properties."""
    found = []
    for mapping, kind, where in objects(CONTRACT, "document"):
        if kind != "schema":
            continue
        name = where.rsplit("/", 1)[-1]
        if re.fullmatch(r"/components/schemas/[^/]+", where) or re.search(r"/properties/[^/]+$", where):
            found.append((where, name, mapping.get("description", "")))
        elif "title" in mapping:
            found.append((where, mapping["title"], mapping.get("description", "")))
    return found


def test_every_type_and_field_is_described() -> None:
    """Each component, each titled schema and each property is described, in a sentence."""
    found = descriptions()
    assert len(found) > 150
    assert [where for where, _, words in found if not words.strip()] == []
    assert [words for _, _, words in found if not words.rstrip().endswith((".", ".)"))] == []


def test_every_operation_parameter_and_answer_is_described() -> None:
    """What a call is, takes and may answer is described; so is the key."""
    for mapping, kind, where in objects(CONTRACT, "document"):
        if kind in {"operation", "parameter", "requestBody", "response", "securityScheme", "info"}:
            assert mapping["description"].strip(), where
        if kind == "operation":
            assert mapping["summary"].strip(), where


def repeats_the_name(name: str, description: str) -> bool:
    """Tell whether a sentence holds nothing but the words of the name it is meant to explain."""
    parts = {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+", name)}
    said = {word.lower().rstrip("s") for word in re.findall(r"\w+", description)} - {
        "the",
        "a",
        "an",
        "of",
        "it",
        "thi",
        "i",
    }
    return said <= {part.rstrip("s") for part in parts}


def test_no_description_just_repeats_the_name() -> None:
    """A sentence such as "The name." for `name` tells a reader nothing."""
    assert repeats_the_name("name", "The name.")
    assert repeats_the_name("max_price", "Max price of it")
    assert not repeats_the_name("name", "The name to show to a person.")
    assert [(where, words) for where, name, words in descriptions() if repeats_the_name(name, words)] == []


def test_documentation_changes_nothing_else() -> None:
    """Without titles, descriptions and summaries the documented contract is the corrected pin."""
    corrected, _ = apply(PIN, read_overlays(OVERLAYS / "corrections", rules=CORRECTION_RULES))
    documented, misses = apply(corrected, read_overlays(OVERLAYS / "documentation", documentation_only=True))
    assert misses == []
    assert json_text(without_documentation(documented)) == json_text(without_documentation(corrected))
    assert json_text(documented) != json_text(corrected)


def test_documentation_adds_nothing_to_a_document_that_lacks_a_field() -> None:
    """The description of a field of another date is reported; it does not add the field."""
    older = copy_tree(PIN)
    del older["components"]["schemas"]["PublicPricing"]["properties"]["audio"]
    contract, misses = build_contract(older)
    assert "audio" not in contract["components"]["schemas"]["PublicPricing"]["properties"]
    assert [miss.reason for miss in misses] == ["finds no properties.audio to describe"]


@pytest.mark.parametrize("path", CORRECTIONS, ids=lambda path: path.name)
def test_each_correction_has_evidence_and_a_date(path: Path) -> None:
    """What shows that upstream is wrong, and since when that is known, stands beside each action."""
    actions = yaml.safe_load(path.read_text(encoding="utf-8"))["actions"]
    for action in actions:
        assert len(action["x-evidence"].split()) >= 2
        assert re.fullmatch(r"20[0-9]{2}-[01][0-9]-[0-3][0-9]", str(action["x-date"]))
        assert action["description"].strip().endswith(".")
    read = read_overlays(path.parent, rules=CORRECTION_RULES, evidence_required=True)
    assert len(read) >= len(actions)


@pytest.mark.parametrize("kind", ["corrections", "documentation"])
def test_each_action_of_each_overlay_has_its_effect_on_the_pin(kind: str) -> None:
    """No action is there for nothing: one that has become needless is found at once."""
    assert [str(miss) for miss in MISSES] == []
    actions = read_overlays(OVERLAYS / kind, rules=CORRECTION_RULES)
    assert actions
    assert all(action.description for action in actions)


def test_overlays_are_named_in_kebab_case_and_titled_by_effect() -> None:
    """A file's name is kebab-case, and its title says what it brings about."""
    for path in OVERLAYS.glob("*/*.yaml"):
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*\.overlay\.yaml", path.name)
        assert yaml.safe_load(path.read_text(encoding="utf-8"))["info"]["title"].strip()
