"""The command: what it writes, what it leaves alone, and what it says."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import update_spec
from spec.canonical import digest
from spec.errors import InputError
from spec.lock import lock_path, read_lock, render_lock
from upstream import DOCUMENTS, PUBLISHED, changed, published, run, snapshot


@pytest.fixture
def pin(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Make the pin of the published document in a folder of its own, dated 2026-01-02."""
    path = tmp_path / "pins" / "openapi.yaml"
    assert run(capsys, "--from", PUBLISHED, "--output", path, "--date", "2026-01-02").code == 0
    return path


def other(tmp_path: Path, raw: bytes) -> Path:
    """Another upstream document, outside the folder of the pin."""
    path = tmp_path / "other.yaml"
    path.write_bytes(raw)
    return path


def test_pin_and_lock_are_written_and_nothing_else(pin: Path) -> None:
    """A folder is made if need be; it holds the pin, the lock beside it, and nothing else."""
    assert sorted(path.name for path in pin.parent.iterdir()) == ["openapi.lock.json", "openapi.yaml"]


def test_pin_says_what_it_is(pin: Path) -> None:
    """The pin begins with the command that made it; its info keeps title, version and license."""
    first, _, rest = pin.read_text("utf-8").partition("\n")
    assert "scripts/update_spec.py" in first
    assert "do not edit" in first
    tree = yaml.safe_load(rest)
    assert list(tree) == ["openapi", "info", "servers", "security", "paths", "components"]
    assert tree["info"] == {
        "title": "OpenRouter API",
        "version": "1.0.0",
        "license": {"name": "MIT", "url": "https://opensource.org/licenses/MIT"},
    }


def test_lock_says_where_the_pin_came_from(pin: Path) -> None:
    """Source, date, size and digests, and each operation under upstream's name and ours."""
    assert json.loads(lock_path(pin).read_text("utf-8")) == {
        "upstream": {
            "source": "published.yaml",
            "date": "2026-01-02",
            "bytes": PUBLISHED.stat().st_size,
            "sha256": digest(PUBLISHED.read_bytes()),
            "openapi": "3.1.0",
            "version": "1.0.0",
        },
        "pin": {
            "sha256": digest(pin.read_bytes()),
            "absent": [],
            "operations": {
                "createEmbeddings": {
                    "method": "POST",
                    "path": "/embeddings",
                    "upstream_id": "createEmbeddings",
                },
                "listEmbeddingsModels": {
                    "method": "GET",
                    "path": "/embeddings/models",
                    "upstream_id": "listEmbeddingsModels",
                },
            },
        },
    }


def test_unchanged_document_leaves_the_files_alone(pin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same document on another day is unchanged: exit 0, and not even the date moves."""
    before = snapshot(pin.parent)
    outcome = run(capsys, "--from", PUBLISHED, "--output", pin)
    assert (outcome.code, outcome.err) == (0, [])
    assert "unchanged" in outcome.out[0]
    assert before == snapshot(pin.parent)


def test_reworded_document_moves_the_lock_only(pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Other descriptions upstream: the pin is not touched, and the lock notes the new digest and date."""
    before = snapshot(pin.parent)
    source = other(tmp_path, changed(lambda tree: tree["info"].update(description="Other words.")))
    outcome = run(capsys, "--from", source, "--output", pin, "--date", "2026-01-03")
    after = snapshot(pin.parent)
    assert outcome.code == 0
    assert "upstream changed nothing that it holds" in outcome.out[0]
    assert before["openapi.yaml"] == after["openapi.yaml"]
    assert read_lock(lock_path(pin))["upstream"]["date"] == "2026-01-03"
    assert read_lock(lock_path(pin))["upstream"]["sha256"] == digest(source.read_bytes())


def test_changes_are_shown_with_a_witness(pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What changed on the wire is printed as `diff_spec.py` prints it: what breaks first, each with a witness."""

    def change(tree: dict[str, Any]) -> None:
        schemas = tree["components"]["schemas"]
        schemas["ProviderName"]["enum"].append("xAI")
        schemas["EmbeddingsRequest"]["properties"]["dimensions"]["minimum"] = 2
        tree["paths"]["/embeddings"]["post"]["responses"]["418"] = {"description": "x"}

    outcome = run(capsys, "--from", other(tmp_path, changed(change)), "--output", pin)
    assert outcome.out[0].endswith("written: 2 operations, 2 changes: 1 breaking, 1 info")
    _, first, second = outcome.out
    assert first == (
        "breaking  callers  createEmbeddings  request body $.dimensions  request-min-increased (1 → 2): "
        "callers: 1 was accepted, is now refused; servers: proven unaffected"
    )
    assert second == (
        "info  readers  createEmbeddings  response status 418  response-non-success-status-added: "
        "readers: 418 may now be answered"
    )


def test_no_change_is_cut_off(pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every change has its line, however many there are."""

    def change(tree: dict[str, Any]) -> None:
        known = tree["components"]["schemas"]["EmbeddingsRequest"]["properties"]
        known.update({f"added{number}": {"type": "string"} for number in range(60)})

    outcome = run(capsys, "--from", other(tmp_path, changed(change)), "--output", pin)
    assert len(outcome.out) == 61


def test_refactoring_upstream_is_no_change(pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pin that says the same in other words is written, and that is said."""

    def change(tree: dict[str, Any]) -> None:
        schemas = tree["components"]["schemas"]
        schemas["Dimensions"] = schemas["EmbeddingsRequest"]["properties"]["dimensions"]
        schemas["EmbeddingsRequest"]["properties"]["dimensions"] = {"$ref": "#/components/schemas/Dimensions"}

    outcome = run(capsys, "--from", other(tmp_path, changed(change)), "--output", pin)
    assert len(outcome.out) == 1
    assert outcome.out[0].endswith("written: 2 operations; nothing changed on the wire")


RERANK = {"post": {"operationId": "createRerank", "responses": {"200": {"description": "x"}}}}


def test_operations_are_remembered(pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Operations that were chosen once are kept by a plain update, also under another operationId; none is lost."""
    more = other(tmp_path, changed(lambda tree: tree["paths"].update({"/rerank": RERANK})))
    chosen = ("createRerank", "createEmbeddings", "listEmbeddingsModels")
    options = [word for name in chosen for word in ("--operation", name)]
    assert run(capsys, "--from", more, "--output", pin, *options).code == 0
    outcome = run(capsys, "--from", more, "--output", pin)
    assert outcome.code == 0
    assert outcome.out[0].endswith("is unchanged: 3 operations")

    renamed = {"post": {**RERANK["post"], "operationId": "rerank"}}
    more = other(tmp_path, changed(lambda tree: tree["paths"].update({"/rerank": renamed})))
    assert run(capsys, "--from", more, "--output", pin).code == 0
    assert read_lock(lock_path(pin))["pin"]["operations"]["createRerank"]["upstream_id"] == "rerank"


def test_remembered_operation_that_is_gone_is_refused(
    pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An operation that upstream dropped is not lost silently: it is named, with the way to go on without it."""
    more = other(tmp_path, changed(lambda tree: tree["paths"].update({"/rerank": RERANK})))
    assert run(capsys, "--from", more, "--output", pin, "--operation", "createRerank").code == 0
    outcome = run(capsys, "--from", PUBLISHED, "--output", pin)
    assert outcome.code == 2
    assert "'createRerank' (POST /rerank)" in outcome.err[0]
    assert "--operation" in outcome.err[0]


def test_default_operation_that_was_absent_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a document of another date lacked is taken up again as soon as it is there."""
    pin = tmp_path / "openapi.yaml"
    assert run(capsys, "--from", DOCUMENTS / "rendering.yaml", "--output", pin).code == 0
    assert run(capsys, "--from", PUBLISHED, "--output", pin).code == 0
    assert read_lock(lock_path(pin))["pin"]["operations"].keys() == {"createEmbeddings", "listEmbeddingsModels"}


def test_near_name_of_a_misspelt_operation_is_suggested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that the document does not have is refused with the one that it most looks like."""
    outcome = run(capsys, "--from", PUBLISHED, "--output", tmp_path / "x.yaml", "--operation", "createembedings")
    assert outcome.code == 2
    assert outcome.err[0].endswith("createEmbeddings is the nearest name.")


def test_absent_operation_is_named_on_stderr_and_in_the_lock(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Return a document without the model list makes a pin of one operation, and says so."""
    pin = tmp_path / "openapi.yaml"
    outcome = run(capsys, "--from", DOCUMENTS / "rendering.yaml", "--output", pin)
    assert outcome.code == 0
    assert len(outcome.err) == 1
    assert "listEmbeddingsModels" in outcome.err[0]
    assert read_lock(lock_path(pin))["pin"]["absent"] == ["listEmbeddingsModels"]
    assert read_lock(lock_path(pin))["pin"]["operations"] == {
        "createEmbeddings": {"method": "POST", "path": "/embeddings", "upstream_id": "create-embeddings"}
    }


def test_json_and_yaml_give_the_same_pin(pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A document is the same in JSON, with a byte order mark, and by `file:` address."""
    source = tmp_path / "openapi.json"
    source.write_bytes(b"\xef\xbb\xbf" + json.dumps(published()).encode())
    out = tmp_path / "openapi.yaml"
    assert run(capsys, "--from", source.as_uri(), "--output", out).code == 0
    assert pin.read_bytes() == out.read_bytes()
    assert read_lock(lock_path(out))["upstream"]["source"] == "openapi.json"


def test_aliases_are_expanded(pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A few anchors are legal YAML, and leave no trace."""
    text = PUBLISHED.read_text("utf-8").replace("schema: {type: integer}", "schema: &whole {type: integer}")
    text = text.replace("code: {type: integer}", "code: *whole")
    assert text.count("whole") == 2
    out = tmp_path / "openapi.yaml"
    assert run(capsys, "--from", other(tmp_path, text.encode()), "--output", out).code == 0
    assert pin.read_bytes() == out.read_bytes()


def test_other_sections_of_the_lock_stay(pin: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What another command noted in the lock is still there after an update."""
    generated = {"generator": "1.2.3"}
    lock_path(pin).write_bytes(render_lock({**read_lock(lock_path(pin)), "generated": generated}))
    source = other(tmp_path, changed(lambda tree: tree["info"].update(version="2")))
    assert run(capsys, "--from", source, "--output", pin).code == 0
    assert read_lock(lock_path(pin))["generated"] == generated


def test_hand_edited_pin_is_written_again(pin: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pin that somebody edited, even beyond reading, gets its bytes back."""
    good = pin.read_bytes()
    for edit in (good + b"# mine\n", b"{broken"):
        pin.write_bytes(edit)
        outcome = run(capsys, "--from", PUBLISHED, "--output", pin)
        assert outcome.code == 0
        assert "written" in outcome.out[0]
        assert good == pin.read_bytes()


@pytest.mark.parametrize("failing", [1, 2])
def test_failed_replacement_restores_what_was_there(
    failing: int,
    pin: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """When the first or the second file cannot be put in place, both are as before and nothing is left over."""
    before = {name: data for name, (data, _) in snapshot(pin.parent).items()}
    replace, calls = Path.replace, []

    def fail_once(self: Path, target: Path) -> Path:
        calls.append(target)
        if len(calls) == failing:
            raise PermissionError(13, "Permission denied")
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", fail_once)
    source = other(tmp_path, changed(lambda tree: tree["info"].update(version="2")))
    outcome = run(capsys, "--from", source, "--output", pin)
    assert (outcome.code, len(outcome.err)) == (2, 1)
    assert "cannot be written" in outcome.err[0]
    assert before == {name: data for name, (data, _) in snapshot(pin.parent).items()}


def test_output_that_is_a_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A place that cannot hold a file is named in one sentence."""
    outcome = run(capsys, "--from", PUBLISHED, "--output", tmp_path)
    assert (outcome.code, len(outcome.err)) == (2, 1)
    assert str(tmp_path) in outcome.err[0]


def test_fault_of_our_own_is_one_sentence_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even a mistake in this command ends in one line, and is not blamed on the document."""
    monkeypatch.setattr("spec.pin.normalize_document", lambda _: 1 / 0)
    outcome = run(capsys, "--from", PUBLISHED, "--output", tmp_path / "openapi.yaml")
    assert (outcome.code, len(outcome.err)) == (2, 1)
    assert "fault of this command" in outcome.err[0]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("seed", ["0", "1"])
def test_script_runs_on_its_own_with_any_hash_seed(seed: str, pin: Path, tmp_path: Path) -> None:
    """As a script, from another folder, under any hash seed, it writes the same bytes."""
    out = tmp_path / "alone.yaml"
    done = subprocess.run(
        [
            sys.executable,
            update_spec.__file__,
            "--from",
            str(PUBLISHED),
            "--output",
            str(out),
            "--date",
            "2026-01-02",
        ],
        cwd=tmp_path,
        env=os.environ | {"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert pin.read_bytes() == out.read_bytes()
    assert lock_path(pin).read_bytes() == lock_path(out).read_bytes()


def test_a_file_that_is_no_lock_is_refused(tmp_path: Path) -> None:
    """A lock is an object of objects; anything else is not overwritten."""
    for broken in ("[]", '{"pin": 1}', "{", "[" * 100_000):
        (tmp_path / "x.lock.json").write_text(broken)
        with pytest.raises(InputError, match="restore it or delete it"):
            read_lock(tmp_path / "x.lock.json")
