"""The only table of operations: what a run asks for, by the names that requirements, requests and the contract use.

An operation that stands here, and in the contract, gets every requirement of `requirements/each-operation`.
"""

from __future__ import annotations

from typing import Any

import attrs

from openrouter_conformance.samples import EXAMPLES, TEXT


@attrs.frozen
class Operation:
    """One operation of the API.

    Attributes:
        slug: its name in requirement ids, kebab-case.
        operation_id: its name in the contract.
        method: the HTTP method, upper case.
        path: the path below the base URL, as in the contract.
        sample: the fields of a request that every server answers, beside `model`; None means that the first generated
            request that was answered serves as the sample.
        examples: the fields of good requests of all forms, beside `model`; without them good ones are generated.
        asks_model: whether requests name the model under test.

    """

    slug: str
    operation_id: str
    method: str
    path: str
    sample: dict[str, Any] | None = attrs.field(default=None, hash=False)
    examples: tuple[dict[str, Any], ...] = attrs.field(default=(), hash=False)
    asks_model: bool = False


CREATE_EMBEDDINGS = Operation(
    "create-embeddings",
    "createEmbeddings",
    "POST",
    "/embeddings",
    sample={"input": TEXT},
    examples=EXAMPLES,
    asks_model=True,
)
LIST_EMBEDDINGS_MODELS = Operation(
    "list-embeddings-models", "listEmbeddingsModels", "GET", "/embeddings/models", sample={}
)

OPERATIONS = (CREATE_EMBEDDINGS, LIST_EMBEDDINGS_MODELS)
