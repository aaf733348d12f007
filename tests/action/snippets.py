"""The code blocks of `docs/ci.md`."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "ci.md"
COMMIT = "0" * 40
"""Stands for the commit that a reader fills in."""


def blocks(language: str) -> list[str]:
    """Return the code blocks of a language, in order."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), flags=re.DOTALL)


def workflows() -> list[str]:
    """Return the GitHub workflows, with a commit filled in."""
    return [text.replace("@COMMIT", f"@{COMMIT}") for text in blocks("yaml") if "\njobs:" in text]
