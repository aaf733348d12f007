"""The generator's own templates that ours replace: they must be the ones that ours were written against."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from spec.canonical import digest
from spec.errors import InputError
from spec.files import replace_files

TEMPLATES = Path(__file__).parents[1] / "templates"
"""The folder of our templates."""

RECORD = TEMPLATES / "stock.json"
"""The digest that each replaced stock template had when ours was written."""


def check_stock_templates() -> None:
    """Refuse when a stock template that ours replaces is not the one that ours was written against."""
    recorded = json.loads(RECORD.read_text(encoding="utf-8"))
    if recorded != (now := _digests()):
        changed = sorted(name for name in recorded | now if recorded.get(name) != now.get(name))
        raise InputError(
            f"the generator's stock template {changed[0]} is not the one that scripts/templates/{changed[0]} replaces: "
            f"compare the two, then run `python scripts/generate.py --accept-stock-templates`."
        )


def accept_stock_templates() -> None:
    """Record the stock templates of the installed generator as the ones that ours replace."""
    replace_files({RECORD: (json.dumps(_digests(), indent=2, sort_keys=True) + "\n").encode()})


def _digests() -> dict[str, str]:
    """Return the digest of each stock template of the installed generator that one of ours replaces."""
    stock = files("openapi_python_client") / "templates"
    names = sorted(path.name for path in TEMPLATES.glob("*.jinja"))
    return {name: digest((stock / name).read_bytes()) for name in names if (stock / name).is_file()}
