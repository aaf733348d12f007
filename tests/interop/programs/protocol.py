"""How a program for one client talks with the driver; needs the standard library only.

On standard input stands one JSON object: the address, and the calls to make. For each call the program prints one line of
JSON: `{"check", "vectors"}`, `{"check", "models"}` or `{"check", "error": {"types", "status", "message"}}`. `types` are the
public classes that the exception is an instance of, the nearest first. The program judges nothing.
"""

import contextlib
import json
import sys
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One call to make."""

    url: str
    """The address, the part before `/embeddings`."""
    key: str
    model: str
    texts: list[str]
    """What to embed; a single text is to be sent the way the client sends one text."""
    tokens: dict[str, list[int]]
    """The token ids of each text, for a client that tokenises by itself."""


Embed = Callable[[Call], Sequence[Sequence[float]]]
ListModels = Callable[[Call, int], list[str]]


def answer(embed: Embed, list_models: ListModels | None = None) -> None:
    """Make every call of the plan with *embed*, or with *list_models*, which takes the length of a page."""
    plan = json.load(sys.stdin)
    for each in plan["calls"]:
        call = Call(plan["url"], each["key"], each["model"], each["texts"], plan["tokens"])
        with contextlib.redirect_stdout(sys.stderr):  # what a library prints is no outcome
            outcome = _attempt(call, each["page"], embed, list_models)
        sys.stdout.write(json.dumps({"check": each["check"], **outcome}) + "\n")
        sys.stdout.flush()


def _attempt(call: Call, page: int | None, embed: Embed, list_models: ListModels | None) -> dict[str, Any]:
    try:
        if page is not None and list_models is not None:
            return {"models": list_models(call, page)}
        return {"vectors": [[float(number) for number in vector] for vector in embed(call)]}
    except Exception as error:  # noqa: BLE001 - whatever the client raises is the outcome
        return {
            "error": {
                "types": [
                    f"{kind.__module__.partition('.')[0]}.{kind.__qualname__}"
                    for kind in type(error).__mro__
                    if issubclass(kind, Exception) and not kind.__name__.startswith("_")
                ],
                "status": getattr(error, "status_code", None),
                "message": str(error)[:500],
            }
        }
