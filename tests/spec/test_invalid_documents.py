"""Bad documents: each kind gets one clear sentence, exit 2, and nothing is written."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from upstream import PUBLISHED, changed, published, run, snapshot

TEXT = PUBLISHED.read_bytes()
Tree = dict[str, Any]


def schemas(tree: Tree) -> Tree:
    """Return the schemas of a document."""
    found: Tree = tree["components"]["schemas"]
    return found


def embed(tree: Tree) -> Tree:
    """Return the operation `createEmbeddings` of a document."""
    found: Tree = tree["paths"]["/embeddings"]["post"]
    return found


def bomb() -> bytes:
    """Return a document whose aliases expand to a billion values."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    return "\n".join([*lines, ""]).encode() + TEXT


def property_named(name: str) -> bytes:
    """Return the document with a property of this name."""
    return changed(lambda tree: schemas(tree)["Model"]["properties"].update({name: {}}))


def property_holding(schema: Any) -> bytes:
    """Return the document with a property `odd` of this schema."""
    return changed(lambda tree: schemas(tree)["Model"]["properties"].update({"odd": schema}))


def component_named(name: str) -> bytes:
    """Return the document with a schema of this name, referred to."""

    def rename(tree: Tree) -> None:
        schemas(tree)[name] = {"type": "string"}
        schemas(tree)["Model"]["properties"]["odd"] = {"$ref": f"#/components/schemas/{name}"}

    return changed(rename)


def moved(old: str, new: str) -> bytes:
    """Return the document with a path under another name."""

    def move(tree: Tree) -> None:
        tree["paths"][new] = tree["paths"].pop(old)

    return changed(move)


def without(*keys: str) -> bytes:
    """Return the document without what these keys lead to."""

    def remove(tree: Tree) -> None:
        *above, last = keys
        for key in above:
            tree = tree[key]
        del tree[last]

    return changed(remove)


# What is wrong, the bytes, and words of the sentence that name what was received or where.
BAD: dict[str, tuple[bytes, str]] = {
    "nothing": (b"", "empty"),
    "white space": (b" \n\n", "empty"),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00", "byte 0 is 0x89"),
    "utf-16": (TEXT.decode().encode("utf-16"), "not UTF-8"),
    "control character": (TEXT + b"x: \x07\n", r"'\x07'"),
    "gzip": (gzip.compress(TEXT), "gzip"),
    "html page": (b"<!DOCTYPE html>\n<html></html>\n", "HTML"),
    "plain text": (b"not found\n", "'not found'"),
    "a list": (b"- openapi: 3.1.0\n", "a mapping"),
    "no yaml": (b"openapi: 3.1.0\n  info: [\n", "line 2"),
    "cut inside a line": (TEXT[: TEXT.index(b"listEmbeddingsModels") + 8], "cut short"),
    "cut between lines, in the components": (TEXT[: TEXT.index(b"    List:")], "no `openapi` field"),
    "cut between lines, before the key": (TEXT[: TEXT.index(b"security:\n  - apiKey")], "cut short"),
    "cut json": (json.dumps(published()).encode()[:-40], "neither JSON"),
    "two documents": (TEXT + b"---\n" + TEXT, "second document"),
    "duplicate key": (TEXT.replace(b"    Tree:", b"    Model:"), "'Model' stands twice"),
    "duplicate json key": (b'{"openapi": "3.1.0", "openapi": "3.1.0"}', "'openapi' twice"),
    "python tag": (TEXT + b"x: !!python/object/apply:os.system [ls]\n", "python/object/apply"),
    "binary tag": (TEXT + b"x: !!binary AAAA\n", "binary"),
    "merge key": (TEXT + b"x: &x {a: 1}\ny: {<<: *x}\n", "merge keys"),
    "a list as a key": (TEXT + b"? [a, b]\n: 1\n", "stands as a key"),
    "null as a key": (TEXT + b"~: 1\n", "None stands as a key"),
    "infinity": (TEXT + b"x: .inf\n", ".inf"),
    "not a number": (b'{"openapi": NaN}', "NaN"),
    "number beyond a double": (b'{"openapi": 1e999}', "double"),
    "number of 5000 digits": (TEXT + b"x: " + b"7" * 5000 + b"\n", "too many digits"),
    "half a surrogate pair": (b'{"openapi": "\\ud800"}', "surrogate"),
    "alias bomb": (bomb(), "alias bomb"),
    "long text through aliases": (
        TEXT + b"x: &x " + b"y" * 2**20 + b"\nz: [" + b", ".join([b"*x"] * 80) + b"]\n",
        "expands to more than 67108864 characters",
    ),
    "alias inside its own anchor": (TEXT + b"x: &x [*x]\n", "*x"),
    "unknown alias": (TEXT + b"x: *nowhere\n", "undefined alias|nowhere"),
    "deep lists": (b"[" * 100_000, "nested deeper"),
    "deep mappings": (b'{"a":' * 100_000, "nested deeper"),
    "deep block": (b"- " * 50_000 + b"\n", "nested deeper"),
    "deep through aliases": (
        TEXT + b"".join(b"d%d: &d%d [%s]\n" % (i, i, b"*d%d" % (i - 1) if i else b"1") for i in range(150)),
        "nested deeper",
    ),
    "swagger 2": (b"swagger: '2.0'\npaths: {}\n", "swagger '2.0'"),
    "asyncapi": (b"asyncapi: 3.0.0\n", "asyncapi '3.0.0'"),
    "openapi 2": (changed(lambda tree: tree.update(openapi="2.0")), "OpenAPI '2.0'"),
    "openapi 4": (changed(lambda tree: tree.update(openapi="4.0.0")), "OpenAPI '4.0.0'"),
    "no paths": (without("paths"), "/paths"),
    "paths are a list": (changed(lambda tree: tree.update(paths=[])), "/paths holds []"),
    "no embeddings": (without("paths", "/embeddings"), "createEmbeddings"),
    "one id twice": (
        changed(lambda tree: tree["paths"]["/trees/{tree_id}"]["get"].update(operationId="createEmbeddings")),
        "POST /embeddings and GET /trees",
    ),
    "no answers": (changed(lambda tree: embed(tree).update(responses={})), "/responses is empty"),
    "no info": (without("info"), "/info"),
    "title that ends a docstring": (changed(lambda tree: tree["info"].update(title='"""\nimport os')), "title"),
    "ref to another host": (
        property_holding({"$ref": "https://evil.example/schema.json"}),
        "https://evil.example/schema.json",
    ),
    "ref to a file": (property_holding({"$ref": "../../etc/passwd"}), "../../etc/passwd"),
    "ref to a file url": (property_holding({"$ref": "file:///etc/passwd#/a"}), "file:///etc/passwd"),
    "ref to nothing": (property_holding({"$ref": "#/components/schemas/Gone"}), "Gone"),
    "ref into a path": (property_holding({"$ref": "#/paths/~1embeddings/post"}), "#/paths/"),
    "ref into a component": (
        property_holding({"$ref": "#/components/schemas/Model/properties/id"}),
        "/properties/id",
    ),
    "ref to another section": (property_holding({"$ref": "#/components/responses/TooMany"}), "TooMany"),
    "ref that is a number": (property_holding({"$ref": 5}), "5"),
    "ref to itself": (
        changed(lambda tree: schemas(tree).update(Model={"$ref": "#/components/schemas/Model"})),
        "in a circle",
    ),
    "circle of refs": (
        changed(
            lambda tree: schemas(tree).update(
                Model={"$ref": "#/components/schemas/Tree"},
                Tree={"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Model"}]},
            )
        ),
        "in a circle",
    ),
    "mapping to another host": (
        property_holding({"discriminator": {"propertyName": "t", "mapping": {"a": "https://evil.example/a"}}}),
        "evil.example",
    ),
    "key that is not declared": (changed(lambda tree: tree.update(security=[{"other": []}])), "other"),
    "server on no web": (changed(lambda tree: tree["servers"][0].update(url="javascript:alert(1)")), "javascript"),
    "component that leaves a folder": (component_named("../../etc/cron.d/x"), "../../etc/cron.d/x"),
    "component that is two dots": (component_named(".."), "'..'"),
    "component that is code": (component_named('X:\n  pass\nimport os\n"'), "component name|$ref"),
    "overlong component": (component_named("A" * 500), "component name"),
    "operationId that leaves a folder": (
        changed(lambda tree: tree["paths"]["/trees/{tree_id}"]["get"].update(operationId="../../x")),
        "'../../x'",
    ),
    "tag that leaves a folder": (changed(lambda tree: embed(tree).update(tags=["../../x"])), "'../../x'"),
    "tag that is code": (changed(lambda tree: embed(tree).update(tags=["a\nimport os"])), "tag"),
    "path that leaves a folder": (moved("/trees/{tree_id}", "/../{tree_id}"), "'/../{tree_id}'"),
    "path that is code": (moved("/trees/{tree_id}", '/x"+__import__("os")+"/{tree_id}'), "path"),
    "property that ends a literal": (property_named('a"; import os; "'), "property name"),
    "property with a line break": (property_named("a\nimport os"), "property name"),
    "overlong property": (property_named("a" * 5000), "property name"),
    "enum value that is code": (property_holding({"enum": ['a"\nimport os']}), "value of enum"),
    "default that is code": (property_holding({"type": "string", "default": '"""; import os; """'}), "default"),
    "parameter that is code": (
        changed(lambda tree: tree["components"]["parameters"]["Limit"].update(name='a"+x+"')),
        "parameter name",
    ),
    "parameter nowhere": (
        changed(lambda tree: tree["components"]["parameters"]["Limit"].update({"in": "body"})),
        "'body'",
    ),
    "header that is code": (
        changed(lambda tree: tree["components"]["responses"]["TooMany"].update(headers={"a\r\nb": {}})),
        "header name",
    ),
    "media type that is code": (
        changed(lambda tree: tree["components"]["responses"]["TooMany"].update(content={'a"/b': {}})),
        "media type",
    ),
    "status that is none": (
        changed(lambda tree: embed(tree)["responses"].update({"2000": {"description": "x"}})),
        "'2000'",
    ),
    "type that is none": (property_holding({"type": "file"}), "'file'"),
    "schema that is text": (property_holding("string"), "/properties/odd"),
    "bound that is text": (property_holding({"type": "integer", "minimum": "0"}), "minimum"),
    "pattern that is none": (property_holding({"type": "string", "pattern": "("}), "pattern"),
    "schema with a base of its own": (property_holding({"$id": "https://evil.example/"}), "$id"),
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """Make a folder with the pin of the good document, and its lock."""
    assert run(capsys, "--from", PUBLISHED, "--output", tmp_path / "openapi.yaml").code == 0
    return tmp_path


@pytest.mark.parametrize("kind", BAD)
def test_bad_document_is_refused_in_one_sentence(
    kind: str, folder: Path, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 2, one line that names the fault, and the pin and lock of before, to the byte and the moment."""
    raw, words = BAD[kind]
    source = tmp_path_factory.mktemp("upstream") / "upstream.yaml"
    source.write_bytes(raw)
    before = snapshot(folder)
    outcome = run(capsys, "--from", source, "--operation", "*", "--output", folder / "openapi.yaml")
    assert (outcome.code, outcome.out) == (2, [])
    assert len(outcome.err) == 1
    assert any(word in outcome.err[0] for word in words.split("|"))
    assert "fault of this command" not in outcome.err[0]
    assert len(outcome.err[0]) < 700
    assert before == snapshot(folder)


def test_many_kinds_are_tried() -> None:
    """Every kind is a document of its own."""
    assert len({raw for raw, _ in BAD.values()}) == len(BAD) >= 25


def test_refusal_makes_no_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A refused document leaves nothing where there was nothing."""
    source = tmp_path / "bad.yaml"
    source.write_bytes(b"swagger: '2.0'\n")
    outcome = run(capsys, "--from", source, "--output", tmp_path / "new" / "openapi.yaml")
    assert outcome.code == 2
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (lambda folder: folder / "missing.yaml", "No such file"),
        (lambda folder: folder, "directory|denied"),
        (lambda _: "file://elsewhere.example/x.yaml", "another host"),
        (lambda _: "ftp://openrouter.ai/openapi.yaml", "https"),
        (lambda _: "http://openrouter.ai/openapi.yaml", "https"),
        (lambda _: "https:///openapi.yaml", "https|URL"),
        (lambda _: "https://127.0.0.1:port/x", "not a URL"),
        (lambda _: "a\0b", "null"),
    ],
)
def test_unreadable_source_is_refused(
    place: Callable[[Path], object], words: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A source that is not there, or that only another protocol than https reaches, is named and refused."""
    before = snapshot(folder)
    outcome = run(capsys, "--from", place(folder), "--output", folder / "openapi.yaml")
    assert (outcome.code, len(outcome.err)) == (2, 1)
    assert any(word in outcome.err[0] for word in words.split("|"))
    assert before == snapshot(folder)


def test_credentials_in_an_address_are_not_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An address with a password is refused without showing it."""
    outcome = run(capsys, "--from", "https://me:hunter2@127.0.0.1/x", "--output", tmp_path / "openapi.yaml")
    assert outcome.code == 2
    assert "hunter2" not in "".join(outcome.err + outcome.out)


def test_absent_operation_that_was_asked_for_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What `--operation` names has to be there; the sentence says what is not."""
    before = snapshot(folder)
    for wanted in ("deleteEverything", "DELETE /embeddings"):
        outcome = run(capsys, "--from", PUBLISHED, "--operation", wanted, "--output", folder / "openapi.yaml")
        assert (outcome.code, len(outcome.err)) == (2, 1)
        assert wanted in outcome.err[0]
    assert before == snapshot(folder)


def test_damaged_lock_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lock that cannot be read is not overwritten: it may hold what another command noted."""
    (folder / "openapi.lock.json").write_text("{broken")
    before = snapshot(folder)
    outcome = run(capsys, "--from", PUBLISHED, "--output", folder / "openapi.yaml")
    assert (outcome.code, len(outcome.err)) == (2, 1)
    assert "openapi.lock.json" in outcome.err[0]
    assert before == snapshot(folder)
