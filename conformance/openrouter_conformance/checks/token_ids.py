"""Token ids as input: held against each other over the whole run (see `oracle.relations`), where they are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance.checks.registry import check
from openrouter_conformance.errors import CheckFailure
from openrouter_conformance.features import token_refusal

if TYPE_CHECKING:
    from openrouter_conformance.session import Session


@check("create-embeddings/token-ids/batches-keep-order")
@check("create-embeddings/token-ids/one-list-is-one-input")
@check("create-embeddings/token-ids/whole-floats-are-integers")
def token_ids_taken(session: Session) -> None:
    """A list of token ids, a list of one list, and ids with a decimal point."""
    session.require("token-ids", token_refusal)
    for ids in ([9906.0, 1917.0], [[9906.0, 1917.0]]):
        floats = session.ask(ids)
        if floats.status != 200 and floats.status is not None:
            raise CheckFailure(floats.outline(), "200 for token ids with a decimal point", floats)
