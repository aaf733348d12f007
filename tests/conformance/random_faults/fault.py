"""What a random fault is, and how it is put in place of the mock's source."""

from __future__ import annotations

import ast
import difflib
import importlib.machinery
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from pathlib import Path
from types import CodeType, ModuleType

import attrs

PACKAGE = "openrouter_mock"


@attrs.frozen
class Fault:
    """One random fault.

    Attributes:
        name: family, seed and number, such as `ast-7-12`.
        description: what was changed, in a few words.
        module: the module of the mock that is changed, without the package.
        source: the source of the changed module.
        summary: the change in words and expressions, where the diff of the source has much that is always the same.

    """

    name: str
    description: str
    module: str
    source: str = attrs.field(repr=False)
    summary: str | None = None

    def shown(self) -> str:
        """Return the summary, else what differs from the module as it is: a unified diff without its head."""
        if self.summary is not None:
            return self.summary
        lines = difflib.unified_diff(
            normalized(self.module).splitlines(), self.source.splitlines(), self.module, self.module, "", "", 2, ""
        )
        return "\n".join(list(lines)[2:])


def source_of(module: str) -> str:
    """Return the source of a module of the mock."""
    return (folder() / f"{module}.py").read_text("utf-8")


def normalized(module: str) -> str:
    """Return the source of a module of the mock as `ast` writes it: what a changed source is compared with."""
    return ast.unparse(ast.parse(source_of(module))) + "\n"


def folder() -> Path:
    """Return the folder of the mock, without importing it."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise FileNotFoundError(f"the package {PACKAGE} is not installed")
    return Path(spec.submodule_search_locations[0])


def install(fault: Fault) -> None:
    """Let the mock of this process have the fault; RuntimeError when the changed module has been imported already."""
    name = f"{PACKAGE}.{fault.module}"
    if name in sys.modules:
        raise RuntimeError(f"{name} has been imported: a fault needs a process of its own")
    sys.meta_path.insert(0, _Finder(name, fault.source))


class _Finder(MetaPathFinder):
    """Finds one module, with another source."""

    def __init__(self, name: str, source: str) -> None:
        self._name, self._source = name, source

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Return the spec of the changed module, None for any other."""
        if fullname != self._name:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, self._source)
        return spec


class _Loader(importlib.machinery.SourceFileLoader):
    def __init__(self, fullname: str, path: str, source: str) -> None:
        super().__init__(fullname, path)
        self._changed = source

    def get_code(self, fullname: str) -> CodeType:
        """Return the code of the changed source; nothing is read from or written to a cache."""
        return compile(self._changed, self.path, "exec")
