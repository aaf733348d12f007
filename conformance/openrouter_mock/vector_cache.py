"""A cache of encoded vectors, bounded by bytes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from .call import Embedded


class VectorCache:
    """Encoded vectors; the least recently used are evicted first.

    Bounded by bytes, which neither `functools.lru_cache` nor a count of entries could: one vector
    takes 0.5 to 80 kB. Thread-safe, because large calls are answered in threads.
    """

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Embedded, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], tuple[Embedded, int]]) -> Embedded:
        """Return the vector cached under *key*, else that of *compute*, which returns it with its size in bytes."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                return entry[0]
        entry = compute()
        with self._lock:
            self._store(key, entry)
        return entry[0]

    def _store(self, key: Hashable, entry: tuple[Embedded, int]) -> None:
        _, replaced = self._entries.pop(key, (None, 0))
        self._entries[key] = entry
        self._bytes += entry[1] - replaced
        while self._bytes > self._max_bytes:
            _, (_, size) = self._entries.popitem(last=False)
            self._bytes -= size

    @property
    def bytes(self) -> int:
        """The bytes that its entries take."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._entries)
