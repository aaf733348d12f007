"""The package as a whole: its names, its documentation, its size, and what it takes to import it."""

from __future__ import annotations

import ast
import hashlib
import importlib
import inspect
import pickle
import pkgutil
import pydoc
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import assert_type

import attrs
import httpx
import pytest

import openrouter_embeddings
from client.calls import fixture
from openrouter_embeddings import (
    CONTRACT,
    EmbeddingObject,
    EmbeddingsResponse,
    Quantization,
    Retries,
    Vector,
    api,
    create_embeddings,
    errors,
    models,
    retries,
)
from openrouter_embeddings._model import JsonModel
from openrouter_embeddings._types import OpenEnum

FOLDER = Path(openrouter_embeddings.__file__).parent
SOURCES = sorted(FOLDER.rglob("*.py"))
TREES = {path.relative_to(FOLDER).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in SOURCES}

CLASSES = {name: value for name, value in vars(models).items() if getattr(value, "__module__", "") == models.__name__}
"""The classes of the objects."""

PUBLIC_MODULES = {"api", "client", "errors", "models", "retries", "vectors"}

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
    """Each is imported from the top and from `models`, and is the class of that name."""
    assert getattr(openrouter_embeddings, name).__name__ == name
    assert getattr(models, name) is getattr(openrouter_embeddings, name)


def test_what_is_not_public_begins_with_an_underscore() -> None:
    """Of the modules only the public ones do not; autocomplete shows what `__all__` lists and nothing else."""
    found = {module.name for module in pkgutil.iter_modules(openrouter_embeddings.__path__)}
    assert {name for name in found if not name.startswith("_")} == PUBLIC_MODULES
    assert dir(openrouter_embeddings) == sorted(openrouter_embeddings.__all__)


def test_models_operations_and_errors_are_all_imported_from_the_top() -> None:
    """Nothing that a caller constructs, reads, calls or catches has to be looked for in a module below."""
    operations = {
        module.name
        for tag in pkgutil.iter_modules(api.__path__, "openrouter_embeddings.api.")
        for module in pkgutil.iter_modules(importlib.import_module(tag.name).__path__)
    }
    public_errors = {
        name for name, value in vars(errors).items() if isinstance(value, type) and issubclass(value, Exception)
    }
    assert operations == {"create_embeddings", "list_embeddings_models"}
    assert operations | public_errors | set(CLASSES) <= set(openrouter_embeddings.__all__)
    assert openrouter_embeddings.create_embeddings.sync.__module__.endswith("api.embeddings.create_embeddings")


def test_errors_have_no_models_of_their_own() -> None:
    """A body of an error arrives as an `ApiError`, whatever its form: no class promises another."""
    assert [name for name in CLASSES if "Error" in name] == []


def test_type_checkers_see_what_is_loaded_on_first_use() -> None:
    """The names at the top have the types of what they stand for; a name that is not there is an error."""
    assert_type(Retries(attempts=1), retries.Retries)
    assert_type(EmbeddingObject(embedding=[1.0]).vector, Vector)
    response = httpx.Response(200, json=fixture("embeddings_float"))
    assert_type(create_embeddings.parse(response), EmbeddingsResponse)
    with pytest.raises(AttributeError, match="module 'openrouter_embeddings' has no attribute 'EmbedingsRequest'"):
        _ = openrouter_embeddings.EmbedingsRequest  # type: ignore[attr-defined]


def test_the_version_is_that_of_the_project() -> None:
    """`__version__` is what pyproject.toml says."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert openrouter_embeddings.__version__ == project["version"]


def test_no_class_has_a_long_or_numbered_name() -> None:
    """Names stay under 40 characters, and none is counted up by a generator."""
    names = [node.name for tree in TREES.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    assert len(names) > 50
    assert [name for name in names if len(name) > 40 or "Type0" in name or "_type_" in name] == []


def test_all_modules_import() -> None:
    """Every file of the package is a module that works, with and without the extras being used."""
    assert len(list(modules())) == len(SOURCES)


def test_each_exported_member_exists_and_is_documented() -> None:
    """What `__all__` lists is there, is documented, and lists nothing twice."""
    exported = openrouter_embeddings.__all__
    assert len(set(exported)) == len(exported)
    for name in exported:
        member = getattr(openrouter_embeddings, name)
        assert (
            name in ("CONTRACT", "Kind", "Response", "UNSET", "__version__") or (inspect.getdoc(member) or "").strip()
        ), name


def undocumented(file: str, tree: ast.Module) -> Iterator[str]:
    """Every public module, class, function, method, field and constant without a docstring."""
    if not ast.get_docstring(tree):
        yield file
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            is_public = not node.name.startswith("_") and not _is_overload(node) and not _is_inside_function(tree, node)
            if is_public and not ast.get_docstring(node):
                yield f"{file}: {node.name}"
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            yield from (f"{file}: {node.name}.{name}" for name in _undocumented_fields(node))


def _is_overload(node: ast.AST) -> bool:
    return any(isinstance(d, ast.Name) and d.id == "overload" for d in getattr(node, "decorator_list", ()))


def _is_inside_function(tree: ast.Module, node: ast.AST) -> bool:
    functions = [f for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) and f is not node]
    privates = [c for c in ast.walk(tree) if isinstance(c, ast.ClassDef) and c.name.startswith("_")]
    return any(node in ast.walk(outer) for outer in [*functions, *privates])


def _undocumented_fields(node: ast.ClassDef) -> Iterator[str]:
    docstring = ast.get_docstring(node) or ""
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
        if not name.startswith("_") and not has_own and f"{name}:" not in docstring and f"`{name}`" not in docstring:
            yield name


def test_every_public_name_is_documented() -> None:
    """Classes, functions, methods and fields are documented: an editor shows what they mean."""
    assert [thing for file, tree in TREES.items() for thing in undocumented(file, tree)] == []


def test_help_on_a_model_explains_every_field() -> None:
    """The docstring of the class, which editors show at its constructor, names them all in lines that fit a screen."""
    for model in (value for value in CLASSES.values() if issubclass(value, JsonModel)):
        attributes = (inspect.getdoc(model) or "").partition("\nAttributes:\n")[2]
        documented = re.findall(r"^    (\w+): \S", attributes, flags=re.MULTILINE)
        assert documented == [field.name for field in attrs.fields(model) if not field.inherited], model
        rendered = pydoc.plain(pydoc.render_doc(model)).partition("----")[0]
        assert all(f"{name}: " in rendered for name in documented)
        assert max(map(len, attributes.splitlines())) <= 120


def test_every_file_names_the_command_that_made_it() -> None:
    """The first line of each file tells not to edit it, and where it came from."""
    for path in SOURCES:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert first.startswith("# @generated by `python scripts/generate.py` from ")
        assert first.endswith(": do not edit.")


def test_the_package_stays_small() -> None:
    """The Python of the client for two operations is less than 3,200 lines, none longer than 120 characters."""
    lines = [line for path in SOURCES for line in path.read_text(encoding="utf-8").splitlines()]
    assert len(lines) < 3200
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


EXTRAS = {"msgspec", "numpy", "orjson", "pybase64", "simdjson", "tenacity"}


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own, beside the package."""
    command = [sys.executable, "-W", "error", "-c", code]
    return subprocess.run(command, cwd=FOLDER.parent, capture_output=True, text=True, check=False, timeout=60)


def test_no_extra_is_imported_by_importing() -> None:
    """Every public name can be imported, all at once even, without loading what an extra brings."""
    done = run(f"from openrouter_embeddings import *\nimport sys\nprint(sorted({EXTRAS} & set(sys.modules)))")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "[]\n")


def test_the_import_of_the_package_loads_no_model_and_no_operation() -> None:
    """Models and operations are loaded on first use: programs start as fast as httpx lets them."""
    done = run(
        "import openrouter_embeddings, sys\n"
        "print(sorted(name for name in sys.modules if name.startswith('openrouter_embeddings.')))"
    )
    loaded = ["_connections", "_exchange", "_redaction", "_types", "_version", "client", "errors"]
    assert done.stdout == f"{[f'openrouter_embeddings.{name}' for name in loaded]}\n"


def test_a_short_answer_does_not_load_the_faster_parser() -> None:
    """It takes 1 MiB of memory, more than the answer; one with many numbers is worth that."""
    pytest.importorskip("msgspec", reason="the extra `fast` is not installed")
    done = run("""
import httpx, sys
from openrouter_embeddings import create_embeddings
for embedding in ("AACAPw==", [0.5] * 256):
    data = [{"object": "embedding", "index": 0, "embedding": embedding}]
    create_embeddings.parse(httpx.Response(200, json={"object": "list", "model": "m", "data": data}))
    print("msgspec" in sys.modules)
""")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "False\nTrue\n")


def test_only_the_standard_library_attrs_and_httpx_are_needed() -> None:
    """Where no extra is installed everything works but retries, which name the extra in one sentence."""
    done = run("""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in {"msgspec", "orjson", "numpy", "pybase64", "simdjson", "tenacity", "yaml", "pydantic"}:
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, Absent())
from openrouter_embeddings import *
from openrouter_embeddings import _accelerators
assert _accelerators.parse_json(b' {"a": 1.5}') == {"a": 1.5}
assert list(EmbeddingObject(embedding="AACAPw==").vector) == [1.0]
for attempt in (lambda: Client("", retries=2), Retries):
    try:
        attempt()
    except ImportError as error:
        print(error)
    else:
        raise AssertionError("no word of the extra that is missing")
""")
    sentence = "retries need the package tenacity: pip install 'openrouter-embeddings[retries]'\n"
    assert (done.returncode, done.stderr, done.stdout) == (0, "", sentence * 2)


def test_every_model_is_an_attrs_class_of_keywords() -> None:
    """Models take keywords only, compare by value, and are not hashed."""
    classes = [model for model in CLASSES.values() if issubclass(model, JsonModel)]
    assert len(classes) > 25
    for model in classes:
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
    enums = [enum for enum in CLASSES.values() if issubclass(enum, OpenEnum)]
    assert len(enums) > 5
    for enum in enums:
        assert enum("a value of tomorrow") == "a value of tomorrow"
