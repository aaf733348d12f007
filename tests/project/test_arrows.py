"""Who imports whom: the client stands alone, the judge stands on it, the maker stands apart."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
CLIENT = "openrouter_embeddings"
JUDGE = "openrouter_conformance"
ACCELERATORS = {"httpx_retries", "msgspec", "numpy", "orjson", "pybase64"}
"""What an extra of the client brings: imported only inside a function or a `try`."""

MAKER = {path.stem for path in (REPOSITORY / "scripts").glob("*.py")} | {"spec", "codegen", "scripts"}


def modules(folder: str) -> list[Path]:
    """Return the Python files below a folder of the repository."""
    return sorted((REPOSITORY / folder).rglob("*.py"))


def imports(path: Path, *, lazy: bool = True) -> Iterator[str]:
    """Yield the dotted name of each module that a file imports from outside its own package.

    Without `lazy` only the imports that run when the file is imported and must succeed.
    """
    pending: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module or ""
        if not lazy and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if not lazy and isinstance(node, ast.Try) and _catches_missing(node):
            pending.extend([*node.orelse, *node.finalbody])
            continue
        pending.extend(ast.iter_child_nodes(node))


def _catches_missing(node: ast.Try) -> bool:
    caught = {
        name.id for handler in node.handlers for name in ast.walk(handler.type or node) if isinstance(name, ast.Name)
    }
    return bool(caught & {"ImportError", "ModuleNotFoundError"})


def tops(path: Path, *, lazy: bool = True) -> set[str]:
    """Return the first parts of what a file imports, without the standard library."""
    return {name.split(".")[0] for name in imports(path, lazy=lazy)} - set(sys.stdlib_module_names)


@pytest.mark.parametrize("folder", [f"generated/{CLIENT}", "scripts/runtime"])
def test_the_client_needs_the_standard_library_attrs_and_httpx_only(folder: str) -> None:
    """Accelerators come lazily; nothing of this project but the client itself is imported."""
    assert modules(folder)
    for path in modules(folder):
        assert tops(path, lazy=False) <= {"attrs", "httpx"}, path
        assert tops(path) <= {"attrs", "httpx"} | ACCELERATORS, path


def test_the_maker_imports_neither_the_client_nor_the_judge() -> None:
    """It makes the one and is not judged by the other."""
    for path in [*(REPOSITORY / "scripts").glob("*.py"), *modules("scripts/spec"), *modules("scripts/codegen")]:
        assert not tops(path) & {CLIENT, JUDGE}, path


@pytest.mark.parametrize("folder", ["generated", "conformance", "examples", "benchmarks"])
def test_nobody_imports_the_maker(folder: str) -> None:
    """Its modules are for the commands in `scripts` and for tests of them."""
    for path in modules(folder):
        assert not tops(path) & MAKER, path


def test_the_mock_imports_nothing_of_the_client() -> None:
    """A server that shares code with the client shares its mistakes: it reads the contract as data."""
    mock = modules("conformance/openrouter_mock")
    assert mock
    for path in mock:
        assert not tops(path) & {CLIENT, JUDGE}, path


def test_an_import_in_any_form_is_seen(tmp_path: Path) -> None:
    """The reader of imports tells the ones that must succeed from the lazy ones, and skips relative ones."""
    path = tmp_path / "example.py"
    path.write_text(
        "import a.b, os\nfrom c.d import e\nfrom . import f\n"
        "try:\n    import g\nexcept ImportError:\n    g = None\n"
        "try:\n    import h\nexcept ValueError:\n    pass\n"
        "def function():\n    import i\n"
        "class C:\n    import j\n"
        "if True:\n    from k import l\n",
        encoding="utf-8",
    )
    assert tops(path) == {"a", "c", "g", "h", "i", "j", "k"}
    assert tops(path, lazy=False) == {"a", "c", "h", "j", "k"}
