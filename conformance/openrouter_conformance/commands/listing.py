"""`openrouter-conformance requirements`, `explain`, `target-schema`: what is required, how a target is described."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING

from openrouter_conformance.commands.output import write
from openrouter_conformance.status import ExitCode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from openrouter_conformance.requirements import Requirement


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare `requirements`, `explain` and `target-schema`."""
    listing = commands.add_parser("requirements", help="list what is required of a server")
    listing.add_argument("--format", choices=("text", "markdown", "json"), default="text")
    listing.set_defaults(command=_list_requirements)
    explain = commands.add_parser("explain", help="explain one requirement, or one fault of the mock")
    explain.add_argument("name", metavar="ID", help="the id of a requirement or the name of a fault")
    explain.set_defaults(command=_explain)
    schema = commands.add_parser("target-schema", help="print the JSON Schema of target files, for editors")
    schema.set_defaults(command=_print_schema)


def _list_requirements(options: argparse.Namespace) -> int:
    from openrouter_conformance import requirements  # noqa: PLC0415

    write(_listing(requirements.load(), options.format))
    return ExitCode.CONFORMS


def _explain(options: argparse.Namespace) -> int:
    from openrouter_conformance import explain  # noqa: PLC0415

    write(explain.explain(options.name))
    return ExitCode.CONFORMS


def _print_schema(_: argparse.Namespace) -> int:
    from openrouter_conformance.targets import target_file  # noqa: PLC0415

    write(json.dumps(target_file.schema(), indent=2))
    return ExitCode.CONFORMS


def _listing(requirements: Sequence[Requirement], form: str) -> str:
    if form == "json":
        fields = ("id", "level", "text", "source")
        return json.dumps([{name: getattr(one, name) for name in fields} for one in requirements], indent=2)
    if form == "markdown":
        rows = [f"| `{one.id}` | {one.level} | {one.text.replace('|', chr(92) + '|')} |" for one in requirements]
        return "\n".join(["| requirement | level | what a server does |", "| --- | --- | --- |", *rows])
    width = max(len(one.id) for one in requirements)
    return "\n".join(f"{one.id:{width}}  {one.level:8}  {one.text}" for one in requirements)
