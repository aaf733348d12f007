"""Token ids as input: held against each other over the whole run (see `oracle.relations`), where they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.features import token_refusal
from openrouter_conformance.samples import TOKENS

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

_TOO_HIGH = (2**31, 2**32, 2**53)
"""Token ids beyond every vocabulary, where number formats end."""


@check("create-embeddings/token-ids/batches-keep-order")
@check("create-embeddings/token-ids/one-list-is-one-input")
@check("create-embeddings/token-ids/whole-floats-are-integers")
def token_ids_taken(session: Session) -> None:
    """Token ids in a list and in a list of one list, with a decimal point; an id that no model has."""
    session.require("token-ids", token_refusal)
    for ids in session.choose(([9906.0, 1917.0], [[9906.0, 1917.0]]), "token ids with a decimal point"):
        floats = session.ask(ids)
        if floats.status != 200 and floats.status is not None:
            raise CheckFailure(floats.outline(), "200 for token ids with a decimal point", floats)
    if session.profile.values is None:
        session.ask([*TOKENS, session.one_of(_TOO_HIGH, "high token ids")])  # may be refused, but must not crash
