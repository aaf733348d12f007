"""A package that is not whole is refused: a lost operation, a module that does not import, a wrong type."""

from pathlib import Path
from typing import Any

import pytest

from checkout import PACKAGE
from codegen import verification
from spec.errors import InputError


def test_an_operation_without_a_module_of_its_own_is_lost(tmp_path: Path) -> None:
    """It is named by method and path, also when another operation has a module of that name."""
    document: dict[str, Any] = {"paths": {"/a": {"post": {"operationId": "createThing"}}}}
    api = tmp_path / "api" / "tag"
    api.mkdir(parents=True)
    with pytest.raises(InputError, match=r"the generator lost POST /a: there is no module create_thing\.py of its own"):
        verification.check_operations(tmp_path, document)
    (api / "create_thing.py").touch()
    verification.check_operations(tmp_path, document)
    document["paths"]["/b"] = {"get": {"operationId": "create_thing"}}
    with pytest.raises(InputError, match="the generator lost GET /b"):
        verification.check_operations(tmp_path, document)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("import no_such_module\n", "does not import: ModuleNotFoundError: No module named 'no_such_module'"),
        ("import warnings\nwarnings.warn('old')\n", "does not import: UserWarning: old"),
    ],
)
def test_a_package_that_does_not_import_is_refused(tmp_path: Path, code: str, sentence: str) -> None:
    """Every module is imported, and a warning counts as a failure."""
    package = tmp_path / PACKAGE / "deep"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").touch()
    (package / "__init__.py").write_text(code, encoding="utf-8")
    with pytest.raises(InputError) as refusal:
        verification.check_imports(package.parent)
    assert sentence in str(refusal.value)


def test_a_package_with_a_wrong_type_is_refused(tmp_path: Path) -> None:
    """Mypy's finding is quoted, with file and line."""
    package = tmp_path / PACKAGE
    package.mkdir()
    (package / "__init__.py").write_text("x: int = 'a'\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"does not pass mypy --strict: .*__init__\.py:1: error: Incompatible types"):
        verification.check_types(package, tmp_path)
