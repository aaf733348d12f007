"""How much effort a run makes."""

from __future__ import annotations

import attrs


@attrs.frozen
class Profile:
    """The sizes of one effort.

    `examples`: Hypothesis examples per relation; `generated`: requests of the schema-driven half, about;
    `batch`: most texts in one generated batch; `pages`: most page sizes that the model list is read with.
    """

    name: str
    examples: int
    generated: int
    batch: int
    pages: int


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", examples=4, generated=80, batch=5, pages=3),
        Profile("default", examples=12, generated=300, batch=8, pages=5),
        Profile("deep", examples=60, generated=1200, batch=24, pages=12),
    )
}
