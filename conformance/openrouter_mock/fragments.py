"""Ready-written vectors, kept while there is room."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from .call import Embedded


class FragmentCache:
    """The vectors used last, as they are sent; the least recently used go first.

    Bounded by bytes, which neither `functools.lru_cache` nor a count of entries could: one vector
    takes 0.5 to 80 kB. Safe under threads, in which large calls are answered.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._entries: OrderedDict[Hashable, tuple[Embedded, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], tuple[Embedded, int]]) -> Embedded:
        """Return the vector kept under *key*; otherwise that of *make*, which also tells its bytes."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
                return entry[0]
        entry = make()
        with self._lock:
            self._keep(key, entry)
        return entry[0]

    def _keep(self, key: Hashable, entry: tuple[Embedded, int]) -> None:
        _, replaced = self._entries.pop(key, (None, 0))
        self._entries[key] = entry
        self._bytes += entry[1] - replaced
        while self._bytes > self._most_bytes:
            _, (_, size) = self._entries.popitem(last=False)
            self._bytes -= size

    def __len__(self) -> int:
        return len(self._entries)
