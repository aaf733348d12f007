"""Refusals of what no server may refuse: a model that it lists, a text that the model reads."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from openrouter_conformance.default_model import modalities
from openrouter_conformance.oracle import context as contexts
from openrouter_conformance.oracle.context import Argument, Batch, Context, canonical
from openrouter_conformance.oracle.contradictions import order
from openrouter_conformance.oracle.relations.findings import EMBED, LIST, Findings
from openrouter_conformance.oracle.relations.wording import shown_input
from openrouter_conformance.samples import TEXT, UNKNOWN_MODEL

if TYPE_CHECKING:
    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.oracle.minimal_pairs import Ask
    from openrouter_conformance.oracle.table import Sighting, Table

REFUSED = (400, 404, 415, 422)
"""Statuses that say of a request that the server cannot or will not do what it asks for."""

_UNLISTED_CONTEXT = 64
"""Tokens that every model reads, also one that lists no context length."""

_ADDED = 8
"""Tokens that a model may add to a text."""

_MOST_SUSPECTED = 16
"""Texts of which it is asked whether they are why requests were refused."""


def listed_models_answered(table: Table, findings: Findings, ask: Ask | None) -> None:
    """A model that is listed to read text is known: it is not refused as one that is not listed.

    There are other reasons to refuse one, such as a policy on data: with those the answer to an unknown name differs.
    """
    requirement = f"{LIST}/catalog/listed-model-embeds"
    answered = _answered(table)
    findings.compared[requirement] += sum(bool(table.listed(model)) for model in answered)
    refused = _refused(table)
    for model in dict.fromkeys(one.argument.model for one in refused):
        if model in answered or "text" not in modalities(table.listed(model), "input_modalities"):
            continue
        exchange = _plainly_refused(Argument(model, canonical(TEXT)), refused, ask)
        unknown = _plainly_refused(Argument(UNKNOWN_MODEL, canonical(TEXT)), refused, ask)
        if exchange is None or unknown is None or exchange.status != unknown.status:
            continue
        if _words_about(exchange, model) == _words_about(unknown, UNKNOWN_MODEL):
            findings.fail(requirement, exchange.outline(), f"a vector from {model}, which is listed", exchange, unknown)


def fitting_texts_answered(table: Table, findings: Findings, ask: Ask | None) -> None:
    """A text of ASCII that surely fits its model is answered, where others are."""
    requirement = f"{EMBED}/texts/fitting-texts-answered"
    read = {(argument.model, argument.input) for argument, _, _ in table.vectors}
    refused = _refused(table)
    for model, most in _answered(table).items():
        context = table.listed(model).get("context_length")
        most_bytes = (context if type(context) is int and context > 0 else _UNLISTED_CONTEXT) - _ADDED
        findings.compared[requirement] += sum(fits(text, most_bytes) for name, text in read if name == model)
        suspected: Counter[str] = Counter()
        for one in refused:
            if one.argument.model == model:
                suspected.update(set(one.context.batch.inputs or (one.argument.input,)))
        texts = [text for text in suspected if fits(text, most_bytes) and (model, text) not in read]
        texts.sort(key=lambda text: (-suspected[text], len(text), text))
        texts = texts[:_MOST_SUSPECTED]
        parts = [texts[start : start + most] for start in range(0, len(texts), most)]  # no batch is too large
        alone = (_refused_alone(model, part, refused, ask) for part in parts)
        exchange = next((one for one in alone if one is not None), None)
        if exchange is not None:
            found = shown_input(next(contexts.read(exchange.request))[0]) if exchange.request is not None else "a text"
            findings.fail(requirement, f"{exchange.outline()} for {found}", f"200: {model} reads such a text", exchange)


def _words_about(refusal: Exchange, model: str) -> str:
    """Return the words of a refusal without the name of the model."""
    try:
        found = json.loads(refusal.body)["error"]["message"]
    except (ValueError, TypeError, KeyError):
        found = refusal.body.decode("utf-8", "replace")
    return re.sub("|".join(re.escape(name) for name in (model, model.rpartition("/")[2])), "*", str(found))


def _answered(table: Table) -> dict[str, int]:
    """Return the models that gave vectors, and how many they gave at once."""
    most: dict[str, int] = {}
    for group in table.vectors.values():
        for one in group:
            most[one.argument.model] = max(most.get(one.argument.model, 1), one.context.size)
    return most


def _refused(table: Table) -> list[Sighting[int]]:
    return sorted((group[0] for group in table.statuses.values() if group[0].value in REFUSED), key=order)


def _refused_alone(
    model: str, texts: Sequence[str], refused: Sequence[Sighting[int]], ask: Ask | None
) -> Exchange | None:
    """Return the refusal of one of several texts by itself; None where they are not refused, or no single one is."""
    if len(texts) > 1 and ask is not None:
        together = Context(batch=Batch(tuple(texts)))
        if ask(contexts.write(Argument(model, texts[0]), together)).status not in REFUSED:
            return None
        half = len(texts) // 2
        return _refused_alone(model, texts[:half], refused, ask) or _refused_alone(model, texts[half:], refused, ask)
    found = (_plainly_refused(Argument(model, text), refused, ask) for text in texts)
    return next((exchange for exchange in found if exchange is not None), None)


def _plainly_refused(argument: Argument, refused: Sequence[Sighting[int]], ask: Ask | None) -> Exchange | None:
    """Return the refusal of an input alone in the plainest request, from the run or asked for; None for no refusal."""
    plain = Context()
    for one in refused:
        if one.argument == argument and one.context == plain:
            return one.exchange
    if ask is None:
        return None
    exchange = ask(contexts.write(argument, plain))
    return exchange if exchange.status in REFUSED else None


def fits(given: str, most_bytes: int) -> bool:
    """Return whether an input, as canonical JSON, is a text of ASCII with a letter or a digit that surely fits a model.

    No tokenizer makes more tokens of a text than it has bytes.
    """
    if not given.startswith('"') or len(given) > 2 * most_bytes:
        return False
    text = json.loads(given)
    return len(text) <= most_bytes and bool(_PLAIN.fullmatch(text)) and _READABLE.search(text) is not None


_PLAIN, _READABLE = re.compile(r"[ -~\t\n\r]+"), re.compile("[A-Za-z0-9]")
