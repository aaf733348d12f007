"""YAML with the place of every value, for sentences that say where a file is wrong.

Dates stay text; aliases, unknown tags and keys that stand twice are refused.
"""

from __future__ import annotations

import re
from typing import Any

import attrs
import yaml

from openrouter_conformance.errors import UsageError

MAX_BYTES = 2**20
_MAX_DEPTH = 20

Path = tuple[str | int, ...]
"""The keys and positions that lead to a value."""


@attrs.frozen
class Positioned:
    """A value read from YAML; `places` has line and column, from 1, of every value in it, and `keys` of every key."""

    value: Any
    places: dict[Path, tuple[int, int]]
    keys: dict[Path, tuple[int, int]]

    def where(self, path: Path) -> str:
        """Return the place of the value at `path`, of its key where it has one, as it is named in sentences."""
        line, column = self.keys.get(path) or self.places[path]
        return f"line {line}, column {column}"


class _Loader(yaml.SafeLoader):
    """YAML as JSON has it: dates are text, `5e-2` is a number."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - the form that PyYAML wants
        first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":float"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",
    re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?\Z"),
    list("-+0123456789."),
)


def read(text: str, label: str) -> Positioned:
    """Return the one YAML document in `text`; UsageError, naming `label` and the place, when it is none."""
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        found = Positioned(None, {}, {})
        value = _Builder(loader, label, found).value(node, ()) if node is not None else None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"line {mark.line + 1}, column {mark.column + 1}" if mark is not None else "somewhere"
        raise UsageError(f"{label}, {place}: no YAML: {error.problem or error.context}.") from None
    except yaml.YAMLError as error:
        raise UsageError(f"{label}: no YAML: {' '.join(str(error).split())}.") from None
    except RecursionError:
        raise UsageError(f"{label}: nested too deep; {_MAX_DEPTH} levels are allowed.") from None
    finally:
        loader.dispose()
    return attrs.evolve(found, value=value)


class _Builder:
    """Makes plain values of nodes, and notes their places."""

    def __init__(self, loader: _Loader, label: str, found: Positioned) -> None:
        self._loader, self._label, self._found = loader, label, found
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: Path) -> Any:
        """Return the value of a node that stands at `path`."""
        self._found.places[path] = _place(node)
        if id(node) in self._seen:
            self._refuse(node, "an alias; write the value out")
        if len(path) > _MAX_DEPTH:
            self._refuse(node, f"nested too deep; {_MAX_DEPTH} levels are allowed")
        self._seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, place)) for place, item in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        return self._loader.construct_object(node, deep=True)

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str) or key_node.tag == "tag:yaml.org,2002:merge":
                self._refuse(key_node, "a key that is no text")
            if key in made:
                self._refuse(key_node, f"{key!r} stands here a second time")
            self._found.keys[(*path, key)] = _place(key_node)
            made[key] = self.value(value_node, (*path, key))
        return made

    def _refuse(self, node: yaml.Node, problem: str) -> None:
        line, column = _place(node)
        raise UsageError(f"{self._label}, line {line}, column {column}: {problem}.")


def _place(node: yaml.Node) -> tuple[int, int]:
    return node.start_mark.line + 1, node.start_mark.column + 1
