"""Sums over unknown numbers, held against each other: which of them follow from others, and with what value."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Generic, TypeVar

import attrs
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

_NEGLIGIBLE = 1e-6


@attrs.frozen
class Implied(Generic[T]):
    """What other sums imply for one: its value, and which sums those are."""

    value: float
    of: tuple[T, ...]


class LinearSystem(Generic[T]):
    """Equations `count * unknown + … = sum`, given one after another; each is told from what the earlier ones imply.

    Args:
        unknowns: all that may be summed.

    """

    def __init__(self, unknowns: Iterable[Hashable]) -> None:
        self._columns = {name: place for place, name in enumerate(dict.fromkeys(unknowns))}
        self._names: list[T] = []
        self._sums: list[float] = []
        self._orthonormal: list[NDArray[np.float64]] = []
        self._triangle: list[NDArray[np.float64]] = []

    def add(self, name: T, counts: Mapping[Any, int], total: float) -> Implied[T] | None:
        """Enter an equation; return what the earlier ones imply for its sum, None where they leave it open."""
        row = np.zeros(len(self._columns))
        for unknown, count in counts.items():
            row[self._columns[unknown]] = count
        size = float(np.linalg.norm(row))
        basis = np.array(self._orthonormal).reshape(len(self._orthonormal), len(row))
        shares = basis @ row
        rest = row - shares @ basis
        shares += (again := basis @ rest)  # once more: what rounding has left
        rest -= again @ basis
        length = float(np.linalg.norm(rest))
        if length > _NEGLIGIBLE * max(1.0, size):
            self._names.append(name)
            self._sums.append(total)
            self._orthonormal.append(rest / length)
            self._triangle.append(np.append(shares, length))
            return None
        factors = self._solved(shares)
        used = tuple(self._names[at] for at in np.flatnonzero(np.abs(factors) > _NEGLIGIBLE))
        return Implied(float(factors @ np.array(self._sums)), used)

    def _solved(self, shares: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return how often each independent equation is taken to make the row that has these shares of the basis."""
        factors = np.zeros(len(shares))
        left = shares.copy()
        for place in reversed(range(len(shares))):
            triangle = self._triangle[place]
            factors[place] = left[place] / triangle[-1]
            left[: place + 1] -= factors[place] * triangle
        return factors
