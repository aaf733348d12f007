"""The package as a whole: its names, its words, its size, and what it takes to import it."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import attrs
import pytest

import openrouter_embeddings
from openrouter_embeddings import CONTRACT, models
from openrouter_embeddings.models import Quantization
from openrouter_embeddings.record import Record
from openrouter_embeddings.types import OpenEnum

FOLDER = Path(openrouter_embeddings.__file__).parent
SOURCES = sorted(FOLDER.rglob("*.py"))
TREES = {path.relative_to(FOLDER).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}

NAMES = [
    "EmbeddingsRequest",
    "EmbeddingsResponse",
    "EmbeddingObject",
    "Usage",
    "ProviderPreferences",
    "ProviderName",
    "Quantization",
    "MultimodalInput",
    "TextPart",
    "ImagePart",
    "AudioPart",
    "VideoPart",
    "FilePart",
    "MaxPrice",
    "ErrorResponse",
    "Model",
    "ModelsListResponse",
]


def modules() -> Iterator[ModuleType]:
    """Every module of the package."""
    yield openrouter_embeddings
    for found in pkgutil.walk_packages(openrouter_embeddings.__path__, "openrouter_embeddings."):
        yield importlib.import_module(found.name)


@pytest.mark.parametrize("name", NAMES)
def test_the_models_have_the_names_a_person_would_choose(name: str) -> None:
    """Each is imported from `models`, and is the class of that name."""
    assert getattr(models, name).__name__ == name


def test_no_class_has_a_long_or_numbered_name() -> None:
    """Names stay under 40 characters, and none is counted up by a generator."""
    names = [node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert len(names) > 50
    assert [name for name in names if len(name) > 40 or "Type0" in name or "_type_" in name] == []


def test_all_modules_import() -> None:
    """Every file of the package is a module that works, with and without the extras being used."""
    assert len(list(modules())) == len(SOURCES)


def test_each_exported_member_exists_and_is_documented() -> None:
    """What `__all__` lists is there, has words, and lists nothing twice."""
    exported = openrouter_embeddings.__all__
    assert len(set(exported)) == len(exported)
    for name in exported:
        member = getattr(openrouter_embeddings, name)
        assert name in ("CONTRACT", "UNSET") or (inspect.getdoc(member) or "").strip(), name


def undocumented(file: str, tree: ast.Module) -> Iterator[str]:
    """Every public module, class, function, method, field and constant without words."""
    if not ast.get_docstring(tree) and not file.startswith("models/"):
        yield file
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            is_public = not node.name.startswith("_") and not _is_overload(node) and not _is_inside_function(tree, node)
            if is_public and not ast.get_docstring(node):
                yield f"{file}: {node.name}"
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (f"{file}: {node.name}.{name}" for name in _fields_without_words(node))


def _is_overload(node: ast.AST) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in getattr(node, "decorator_list", ()))


def _is_inside_function(tree: ast.Module, node: ast.AST) -> bool:
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) and f is not node]
    privates = [c for c in ast.walk(tree) if isinstance(c, ast.ClassDef) and c.name.startswith("_")]
    return any(node in ast.walk(outer) for outer in [*functions, *privates])


def _fields_without_words(node: ast.ClassDef) -> Iterator[str]:
    words = ast.get_docstring(node) or ""
    for position, statement in enumerate(node.body):
        if not isinstance(statement, ast.AnnAssign) or not isinstance(statement.target, ast.Name):
            continue
        name = statement.target.id
        following = node.body[position + 1] if position + 1 < len(node.body) else None
        has_own = (
            isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
            and isinstance(following.value.value, str)
            and bool(following.value.value.strip())
        )
        if not name.startswith("_") and not has_own and f"{name}:" not in words and f"`{name}`" not in words:
            yield name


def test_every_public_thing_has_words() -> None:
    """Classes, functions, methods and fields are documented: an editor shows what they mean."""
    assert [thing for file, tree in TREES.items() for thing in undocumented(file, tree)] == []


def test_every_file_names_the_command_that_made_it() -> None:
    """The first line of each file tells not to edit it, and where it came from."""
    for path in SOURCES:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# ")
        assert "`python scripts/generate.py`" in first
        assert "do not edit" in first


def test_the_package_stays_small() -> None:
    """The Python of the client for two operations is less than 3,000 lines, none longer than 120 characters."""
    lines = [line for path in SOURCES for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) < 3000
    assert max(map(len, lines)) <= 120


def test_the_package_is_typed() -> None:
    """The marker for type checkers is there."""
    assert (FOLDER / "py.typed").is_file()


def test_the_contract_is_the_one_that_ships() -> None:
    """`CONTRACT` names the day of the published document, and the digest of the file beside it."""
    text = (FOLDER / "openapi.yaml").read_bytes().replace(b"\r\n", b"\n")
    assert CONTRACT.digest == "sha256:" + hashlib.sha256(text).hexdigest()
    assert CONTRACT.date is not None
    assert len(CONTRACT.date.split("-")) == 3


def test_only_the_standard_library_attrs_and_httpx_are_imported_by_importing() -> None:
    """Accelerators and retries are extras: importing the package works where nothing else can be imported."""
    code = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"msgspec", "orjson", "numpy", "pybase64", "httpx_retries", "yaml", "pydantic"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from openrouter_embeddings import Client, accelerators
from openrouter_embeddings.models import EmbeddingObject
assert accelerators.parse_json(b' {"a": 1.5}') == {"a": 1.5}
assert list(EmbeddingObject(embedding="AACAPw==").vector) == [1.0]
try:
    Client("", retries=2)
except ImportError as error:
    assert "openrouter-embeddings[retries]" in str(error), error
else:
    raise AssertionError("no word of the extra that is missing")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FOLDER.parent, capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_every_record_is_an_attrs_class_of_keywords() -> None:
    """Models take keywords only, compare by value, and are not hashed."""
    records = [model for model in vars(models).values() if isinstance(model, type) and issubclass(model, Record)]
    assert len(records) > 25
    for model in records:
        assert all(field.kw_only for field in attrs.fields(model))
        assert model.__hash__ is None


def test_enumerations_are_open_strings() -> None:
    """Members equal their values; an unknown value is a member too, which no list shows."""
    known, unknown = Quantization.INT8, Quantization("int3")
    assert (known, unknown) == ("int8", "int3")
    assert {"int8": 1, "int3": 2}[known] == 1
    assert {"int8": 1, "int3": 2}[unknown] == 2
    assert f"{known} {unknown}" == "int8 int3"
    assert Quantization("int3") == unknown
    assert hash(Quantization("int3")) == hash(unknown) == hash("int3")
    assert unknown not in list(Quantization)
    assert pickle.loads(pickle.dumps(unknown)) == unknown
    assert isinstance(unknown, Quantization)
    assert "int3" in repr(unknown)
    with pytest.raises(ValueError, match="5 is not a valid Quantization"):
        Quantization(5)  # type: ignore[arg-type]


def test_every_enumeration_is_open() -> None:
    """No enumeration refuses a string."""
    enums = [enum for enum in vars(models).values() if isinstance(enum, type) and issubclass(enum, OpenEnum)]
    assert len(enums) > 5
    for enum in enums:
        assert enum("a value of tomorrow") == "a value of tomorrow"
