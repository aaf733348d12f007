"""Operations unlike those of the slice: forms, answers that are not JSON, headers, intersections."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

import generate
import update_spec
from checkout import run
from variations import varied

TEXT = {"type": "string"}


def add_operations(tree: Any) -> None:
    """Add an upload, a sound, a stream, a deletion, and an intersection whose members have a field in common.

    One of the objects is called `Client`, as the client is.
    """
    tree["components"]["schemas"]["Client"] = {"type": "object", "properties": {"name": TEXT}}
    tree["components"]["schemas"]["Base"] = {
        "type": "object",
        "properties": {
            "id": TEXT,
            "parts": {"type": ["array", "null"], "items": TEXT},
            "sender": {"$ref": "#/components/schemas/Client"},
        },
        "required": ["id"],
    }
    special = {"properties": {"parts": {"type": "array", "items": TEXT}}, "required": ["parts"]}
    tree["paths"]["/files/{name}"] = {
        "post": {
            "operationId": "uploadFile",
            "tags": ["Files"],
            "parameters": [
                {"in": "path", "name": "name", "required": True, "schema": TEXT},
                {"in": "header", "name": "X-Trace", "schema": TEXT},
            ],
            "requestBody": {
                "required": True,
                "content": {
                    "multipart/form-data": {
                        "schema": {
                            "type": "object",
                            "properties": {"file": {"type": "string", "format": "binary"}, "purpose": TEXT},
                            "required": ["file"],
                        }
                    }
                },
            },
            "responses": {
                "200": {
                    "description": "",
                    "content": {
                        "application/json": {"schema": {"allOf": [{"$ref": "#/components/schemas/Base"}, special]}}
                    },
                }
            },
        },
        "get": {
            "operationId": "readFile",
            "tags": ["Files"],
            "parameters": [{"in": "path", "name": "name", "required": True, "schema": TEXT}],
            "responses": {
                "200": {"description": "", "content": {"audio/*": {"schema": {"type": "string", "format": "binary"}}}}
            },
        },
        "delete": {
            "operationId": "deleteFile",
            "tags": ["Files"],
            "parameters": [{"in": "path", "name": "name", "required": True, "schema": TEXT}],
            "responses": {"204": {"description": ""}},
        },
    }


CALLS = r"""
import json, httpx
from openrouter_embeddings import Client, UploadFileBody, models, delete_file, read_file, upload_file

def answer(request):
    if request.method == "POST":
        seen.update(headers=dict(request.headers), body=request.read().decode(), path=request.url.raw_path.decode())
        return httpx.Response(200, json={"id": "1", "parts": ["a"], "new": 1, "sender": {"name": "n"}})
    if request.method == "GET":
        return httpx.Response(200, content=b"\x00sound", headers={"content-type": "audio/mpeg"})
    return httpx.Response(204)

seen = {}
client = Client("sk-or-v1-test", http_client=httpx.Client(transport=httpx.MockTransport(answer)))
body = UploadFileBody(file=b"\x01bytes", purpose="test")
result = upload_file.sync(client=client, name="a/b", x_trace="t-1", body=body)
print(json.dumps([result.id, result.parts, result.additional_properties]))
print(result.sender == models.Client(name="n"), Client is not models.Client)
print(json.dumps([seen["path"], seen["headers"]["x-trace"], seen["headers"]["content-type"].split(";")[0]]))
print('name="file"; filename="file"' in seen["body"] and "bytes" in seen["body"] and 'name="purpose"' in seen["body"])
print(read_file.sync(client=client, name="x"), delete_file.sync(client=client, name="x"))
try:
    upload_file.sync(client=client, name="x", body=UploadFileBody(file="text"))
except TypeError as error:
    print(error)
"""


def test_forms_sounds_and_intersections_become_working_calls(tmp_path: Path) -> None:
    """Each operation is sent as documented and its answer read, whatever its content type."""
    document = tmp_path / "upstream.yaml"
    tree = varied([add_operations])
    document.write_text(yaml.safe_dump(tree), encoding="utf-8")
    pin = tmp_path / "openapi.yaml"
    assert update_spec.main(["--from", str(document), "--operation", "*", "--output", str(pin)]) == 0
    assert generate.main(["--spec", str(pin), "--output", str(tmp_path / "client"), "--tolerate-misses"]) == 0
    outcome = run([sys.executable, "-W", "error", "-c", CALLS], tmp_path, PYTHONPATH=str(tmp_path / "client"))
    assert outcome.err == []
    assert json.loads(outcome.out[0]) == ["1", ["a"], {"new": 1}]
    assert outcome.out[1] == "True True"
    assert json.loads(outcome.out[2]) == ["/api/v1/files/a%2Fb", "t-1", "multipart/form-data"]
    assert outcome.out[3:] == ["True", r"b'\x00sound' None", "file: expected bytes, received the string 'text'"]


def add_note(tree: Any) -> None:
    """Add an operation whose body and answer are of one class, with bounds of every kind."""
    text = {"type": "string", "minLength": 1}
    tree["components"]["schemas"]["Note"] = {
        "type": "object",
        "properties": {
            "id": text,
            "size": {"type": "number", "minimum": 0.5, "maximum": 9},
            "tags": {"type": "array", "items": text, "minItems": 1, "maxItems": 2},
        },
        "required": ["id"],
    }
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Note"}}}
    tree["paths"]["/notes"] = {
        "put": {
            "operationId": "putNote",
            "parameters": [{"in": "query", "name": "q", "schema": {"type": "string", "maxLength": 3}}],
            "requestBody": {"required": True, "content": content},
            "responses": {"200": {"description": "", "content": content}},
        }
    }


NOTES = r"""
import httpx
from openrouter_embeddings import Client, Note, put_note
answer = httpx.MockTransport(lambda request: httpx.Response(200, json={"id": 5, "size": 0, "tags": ["a"]}))
client = Client("sk-or-v1-test", http_client=httpx.Client(transport=answer))
result = put_note.sync(client=client, body=Note(id="a", size=None, tags=["b"]), q="xyz")
print(result.id, result.size, result.tags, [deviation.path for deviation in result.deviations], result.to_dict())
wrong = [dict(id=None), dict(id=""), dict(id="a", tags=[]), dict(id="a", tags=["a"] * 3), dict(id="a", size=10)]
for fields in wrong:
    try:
        put_note.sync(client=client, body=Note(**fields))
    except (TypeError, ValueError) as error:
        print(error)
try:
    put_note.sync(client=client, body=Note(id="a"), q="long")
except ValueError as error:
    print(error)
"""


def test_an_object_that_is_sent_and_received_is_strict_out_and_lenient_in(tmp_path: Path) -> None:
    """Its bounds hold for what is sent; in an answer what breaks them is a deviation."""
    document = tmp_path / "upstream.yaml"
    document.write_text(yaml.safe_dump(varied([add_note])), encoding="utf-8")
    pin = tmp_path / "openapi.yaml"
    assert update_spec.main(["--from", str(document), "--operation", "*", "--output", str(pin)]) == 0
    assert generate.main(["--spec", str(pin), "--output", str(tmp_path / "client"), "--tolerate-misses"]) == 0
    outcome = run([sys.executable, "-W", "error", "-c", NOTES], tmp_path, PYTHONPATH=str(tmp_path / "client"))
    assert outcome.err == []
    assert outcome.out == [
        "None None ['a'] ['$.id', '$.size'] {'id': 5, 'size': 0, 'tags': ['a']}",
        "id: expected a value, received nothing",
        "id: expected a string of 1 or more, received the string ''",
        "tags: expected a list of 1 to 2, received a list of 0",
        "tags: expected a list of 1 to 2, received a list of 3",
        "size: expected 0.5 to 9, received the number 10",
        "q: expected a string of 3 or less, received the string 'long'",
    ]


@pytest.mark.documents
def test_every_operation_of_the_whole_document_is_generated(tmp_path: Path, documents: Path) -> None:
    """All 97 operations have a module; the package imports and passes `mypy --strict`, or it would be refused."""
    pin = tmp_path / "openapi.yaml"
    source = documents / "openrouter-2026-08-22-90c493767.openapi.yaml"
    assert update_spec.main(["--from", str(source), "--operation", "*", "--output", str(pin)]) == 0
    assert generate.main(["--spec", str(pin), "--output", str(tmp_path / "client")]) == 0
    api = tmp_path / "client" / "openrouter_embeddings" / "api"
    assert len([path for path in api.rglob("*.py") if path.name != "__init__.py"]) == 97
