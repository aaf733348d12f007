"""Trees of mappings, lists and plain values: copying them, and addressing what is in them."""

from collections.abc import Sequence
from typing import Any, TypeAlias

Place: TypeAlias = Sequence[str | int]
"""Where a node stands in a tree: the keys and indexes that lead to it from the root."""


def copy_tree(tree: Any) -> Any:
    """Return a copy in which nothing stands in two places, so that an edit of one place leaves the others alone."""
    if isinstance(tree, dict):
        return {key: copy_tree(value) for key, value in tree.items()}
    return [copy_tree(item) for item in tree] if isinstance(tree, list) else tree


def node_at(tree: Any, place: Place) -> Any:
    """Return the node at a place; raises KeyError or IndexError when there is none."""
    node = tree
    for part in place:
        node = node[part]
    return node


def escape(key: str) -> str:
    """Return a key as one token of a JSON Pointer (RFC 6901)."""
    return key.replace("~", "~0").replace("/", "~1")


def unescape(token: str) -> str:
    """Return the key that a token of a JSON Pointer stands for."""
    return token.replace("~1", "/").replace("~0", "~")
