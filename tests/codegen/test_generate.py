"""`generate.py` makes the committed client from the pin, says what has drifted, and refuses without a trace."""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import checkout
import generate
from checkout import PACKAGE, REPOSITORY, contents, copy_checkout
from spec.canonical import digest, dump
from spec.files import locked

PIN = REPOSITORY / "openapi.yaml"
SCRIPTS = REPOSITORY / "scripts"


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the checkout that a test may change."""
    return copy_checkout(tmp_path / "checkout")


def edit(path: Path, change: Callable[[str], str]) -> None:
    """Write a file anew, with Unix line ends."""
    path.write_text(change(path.read_text(encoding="utf-8")), encoding="utf-8", newline="\n")


def write_pin(path: Path, change: Callable[[Any], object] = lambda tree: None) -> Path:
    """Write a changed copy of the pin, without a lock."""
    tree = yaml.safe_load(PIN.read_text(encoding="utf-8"))
    change(tree)
    path.write_text(dump(tree), encoding="utf-8", newline="\n")
    return path


# Full runs: a few, each of which shows several things.


def test_the_committed_client_is_the_one_that_is_generated() -> None:
    """`--check` finds nothing to say about the commit, and writes nothing."""
    before = contents(REPOSITORY / "generated")
    outcome = checkout.generate(REPOSITORY, "--check")
    assert outcome.err == []
    assert outcome.code == 0
    assert outcome.out == ["The client is up to date with the pin, the overlays, the templates and the tools."]
    assert contents(REPOSITORY / "generated") == before


def test_the_client_generated_elsewhere_at_another_time_is_the_same_to_the_byte(copied: Path, tmp_path: Path) -> None:
    """Neither the folder, nor hash seed, time zone, day or language of the machine shows in what is generated.

    What an earlier run left when it was killed is gone afterwards.
    """
    for path in sorted((copied / "generated").rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    (copied / "generated" / ".swap-openrouter_embeddings-killed" / "old").mkdir(parents=True)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    outcome = checkout.generate(
        copied,
        PYTHONHASHSEED="4242",
        TZ="Pacific/Kiritimati",
        LC_ALL="C",
        COLUMNS="40",
        SOURCE_DATE_EPOCH="0",
        TMPDIR=str(temporary),
    )
    assert outcome.err == []
    assert outcome.code == 0
    assert contents(copied / "generated" / PACKAGE) == contents(REPOSITORY / "generated" / PACKAGE)
    assert (copied / "openapi.lock.json").read_bytes() == (REPOSITORY / "openapi.lock.json").read_bytes()
    assert contents(temporary) == {}
    assert [path.name for path in (copied / "generated").iterdir()] == [PACKAGE]


def test_every_kind_of_change_to_the_client_is_found(copied: Path) -> None:
    """A file that was edited, one that is missing and one too many are each named, and nothing is mended."""
    package = copied / "generated" / PACKAGE
    edit(package / "errors.py", lambda text: text + "\n")
    (package / "_types.py").unlink()
    (package / "extra.py").write_text("", encoding="utf-8")
    before = contents(copied)
    outcome = checkout.generate(copied, "--check")
    assert outcome.code == 1
    assert outcome.err == [
        f"generate.py: {PACKAGE}/_types.py is missing",
        f"generate.py: {PACKAGE}/errors.py differs",
        f"generate.py: {PACKAGE}/extra.py does not belong there",
        "generate.py: run `python scripts/generate.py` and commit what changes",
    ]
    assert contents(copied) == before


def test_a_document_of_another_date_becomes_a_package_anywhere(copied: Path, tmp_path: Path) -> None:
    """With `--tolerate-misses` what did not apply is listed; no lock is needed, and the package imports from there."""
    spec = write_pin(
        tmp_path / "older.yaml",
        lambda tree: tree["components"]["schemas"]["PublicPricing"]["properties"].pop("audio"),
    )
    strict = checkout.generate(copied, "--spec", spec, "--output", tmp_path / "there")
    assert strict.code == 2
    assert not (tmp_path / "there").exists()
    assert "models.overlay.yaml" in strict.err[0]
    assert "finds no properties.audio to describe: upstream has removed or renamed " in strict.err[0]
    assert "1 overlay actions have no effect" in strict.err[1]

    outcome = checkout.generate(copied, "--spec", spec, "--output", tmp_path / "there", "--tolerate-misses")
    assert outcome.err == strict.err[:1]
    assert outcome.code == 0
    assert set(contents(tmp_path / "there")) >= {f"{PACKAGE}/__init__.py", f"{PACKAGE}/py.typed"}
    lock = json.loads((tmp_path / "older.lock.json").read_bytes())
    assert set(lock) == {"generated"}
    code = (
        f"import json; from {PACKAGE}.models import EmbeddingsRequest; from {PACKAGE} import CONTRACT; "
        "print(json.dumps([EmbeddingsRequest(model='m', input=['a']).to_dict(), CONTRACT.date], sort_keys=True))"
    )
    said = checkout.run([sys.executable, "-c", code], tmp_path, PYTHONPATH=str(tmp_path / "there"))
    assert said.out == ['[{"input": ["a"], "model": "m"}, null]']


# Drift of what the client is generated from: found without generating it.


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("openapi.yaml", "openapi.yaml is not the pin that openapi.lock.json describes"),
        (
            "scripts/overlays/corrections/publish-model-list.overlay.yaml",
            "overlays is not what the client was generated from",
        ),
        ("scripts/overlays/documentation/request.overlay.yaml", "overlays is not what the client was generated from"),
        (
            "scripts/overlays/generator-workarounds/one-named-class-per-schema.overlay.yaml",
            "overlays is not what the client",
        ),
        ("scripts/templates/model.py.jinja", "templates is not what the client was generated from"),
        ("scripts/templates/stock/model.py.jinja", "templates is not what the client was generated from"),
        ("scripts/runtime/errors.py", "runtime is not what the client was generated from"),
    ],
)
def test_a_change_of_what_the_client_is_generated_from_is_drift(copied: Path, name: str, sentence: str) -> None:
    """One line break more in the pin, an overlay, a template or the runtime is reported by `--check`."""
    edit(copied / name, lambda text: text + "\n")
    outcome = checkout.generate(copied, "--check")
    assert outcome.code == 1
    assert sentence in outcome.err[0]


@pytest.mark.parametrize(
    ("folder", "sentence"), [("overlays/corrections", "overlays"), ("templates", "templates"), ("runtime", "runtime")]
)
def test_a_file_more_or_less_among_them_is_drift(copied: Path, folder: str, sentence: str) -> None:
    """What is added and what is taken away counts like what is changed."""
    added = copied / "scripts" / folder / "zz.txt"
    added.write_text("", encoding="utf-8")
    assert sentence in checkout.generate(copied, "--check").err[0]
    added.unlink()
    min(path for path in added.parent.iterdir() if path.is_file()).unlink()
    outcome = checkout.generate(copied, "--check")
    assert (outcome.code, sentence in outcome.err[0]) == (1, True)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda lock: lock["generated"]["tools"].update(ruff="0.0.1"),
            "ruff is not what the client was generated from",
        ),
        (lambda lock: lock.pop("generated"), "openapi.lock.json does not say what the client was generated from"),
        (
            lambda lock: lock["generated"].update(inputs=[]),
            "openapi.lock.json does not say what the client was generated from",
        ),
        (lambda lock: lock["pin"].update(sha256="sha256:0"), "openapi.yaml is not the pin that openapi.lock.json"),
    ],
)
def test_another_lock_is_drift(copied: Path, change: Callable[[Any], object], sentence: str) -> None:
    """Other versions of the tools, and a lock that does not say, are reported by `--check`."""
    lock = json.loads((copied / "openapi.lock.json").read_bytes())
    change(lock)
    (copied / "openapi.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    outcome = checkout.generate(copied, "--check")
    assert outcome.code == 1
    assert sentence in outcome.err[0]


def test_nothing_that_is_generated_depends_on_the_clock() -> None:
    """No module on the way from the pin to the client asks for the time or for chance."""
    asking = {"now", "today", "utcnow", "time", "time_ns", "monotonic", "random", "uuid4", "choice"}
    modules = [SCRIPTS / "generate.py", *(SCRIPTS / "spec").glob("*.py"), *(SCRIPTS / "codegen").glob("*.py")]
    assert len(modules) > 20
    for path in modules:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                assert node.func.attr not in asking, (path.name, node.lineno)


# Refusals: exit code 2, one sentence, and nothing written.


def refused(checkout_folder: Path, *arguments: object) -> str:
    """Return the sentence of a run that is refused and leaves every file as it was."""
    before = contents(checkout_folder.parent)
    outcome = checkout.generate(checkout_folder, *arguments)
    assert outcome.code == 2
    assert outcome.out == []
    assert not [line for line in outcome.err if "Traceback" in line]
    assert contents(checkout_folder.parent) == before
    return outcome.err[-1].removeprefix("generate.py: ")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "cannot be read: No such file or directory."),
        ("", "is empty: an OpenAPI document is expected."),
        ("openapi: 3.1.0\npaths: [\n", "is not YAML at line"),
        ("- a\n", "holds ['a'] where an OpenAPI document (a mapping) is expected."),
        ("openapi: 2.0.0\n", "is OpenAPI '2.0.0': version 3.0 or 3.1 is expected."),
        ("openapi: 3.1.0\ninfo: {title: t, version: v}\n", "has no mapping 'paths': it is no pin"),
        ("openapi: 3.1.0\ninfo: {}\npaths: {}\n", "has no operation: it is no pin"),
    ],
)
def test_a_pin_that_is_none_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, sentence: str
) -> None:
    """The sentence names the file and what was expected; nothing is generated."""
    spec = tmp_path / "spec.yaml"
    if content is not None:
        spec.write_text(content, encoding="utf-8")
    assert generate.main(["--spec", str(spec), "--output", str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"generate.py: {spec}")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_an_edited_pin_is_refused(copied: Path) -> None:
    """What stands in the pin is what upstream says: the lock knows, and says so before anything is generated."""
    edit(copied / "openapi.yaml", lambda text: text + "\n")
    assert "is not the pin that openapi.lock.json describes: nobody edits it by hand" in refused(copied)


def test_a_lost_operation_is_refused(copied: Path) -> None:
    """An operation that the lock promises and the pin lacks is named; so is createEmbeddings without a lock."""
    spec = write_pin(copied / "openapi.yaml", lambda tree: tree["paths"].pop("/embeddings/models"))
    lock = json.loads((copied / "openapi.lock.json").read_bytes())
    lock["pin"]["sha256"] = digest(spec.read_bytes())
    (copied / "openapi.lock.json").write_text(json.dumps(lock), encoding="utf-8")
    sentence = "the contract has no operation {}: write the pin again with update_spec.py."
    assert refused(copied, "--tolerate-misses") == sentence.format("listEmbeddingsModels")
    other = write_pin(copied / "other.yaml", lambda tree: tree["paths"].pop("/embeddings"))
    assert refused(copied, "--spec", other, "--tolerate-misses") == sentence.format("createEmbeddings")


def test_a_warning_of_the_generator_is_refused_and_the_old_client_stays(copied: Path) -> None:
    """What the generator would drop with exit code 0 stops the run; the client that is there is not touched."""

    def send_an_object_in_a_header(tree: Any) -> None:
        schema = {"type": "object", "properties": {"x": {"type": "string"}}}
        tree["paths"]["/embeddings"]["post"]["parameters"] = [{"in": "header", "name": "X-Odd", "schema": schema}]

    sentence = refused(
        copied, "--spec", write_pin(copied / "spec.yaml", send_an_object_in_a_header), "--tolerate-misses"
    )
    assert sentence.startswith("the generator does not take the contract whole:")
    assert "POST /embeddings" in sentence


def test_changed_stock_template_is_refused_with_the_difference(copied: Path) -> None:
    """A template of the generator that ours replaces is the one that ours was written against, or shows how it is not."""
    accepted = copied / "scripts" / "templates" / "stock" / "model.py.jinja"
    edit(accepted, lambda text: "an older line\n" + text)
    before = contents(copied)
    outcome = checkout.generate(copied)
    assert (outcome.code, outcome.out, contents(copied)) == (2, [], before)
    first = (SCRIPTS / "templates" / "stock" / "model.py.jinja").read_text(encoding="utf-8").splitlines()[0]
    assert outcome.err[:5] == [
        "--- was/model.py.jinja", "+++ is/model.py.jinja", "@@ -1,4 +1,3 @@", "-an older line", f" {first}",
    ]  # fmt: skip
    assert outcome.err[-1].startswith(
        "generate.py: stock templates of the generator that ours replace have changed, model.py.jinja:"
    )
    outcome = checkout.generate(copied, "--accept-stock-templates")
    assert outcome.out == ["scripts/templates/stock: as in openapi-python-client 0.29.1."]
    assert accepted.read_bytes() == (SCRIPTS / "templates" / "stock" / "model.py.jinja").read_bytes()


def test_a_package_that_a_killed_run_left_aside_is_put_back(copied: Path) -> None:
    """Even a run that is refused for another reason brings it back first, and says so."""
    package = copied / "generated" / PACKAGE
    before = contents(package)
    (copied / "generated" / f".swap-{PACKAGE}-x1").mkdir()
    package.rename(copied / "generated" / f".swap-{PACKAGE}-x1" / "old")
    outcome = checkout.generate(copied, "--spec", copied / "missing.yaml")
    assert outcome.code == 2
    assert outcome.err[0] == f"generate.py: a run was killed while it replaced {package}: the old one is back"
    assert contents(package) == before


def test_a_second_run_beside_a_running_one_is_refused(copied: Path) -> None:
    """The package that the first is replacing is left alone, by `--check` as well, which may run at any time."""
    package = copied / "generated" / PACKAGE
    (copied / "generated" / f".swap-{PACKAGE}-x1").mkdir()
    package.rename(copied / "generated" / f".swap-{PACKAGE}-x1" / "old")
    with locked(copied / "generated"):
        outcome = checkout.generate(copied)
        assert (outcome.code, outcome.err) == (
            2,
            [f"generate.py: another run writes into {copied / 'generated'}: start this one when it has ended."],
        )
        assert checkout.generate(copied, "--check").code == 1
    assert not package.exists()


def test_a_malformed_overlay_is_refused(copied: Path) -> None:
    """What is wrong with the file is said by file and action."""
    path = copied / "scripts" / "overlays" / "corrections" / "answer-only-json.overlay.yaml"
    edit(path, lambda text: text.replace("x-evidence:", "x-evidenc:"))
    assert refused(copied).startswith("answer-only-json.overlay.yaml, action 1: a correction without 'x-evidence'")


def test_a_fault_of_ours_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever goes wrong inside, a person sees a sentence that says whose fault it is, and exit code 2."""

    def fail(pin: Any) -> Any:
        raise KeyError(pin["info"]["title"])

    monkeypatch.setattr("spec.contract.build_contract", fail)
    assert generate.main([]) == 2
    assert capsys.readouterr().err == (
        "generate.py: a fault of this command, not of the pin (KeyError: 'OpenRouter API'); report it.\n"
    )


def test_a_disk_that_fails_is_one_sentence(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The sentence names the file and the reason."""

    def fail(pin: Any) -> Any:
        raise OSError(28, "No space left on device", "there")

    monkeypatch.setattr("spec.contract.build_contract", fail)
    assert generate.main([]) == 2
    assert capsys.readouterr().err == "generate.py: there: No space left on device.\n"


# What is there already.


def test_each_generated_file_says_so() -> None:
    """The first line holds the mark that reviews and search tools know, the command, and what it was generated from."""
    package = REPOSITORY / "generated" / PACKAGE
    for path in sorted(package.rglob("*.py")):
        copied = path.parent == package and (SCRIPTS / "runtime" / path.name).exists()
        source = f"scripts/runtime/{path.name}" if copied else "openapi.yaml"
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first == f"# @generated by `python scripts/generate.py` from {source}: do not edit."
    first = (package / "openapi.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# @generated by ")
    assert first.endswith("do not edit.")


def test_runtime_modules_are_copied_byte_for_byte() -> None:
    """Behind the first line stands the text of `scripts/runtime`, comments for linters included."""
    package = REPOSITORY / "generated" / PACKAGE
    sources = {path.name: path.read_bytes() for path in (SCRIPTS / "runtime").glob("*.py")}
    copies = {path.name: path.read_bytes() for path in package.glob("*.py") if path.name in sources}
    assert sources.keys() - copies.keys() == {"_multipart.py"}  # no operation of the slice sends a form
    assert {name: copy.partition(b"\n")[2] for name, copy in copies.items()} == {name: sources[name] for name in copies}


def test_another_version_of_the_project_is_drift(copied: Path) -> None:
    """The version has one home, pyproject.toml, and stands in the client as it stands there."""
    edit(copied / "pyproject.toml", lambda text: text.replace('\nversion = "', '\nversion = "9.'))
    assert checkout.generate(copied, "--check").err[0] == f"generate.py: {PACKAGE}/_version.py differs"


def test_files_that_are_not_ours_are_not_deleted(copied: Path) -> None:
    """A file that the command did not write stops it; nothing is written, nothing is lost."""
    stranger = copied / "generated" / "openrouter_embeddings" / "notes.txt"
    stranger.write_text("mine", encoding="utf-8")
    runtime = copied / "scripts" / "runtime" / "_types.py"
    runtime.write_text(runtime.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")
    before = contents(copied / "generated")
    assert refused(copied).endswith(
        "notes.txt is not a file that this command has written, and would be deleted: move it away."
    )
    assert contents(copied / "generated") == before
