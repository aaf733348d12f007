"""The API itself: one method per stage of answering a call, each of which a fault can replace.

`embeddings` and `models` run the stages in order. Nothing here knows of faults: a `Service` with a fault
is the same object with one of its methods replaced (see `Fault.install`).
"""

from __future__ import annotations

import base64
import contextlib
import functools
import hashlib
import string
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import orjson

from . import catalog, inputs, lenient_json, pagination, routing, scenarios, tokens, validation, vectors
from .call import Call, Embedded, HTTPError, Input, Response, unauthorized
from .vector_cache import VectorCache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .settings import MockSettings

CACHE_BYTES = 64 * 2**20
"""Maximum size of the cache of encoded vectors: about 3,000 of 1536 floats."""
ENTRY_BYTES = 1000
"""What an entry of the cache takes beside its vector and its input: their objects, the key, the counts, the order."""

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Generation-Id,X-Provider-Name,cf-ray",
}
_KEY_PREFIX = "sk-or-"
_LEADING_WHITESPACE = b"\n         \n"
_ID_ALPHABET = bytes(ord((string.digits + string.ascii_letters)[byte % 62]) for byte in range(256))


@functools.lru_cache(maxsize=1024)
def _cost(price: Decimal, tokens: int) -> float:
    return float(price * tokens)


class Service:
    """Answers calls as OpenRouter's gateway does, deterministically except for the time in ids."""

    def __init__(self, settings: MockSettings) -> None:
        self.settings = settings
        self.cache: VectorCache | None = VectorCache(CACHE_BYTES)
        """None when a fault changes vectors from call to call."""
        self.scenarios = scenarios.Scenarios(scenarios.default_scenario(settings.faults))

    def respond(self, call: Call) -> Response:
        """Return the response to *call*, which may be an error response."""
        try:
            return self.embeddings(call) if call.method == "POST" else self.models(call)
        except HTTPError as error:
            return self.error_response(call, error)

    # The stages of `POST /embeddings`, in order.

    def embeddings(self, call: Call) -> Response:
        """Return the response to `POST /embeddings`; raise `HTTPError` for every failure but those of scenarios."""
        self.authenticate(call)
        call.leading_whitespace = self.settings.leading_whitespace
        call.fields = self.parse(call)
        if errors := self.validation_errors(call):
            raise HTTPError(400, "; ".join(map(str, errors[:5])))
        if (failure := self.apply_scenario(call)) is not None:
            return failure
        self.route(call)
        call.inputs = self.inputs(call)
        call.embedded = [self.embed(call, each) for each in call.inputs]
        call.generation_id = self.generation_id(call)
        content = self.serialize(call, scenarios.changed(call.scenario, self.body(call)))
        return Response(200, self.headers(call), content)

    def authenticate(self, call: Call) -> None:
        """Set `call.key` to the bearer key; raise `HTTPError` 401 when it is missing or unknown."""
        scheme, _, key = call.headers.get("authorization", "").strip().partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise unauthorized("no bearer key; expected the header Authorization: Bearer <key>")
        known = key in self.settings.keys if self.settings.keys else key.startswith(_KEY_PREFIX)
        if not known:
            raise unauthorized("the key is unknown")
        call.key = key

    def parse(self, call: Call) -> Any:
        """Return the JSON value in the body; a body without a content type is parsed as JSON.

        Raises:
            HTTPError: 415 for another content type or encoding; 400 for an empty body or malformed JSON.

        """
        given = call.headers.get("content-type", "")
        media_type = given.partition(";")[0].strip().lower()
        if media_type and media_type != "application/json" and not media_type.endswith("+json"):
            raise HTTPError(415, f"Content-Type: {given[:100]!r} is not supported; send application/json")
        if call.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
            raise HTTPError(415, "Content-Encoding: compressed bodies are not supported; send the JSON as it is")
        if not call.body.strip():
            raise HTTPError(400, "body: empty; expected a JSON object")
        try:
            return orjson.loads(call.body)
        except orjson.JSONDecodeError as error:
            with contextlib.suppress(ValueError, RecursionError):
                return lenient_json.parse(call.body)
            raise HTTPError(400, f"body: not valid JSON: {error}") from None

    def validation_errors(self, call: Call) -> list[validation.ValidationError]:
        """Return where the body violates the contract; none for a valid one."""
        return validation.validation_errors(call.fields)

    def apply_scenario(self, call: Call) -> Response | None:
        """Return the failure of the call's scenario; None when the call goes on, perhaps with a delay."""
        scenario = self.scenarios.select(call)
        if scenario is None:
            return None
        call.scenario, call.transmission = scenario.name, scenario.transmission
        call.delay += scenario.delay
        if scenario.error is None and scenario.content is None:
            call.leading_whitespace = call.leading_whitespace or scenario.leading_whitespace
            return None
        failure = scenarios.error_response(scenario)
        prefix = _LEADING_WHITESPACE if scenario.leading_whitespace else b""
        headers = {"Content-Type": "application/json", **_CORS, **failure.headers}
        return Response(failure.status, headers, prefix + failure.content)

    def route(self, call: Call) -> None:
        """Set `call.model` and `call.endpoint`.

        Raises:
            HTTPError: 404 when there is no such model or no endpoint fits; 400 for `dimensions` that it does not have.

        """
        call.model = routing.choose_model(call.fields["model"])
        dimensions = call.fields.get("dimensions")
        routing.check_dimensions(call.model, None if dimensions is None else int(dimensions))
        call.endpoint = routing.choose_endpoint(call.model, call.fields.get("provider"))

    def inputs(self, call: Call) -> list[Input]:
        """Return the inputs to embed; raise `HTTPError` 400 when the model does not accept them."""
        return inputs.parse(call.fields["input"], call.chosen_model)

    def embed(self, call: Call, given: Input) -> Embedded:
        """Return the encoded vector of one input, from the cache if it is there."""
        if self.cache is None:
            return self._embed(call, given)[0]
        key = (call.chosen_model.canonical_slug, call.dimensions, call.encoding, given.source)
        return self.cache.get(key, lambda: self._embed(call, given))

    def _embed(self, call: Call, given: Input) -> tuple[Embedded, int]:
        """Return the encoded vector of one input, and the bytes that it takes in the cache with its key."""
        self.check_context(call, given)
        counts: dict[str, int] = {}
        for kind, tokens_of_part in given.tokens_by_kind:
            counts[kind] = counts.get(kind, 0) + len(tokens_of_part)
        # A copy, because orjson returns bytes in a larger allocation.
        encoded = bytes(memoryview(self.encode(call, self.vector(call, given))))
        return Embedded(orjson.Fragment(encoded), counts), len(encoded) + given.size + ENTRY_BYTES

    def check_context(self, call: Call, given: Input) -> None:
        """Raise `HTTPError` 400 when an input exceeds the context of the model."""
        most, name = call.chosen_model.context_length, call.chosen_model.id
        length = sum(map(len, given.texts))
        if length > most * tokens.LONGEST_PIECE:  # counting the tokens of so many characters would take seconds
            raise HTTPError(
                400, f"{given.path}: {length} characters make more than the {most} tokens that {name} reads"
            )
        count = sum(len(tokens_of_part) for _, tokens_of_part in given.tokens_by_kind)
        if count > most:
            raise HTTPError(400, f"{given.path}: {count} tokens are more than the {most} that {name} reads")

    def vector(self, call: Call, given: Input) -> NDArray[np.float32]:
        """Return the vector of an input: `call.dimensions` numbers of L2 norm 1."""
        model = call.chosen_model
        space = f"{self.settings.seed} {model.canonical_slug}"
        direction = vectors.direction(given.tokens, space=space, max_dimensions=model.max_dimensions)
        return vectors.shorten(direction, call.dimensions)

    def encode(self, call: Call, vector: NDArray[np.float32]) -> bytes:
        """Return *vector* as JSON: a list of numbers, or a string of its little-endian float32 bytes in base64."""
        if call.encoding == "base64":
            return b'"' + base64.b64encode(vector.astype("<f4").tobytes()) + b'"'
        return orjson.dumps(vector, option=orjson.OPT_SERIALIZE_NUMPY)

    def generation_id(self, call: Call) -> str:
        """Return an identifier for the response."""
        digest = hashlib.blake2b(f"{self.settings.seed} {call.number}".encode(), digest_size=20).digest()
        return f"gen-emb-{int(time.time())}-{digest.translate(_ID_ALPHABET).decode()}"

    def body(self, call: Call) -> dict[str, Any]:
        """Return the body of a success, its fields in the live API's order."""
        return {
            "object": "list",
            "data": self.items(call),
            "model": call.chosen_model.upstream_name,
            "usage": self.usage(call),
            "provider": call.chosen_endpoint.provider,
            "id": call.generation_id,
        }

    def items(self, call: Call) -> list[dict[str, Any]]:
        """Return the embedding objects, one per input, in the order of the inputs."""
        return [
            {"object": "embedding", "embedding": each.embedding, "index": index}
            for index, each in enumerate(call.embedded)
        ]

    def usage(self, call: Call) -> dict[str, Any]:
        """Return the usage: token counts, and the cost in US dollars at the endpoint's price."""
        by_kind: dict[str, int] = {}
        for each in call.embedded:
            for kind, count in each.tokens.items():
                by_kind[kind] = by_kind.get(kind, 0) + count
        total = sum(by_kind.values())
        usage: dict[str, Any] = {"prompt_tokens": total, "total_tokens": total}
        if not by_kind.keys() - {"text"}:
            cost = _cost(call.chosen_endpoint.prompt_price, total)
        else:
            cost = float(sum(count * self._price(call, kind) for kind, count in by_kind.items()))
            usage["prompt_tokens_details"] = {f"{kind}_tokens": count for kind, count in sorted(by_kind.items())}
        details = {
            "upstream_inference_cost": cost,
            "upstream_inference_prompt_cost": cost,
            "upstream_inference_completions_cost": 0,
        }
        return usage | {"cost": cost, "is_byok": False, "cost_details": details}

    def _price(self, call: Call, kind: str) -> Decimal:
        """Return the price of a token in US dollars: of the medium *kind* if it is listed, else of the prompt."""
        return call.chosen_model.media_prices.get(kind, call.chosen_endpoint.prompt_price)

    def headers(self, call: Call) -> dict[str, str]:
        """Return the headers of a success."""
        return {
            "Content-Type": "application/json",
            "X-Generation-Id": call.generation_id,
            "CF-Ray": f"{call.number:016x}-MOCK",
            "X-Provider-Name": call.chosen_endpoint.provider,
            **_CORS,
        }

    def serialize(self, call: Call, document: Any) -> bytes:
        """Return the body of a success as JSON."""
        content = orjson.dumps(document)
        return _LEADING_WHITESPACE + content if call.leading_whitespace else content

    # The stages of `GET /embeddings/models`.

    def models(self, call: Call) -> Response:
        """Return the response to `GET /embeddings/models`; raise `HTTPError` 400 for an invalid `offset` or `limit`."""
        window = self.window(call)
        if (failure := self.apply_scenario(call)) is not None:
            return failure
        content = self.serialize(call, scenarios.changed(call.scenario, self.page(call, window)))
        return Response(200, {"Content-Type": "application/json", **_CORS}, content)

    def catalog(self, call: Call) -> list[dict[str, Any]]:  # noqa: ARG002 - faults look at the call
        """Return all models, newest first."""
        listed = [model.listed for model in catalog.models()]
        return listed + scenarios.listed_models() if self.settings.list_scenarios else listed

    def page(self, call: Call, window: pagination.Window) -> dict[str, Any]:
        """Return the page of the list in *window*."""
        return pagination.paginate(self.catalog(call), window, path=call.path)

    def window(self, call: Call) -> pagination.Window:
        """Return the requested part of the list, or raise `HTTPError` 400."""
        return pagination.parse_window(call.query)

    # Errors of either operation.

    def error_response(self, call: Call, error: HTTPError) -> Response:
        """Return the response for *error*."""
        headers = {"Content-Type": "application/json", **_CORS, **error.headers}
        return Response(error.status, headers, orjson.dumps(self.error_body(call, error)))

    def error_body(self, call: Call, error: HTTPError) -> dict[str, Any]:
        """Return the error body for *error*; it has a `user_id` once the key has been accepted."""
        detail: dict[str, Any] = {"message": error.message, "code": error.status}
        if error.metadata is not None:
            detail["metadata"] = error.metadata
        return {"error": detail} if call.key is None else {"error": detail, "user_id": "user_mock"}
