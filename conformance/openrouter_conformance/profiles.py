"""How much effort a run makes."""

from __future__ import annotations

import attrs


@attrs.frozen
class Profile:
    """The sizes of one effort.

    Attributes:
        examples: Hypothesis examples per property.
        generated: requests that schemathesis makes from the contract, about.
        values: how many bad values of each kind are tried; None for all.
        pages: most page sizes that the model list is read with.
        strength: how many factors of a context are combined in every way with each other.
        levels: how many levels of each factor are combined, the plainest and others chosen by the seed; None for all.
        contexts: most requests that the covering array may take.
        unions: most requests that hold several batches of the covering array together.
        sizes: batch sizes that are combined with the other factors.
        words: of the longest text that is combined with the other factors.
        burst: requests that are sent at the same time at the end.

    """

    name: str
    examples: int
    generated: int
    values: int | None
    pages: int
    strength: int
    levels: int | None
    contexts: int
    unions: int
    sizes: tuple[int, ...]
    words: int
    burst: int


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", 0, 4, 1, 1, 2, 4, 8, 1, (2, 9, 33), 180, 3),
        Profile(
            "default", 8, 34, None, 3, 2, None, 92, 12,
            (1, 2, 3, 5, 9, 16, 17, 25, 33, 64, 65, 100, 129, 257),
            900, 16,
        ),
        Profile(
            "deep", 40, 600, None, 8, 3, 7, 700, 60,
            (1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 32, 33, 64, 65, 96, 97, 100, 101, 128, 129, 256, 257, 512, 1000, 2048),
            4000, 32,
        ),
    )
}  # fmt: skip
