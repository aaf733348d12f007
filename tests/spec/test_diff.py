"""The diff of two documents: what it says, of whom, and with which witness."""

import copy
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import diff_spec
import variations
from single_edits import source_of
from spec.diff.compare import compare
from spec.diff.decide import Evidence
from spec.diff.kinds import BUMPS, BY_NEED, KINDS, SEVERITIES
from spec.operations import KNOWN
from spec.pin import build_pin
from upstream import Outcome

REPOSITORY = Path(__file__).parents[2]
PIN = REPOSITORY / "openapi.yaml"
CONTRACT: dict[str, Any] = yaml.safe_load(PIN.read_text("utf-8"))
Tree = dict[str, Any]


def edited(edit: Callable[[Tree], object]) -> Tree:
    """Return the pin after an edit."""
    tree = copy.deepcopy(CONTRACT)
    edit(tree)
    return tree


def body(tree: Tree) -> Tree:
    """Return the schema of the request body of createEmbeddings."""
    schema: Tree = tree["paths"]["/embeddings"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    return schema


def answer(tree: Tree) -> Tree:
    """Return the schema of the success of createEmbeddings."""
    schema: Tree = tree["paths"]["/embeddings"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]
    return schema


@pytest.fixture
def diff(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run the command on the pin and an edited copy of it, as a person runs it."""

    def run(edit: Callable[[Tree], object], *options: object) -> Outcome:
        path = tmp_path / "new.yaml"
        path.write_text(yaml.safe_dump(edited(edit)), "utf-8")
        code = diff_spec.main([str(PIN), str(path), *map(str, options)])
        captured = capsys.readouterr()
        return Outcome(code, captured.out.splitlines(), captured.err.splitlines())

    return run


def hidden_breaking_changes(tree: Tree) -> None:
    """Remove `dimensions`, require `input_type`, and change much that breaks nothing."""
    del body(tree)["properties"]["dimensions"]
    body(tree)["required"].append("input_type")
    for schema in tree["components"]["schemas"].values():
        if "properties" in schema:
            schema["properties"]["added"] = {"type": "string"}


def test_breaking_changes_come_first(diff: Callable[..., Outcome]) -> None:
    """A removed property and one that became required are the first two lines, with witnesses, however much follows."""
    outcome = diff(hidden_breaking_changes)
    assert outcome.code == 1
    assert len(outcome.out) > 20
    assert outcome.out[0] == (
        "breaking  callers  createEmbeddings  request body $.dimensions  request-property-removed: callers: "
        '{"dimensions":1,"input":[],"input_type":"","model":""} was accepted, is now refused (new does not declare it); '
        "servers: proven unaffected"
    )
    assert outcome.out[1] == (
        "breaking  callers  createEmbeddings  request body $.input_type  request-property-became-required: callers: "
        '{"input":[],"model":""} was accepted, is now refused; servers: proven unaffected'
    )


def test_last_line_suggests_the_next_version(diff: Callable[..., Outcome]) -> None:
    """Below 1.0.0 a breaking change raises the minor number, any other the patch number."""
    assert diff(hidden_breaking_changes).out[-1].endswith("next version 0.2.0 (now 0.1.0)")

    def adds_a_field(tree: Tree) -> None:
        answer(tree)["properties"]["provider"] = {"type": "string"}

    assert diff(adds_a_field).out[-1] == "1 change: 1 info; next version 0.1.1 (now 0.1.0)"


def test_pin_does_not_differ_from_itself(diff: Callable[..., Outcome]) -> None:
    """Nothing changed: exit code 0 and one sentence."""
    outcome = diff(lambda _: None)
    assert outcome.code == 0
    assert len(outcome.out) == 1
    assert outcome.out[0].endswith("new.yaml changes nothing on the wire.")


def test_new_enum_value_of_an_answer_affects_readers_and_not_this_client(diff: Callable[..., Outcome]) -> None:
    """The client keeps values that it does not know."""

    def adds_a_value(tree: Tree) -> None:
        tree["components"]["schemas"]["InputModality"]["enum"].append("smell")

    (change,) = json.loads("\n".join(diff(adds_a_value, "--format", "json").out))["changes"]
    assert change["kind"] == "response-enum-value-added"
    assert change["oasdiff"] == "response-property-enum-value-added"
    assert (change["severity"], change["affected"]) == ("info", ["readers"])
    assert change["path"] == "$.data[*].architecture.input_modalities[*]"
    assert change["effects"][0]["witness"] == "smell"
    assert change["effects"][0]["message"]["data"][0]["architecture"]["input_modalities"] == ["smell"]


def test_changed_default_is_proven_to_accept_the_same_json() -> None:
    """A default says what a server does without a value: it is named, and nobody's JSON is refused for it."""
    new = edited(lambda t: t["paths"]["/embeddings/models"]["get"]["parameters"][0]["schema"].update(default=100))
    (change,) = compare(CONTRACT, new)
    assert change.kind.name == "parameter-default-value-changed"
    assert {effect.evidence for effect in change.effects} == {Evidence.PROVEN}
    assert change.affected == ()


def test_branch_that_another_makes_good_is_no_change() -> None:
    """Lists of numbers must now have an item; the empty list is still a list of strings."""

    def needs_a_number(tree: Tree) -> None:
        for branch in body(tree)["properties"]["input"]["anyOf"]:
            if branch.get("items") == {"type": "number"}:
                branch["minItems"] = 1

    assert compare(CONTRACT, edited(needs_a_number)) == []


def test_removed_operation_is_breaking(diff: Callable[..., Outcome]) -> None:
    """An operation that is gone breaks its callers; the path and method are the witness."""
    outcome = diff(lambda tree: tree["paths"].pop("/embeddings/models"))
    assert outcome.code == 1
    assert outcome.out[0].startswith("breaking  callers  listEmbeddingsModels  request  operation-removed")
    assert "GET /embeddings/models" in outcome.out[0]


def test_moved_operation_is_one_change() -> None:
    """An operation at another path is followed there, and its path is the change."""

    def moves(tree: Tree) -> None:
        tree["paths"]["/models/embeddings"] = tree["paths"].pop("/embeddings/models")

    (change,) = compare(CONTRACT, edited(moves))
    assert (change.kind.name, change.severity) == ("operation-moved", "breaking")
    assert change.affected == ("callers", "servers")


def test_status_filed_under_a_range_is_the_same_status() -> None:
    """`4XX` in place of each status says no less of them; it adds those that were not declared."""

    def files(tree: Tree) -> None:
        answers = tree["paths"]["/embeddings"]["post"]["responses"]
        for status in [each for each in answers if each.startswith("4")]:
            answers["4XX"] = answers.pop(status)

    (change,) = compare(CONTRACT, edited(files))
    assert (change.kind.name, change.detail) == ("response-non-success-status-added", "4XX")
    assert change.effects[0].witness == 403


def test_renamed_security_scheme_is_no_change() -> None:
    """What is asked for counts, not what the document calls it."""

    def renames(tree: Tree) -> None:
        tree["components"]["securitySchemes"] = {"bearer": tree["components"]["securitySchemes"]["apiKey"]}
        tree["security"] = [{"bearer": []}]

    assert compare(CONTRACT, edited(renames)) == []


def test_recursive_schemas_are_compared() -> None:
    """A schema that contains itself is followed once; what differs in it is found."""

    def adds(kind: str) -> Callable[[Tree], None]:
        def edit(tree: Tree) -> None:
            node = {
                "type": "object",
                "properties": {"value": {"type": kind}, "next": {"$ref": "#/components/schemas/N"}},
            }
            tree["components"]["schemas"]["N"] = node
            body(tree)["properties"]["node"] = {"$ref": "#/components/schemas/N"}

        return edit

    (change,) = compare(edited(adds("integer")), edited(adds("number")))
    assert (change.kind.name, change.path) == ("request-type-widened", "$.node.value")


def test_accepted_change_does_not_fail_and_expires(diff: Callable[..., Outcome], tmp_path: Path) -> None:
    """What was reviewed, by kind, operation and place, is shown with its reason; when it is gone, that is said."""
    entry = {
        "kind": "request-property-removed",
        "operation": "createEmbeddings",
        "place": "request body $.dimensions",
        "reason": "No model we use has it.",
    }
    accepted = tmp_path / "accepted.yaml"
    accepted.write_text(yaml.safe_dump({"accepted": [entry]}), "utf-8")

    def removes(tree: Tree) -> None:
        del body(tree)["properties"]["dimensions"]

    outcome = diff(removes, "--accept", accepted)
    assert outcome.code == 0
    assert outcome.out[0].endswith("[accepted: No model we use has it.]")
    outcome = diff(lambda _: None, "--accept", accepted)
    assert outcome.code == 0
    assert outcome.out[0].startswith("expired: the accepted request-property-removed of createEmbeddings")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "no list `accepted`"),
        ("accepted: [{kind: x}]", "the keys kind, operation, place, reason are expected"),
        ("accepted: [{kind: x, operation: a, place: b, reason: c}]", "is no kind of change"),
        ("accepted: [{kind: operation-removed, operation: a, place: b, reason: ''}]", "reason is '' where text"),
    ],
)
def test_malformed_file_of_accepted_changes_is_refused(
    diff: Callable[..., Outcome], tmp_path: Path, text: str, said: str
) -> None:
    """One sentence says what is wrong with it; nothing is compared."""
    accepted = tmp_path / "accepted.yaml"
    accepted.write_text(f"{text}\n", "utf-8")
    outcome = diff(lambda _: None, "--accept", accepted)
    assert (outcome.code, outcome.out) == (2, [])
    assert said in outcome.err[0]


def test_changelog_entry_is_written_under_unreleased(diff: Callable[..., Outcome], tmp_path: Path) -> None:
    """Each change has one line, under Added, Changed or Removed; a second run adds nothing."""
    changelog = tmp_path / "CHANGELOG.md"
    changelog.write_text("# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0\n\n- First.\n", "utf-8")
    diff(hidden_breaking_changes, "--changelog", changelog)
    once = changelog.read_text("utf-8")
    added, _, rest = once.partition("### Changed\n")
    assert "- A thing.\n- Contract: createEmbeddings, " in added
    assert "**breaking**: createEmbeddings, request body $.input_type: request property became required" in rest
    assert once.endswith("\n## 0.1.0\n\n- First.\n")
    diff(hidden_breaking_changes, "--changelog", changelog)
    assert changelog.read_text("utf-8") == once


def test_markdown_holds_nothing_that_upstream_could_format(diff: Callable[..., Outcome]) -> None:
    """A name from upstream stands as code in a table's cell: no link, no mention, no further cell."""

    def names(tree: Tree) -> None:
        answer(tree)["properties"]["a|b `c` [d](https://e) @f"] = {"type": "string"}

    (row,) = [line for line in diff(names, "--format", "markdown").out if "response-property-added" in line]
    assert row.replace("\\|", "").count("|") == 6
    assert "`c`" not in row


def test_git_revisions_are_compared(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A revision with a path, and one that means the pin, are read from git; neither a file nor a revision is refused."""

    def git(*arguments: str) -> None:
        subprocess.run(
            ["git", "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@f", *arguments], check=True
        )

    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(CONTRACT), "utf-8")
    git("init", "--quiet")
    git("add", ".")
    git("commit", "--quiet", "--message", "one")
    (tmp_path / "openapi.yaml").write_text(yaml.safe_dump(edited(hidden_breaking_changes)), "utf-8")
    assert diff_spec.main(["HEAD:openapi.yaml", str(tmp_path / "openapi.yaml")], pin=tmp_path / "openapi.yaml") == 1
    assert diff_spec.main(["HEAD", "HEAD"], pin=tmp_path / "openapi.yaml") == 0
    for wrong in ("no-such-revision", "--output=x:openapi.yaml", "https://example.org/openapi.yaml"):
        capsys.readouterr()
        assert diff_spec.main(["--", wrong, "HEAD"], pin=tmp_path / "openapi.yaml") == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def test_misspelt_operation_is_refused(diff: Callable[..., Outcome]) -> None:
    """An operation that neither document has is named, with the one that it most looks like."""
    outcome = diff(lambda _: None, "--operation", "createEmbedding")
    assert (outcome.code, outcome.out) == (2, [])
    assert outcome.err[0].endswith("has an operation 'createEmbedding': createEmbeddings is the nearest name.")


def test_kinds_are_one_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Every kind has an id in kebab-case, a severity and a bump; `--kinds` lists all of them."""
    for name, kind in KINDS.items():
        assert name == name.lower().replace("_", "-")
        assert kind.readers in {*SEVERITIES, BY_NEED}
        assert kind.bump in BUMPS
    assert diff_spec.main(["--kinds"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(KINDS)


def test_members_of_all_of_are_compared_as_one_object() -> None:
    """A property that moves into a member of `allOf` is no change; one that such a member loses is."""

    def splits(*, lost: bool) -> Callable[[Tree], None]:
        def edit(tree: Tree) -> None:
            whole = answer(tree)["properties"]["usage"]
            names = list(whole["properties"])
            halves = [{name: whole["properties"][name] for name in part} for part in (names[:3], names[3 + lost :])]
            whole.clear()
            whole["allOf"] = [{"type": "object", "properties": half} for half in halves]
            whole["allOf"][0]["required"] = ["total_tokens"] if lost else ["prompt_tokens", "total_tokens"]

        return edit

    assert compare(CONTRACT, edited(splits(lost=False))) == []
    changes = compare(CONTRACT, edited(splits(lost=True)))
    assert [(each.path, each.affected) for each in changes] == [("$.usage.prompt_tokens", ("readers", "servers"))]


def as_pin(tree: Tree) -> Tree:
    """Return the pin of a document, with the operations of ours."""
    return build_pin(source_of(tree), list(KNOWN), tolerate_absent=True).tree


REFACTORINGS = (
    variations.inlines_provider_preferences,
    variations.renames_the_security_scheme,
    variations.writes_errors_in_place,
    variations.names_no_operations,
    variations.writes_bodies_as_components,
    variations.writes_other_parts_as_components,
)


@pytest.mark.parametrize("vary", REFACTORINGS, ids=lambda vary: vary.__name__)
def test_refactoring_is_no_change(vary: variations.Variation) -> None:
    """What upstream has written now in place, now as a component, or under another name, says the same."""
    assert compare(as_pin(CONTRACT), as_pin(variations.varied([vary]))) == []


@pytest.mark.parametrize("vary", variations.GROUPS["shapes"], ids=lambda vary: vary.__name__)
def test_shapes_that_upstream_may_use_are_decided(vary: variations.Variation) -> None:
    """Unions, discriminators, circles, maps, compositions and awkward names: every change has a witness, both ways."""
    before, after = as_pin(CONTRACT), as_pin(variations.varied([vary]))
    there, back = compare(before, after), compare(after, before)
    assert there
    assert back
    assert not [change for change in [*there, *back] if change.undecided]
