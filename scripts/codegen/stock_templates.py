"""The generator's own templates that ours replace: they must be the ones that ours were written against."""

from __future__ import annotations

import difflib
from importlib.resources import files
from pathlib import Path

from spec.errors import InputError
from spec.files import replace_files

TEMPLATES = Path(__file__).parents[1] / "templates"
"""The folder of our templates."""

ACCEPTED = TEMPLATES / "stock"
"""The stock templates that ours were written against, as they were."""


INSTALLED = files("openapi_python_client") / "templates"
"""The stock templates of the installed generator."""


class ChangedTemplatesError(InputError):
    """Stock templates that ours replace have changed; `difference` is a unified diff of them."""

    def __init__(self, sentence: str, difference: str) -> None:
        """Keep what changed beside the sentence, which is one line."""
        super().__init__(sentence)
        self.difference = difference


def check_stock_templates() -> None:
    """Refuse when a stock template that ours replaces is not the one that ours was written against."""
    accepted, installed = _accepted(), _installed()
    changed = sorted(name for name in accepted | installed if accepted.get(name) != installed.get(name))
    if changed:
        names = " and ".join(changed)
        raise ChangedTemplatesError(
            f"stock templates of the generator that ours replace have changed, {names}: take over into "
            "scripts/templates what the difference above calls for, then run "
            "`python scripts/generate.py --accept-stock-templates`.",
            "".join(_difference(name, accepted.get(name), installed.get(name)) for name in changed),
        )


def accept_stock_templates() -> None:
    """Keep the stock templates of the installed generator as the ones that ours were written against."""
    installed = _installed()
    for name in _accepted().keys() - installed.keys():
        (ACCEPTED / name).unlink()
    replace_files({ACCEPTED / name: text.encode() for name, text in installed.items()})


def _difference(name: str, before: str | None, after: str | None) -> str:
    """Return how a stock template changed as a unified diff; None stands for a template that is not there."""
    was, now = ("/dev/null" if text is None else f"{side}/{name}" for side, text in (("was", before), ("is", after)))
    old, new = ((text or "").splitlines(keepends=True) for text in (before, after))
    lines = difflib.unified_diff(old, new, was, now)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def _accepted() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in ACCEPTED.glob("*.jinja")}


def _installed() -> dict[str, str]:
    """Return the text of each stock template of the installed generator that one of ours replaces, by name."""
    names = sorted(path.name for path in TEMPLATES.glob("*.jinja"))
    return {name: (INSTALLED / name).read_text(encoding="utf-8") for name in names if (INSTALLED / name).is_file()}
