"""The answering: one method per stage, each of which a fault may stand in for.

`embeddings` and `models` walk the stages in order. Nothing here knows of faults: `Service` with a fault
is the same object with one of its methods replaced (see `faults.plug`).
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

from . import catalogue, inputs, lenient_json, pages, routing, scenarios, tokens, validation, vectors
from .call import Answer, Call, Embedded, Input, Refusal, unauthorized
from .fragments import FragmentCache

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from .settings import MockSettings

CACHE_BYTES = 64 * 2**20
"""Room for ready-written vectors: about 3,000 of 1536 floats."""

_CORS = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "X-Generation-Id,X-Provider-Name,cf-ray",
}
_KEY_PREFIX = "sk-or-"
_KEEP_ALIVE = b"\n         \n"
_LETTERS = bytes(ord((string.digits + string.ascii_letters)[byte % 62]) for byte in range(256))


@functools.lru_cache(maxsize=1024)
def _cost(price: Decimal, tokens: int) -> float:
    return float(price * tokens)


class Service:
    """Answers calls as OpenRouter's gateway does, deterministically but for the time in ids."""

    def __init__(self, settings: MockSettings) -> None:
        self.settings = settings
        self.cache: FragmentCache | None = FragmentCache(CACHE_BYTES)
        self.scenarios = scenarios.Scenarios(scenarios.standing(settings.faults))

    def answer(self, call: Call) -> Answer:
        """Return the answer to *call*, a refusal included."""
        try:
            return self.embeddings(call) if call.method == "POST" else self.models(call)
        except Refusal as refusal:
            return self.refuse(call, refusal)

    # The stages of `POST /embeddings`, in order.

    def embeddings(self, call: Call) -> Answer:
        """Answer `POST /embeddings`; raise `Refusal` for every failure."""
        self.authenticate(call)
        call.leading_whitespace = self.settings.leading_whitespace
        call.fields = self.parse(call)
        if problems := self.problems(call):
            raise Refusal(400, "; ".join(map(str, problems[:5])))
        if (played := self.play(call)) is not None:
            return played
        self.route(call)
        call.inputs = self.inputs(call)
        call.embedded = [self.embed(call, each) for each in call.inputs]
        call.generation = self.generation(call)
        content = self.write(call, self.body(call))
        return Answer(200, self.headers(call), content)

    def authenticate(self, call: Call) -> None:
        """Let the bearer key in, or raise a 401 `Refusal`."""
        scheme, _, key = call.headers.get("authorization", "").strip().partition(" ")
        key = key.strip()
        if scheme.lower() != "bearer" or not key:
            raise unauthorized("no bearer key; expected the header Authorization: Bearer <key>")
        known = key in self.settings.keys if self.settings.keys else key.startswith(_KEY_PREFIX)
        if not known:
            raise unauthorized("the key is unknown")
        call.key = key

    def parse(self, call: Call) -> Any:
        """Return the JSON value in the body.

        A body without a content type is read as JSON; one with another content type is refused (415).
        """
        given = call.headers.get("content-type", "")
        media_type = given.partition(";")[0].strip().lower()
        if media_type and media_type != "application/json" and not media_type.endswith("+json"):
            raise Refusal(415, f"Content-Type: {given[:100]!r} is not supported; send application/json")
        if call.headers.get("content-encoding", "identity").lower() not in {"", "identity"}:
            raise Refusal(415, "Content-Encoding: compressed bodies are not supported; send the JSON as it is")
        if not call.body.strip():
            raise Refusal(400, "body: empty; expected a JSON object")
        try:
            return orjson.loads(call.body)
        except orjson.JSONDecodeError as error:
            with contextlib.suppress(ValueError, RecursionError):
                return lenient_json.read(call.body)
            raise Refusal(400, f"body: not valid JSON: {error}") from None

    def problems(self, call: Call) -> list[validation.Problem]:
        """Return in what the body breaks the contract."""
        return validation.problems(call.fields)

    def play(self, call: Call) -> Answer | None:
        """Return the failure that a scenario plays; None when the call is answered, perhaps late."""
        scenario = self.scenarios.choose(call)
        if scenario is None:
            return None
        call.delay += scenario.delay
        if scenario.error is None and scenario.content is None:
            call.leading_whitespace = call.leading_whitespace or scenario.leading_whitespace
            return None
        failure = scenarios.answer(scenario)
        prefix = _KEEP_ALIVE if scenario.leading_whitespace else b""
        headers = {"Content-Type": "application/json", **_CORS, **failure.headers}
        return Answer(failure.status, headers, prefix + failure.content)

    def route(self, call: Call) -> None:
        """Find the model and an endpoint; raise a `Refusal` of 404 for none, 400 for a wrong length."""
        call.model = routing.choose_model(call.fields["model"])
        dimensions = call.fields.get("dimensions")
        routing.check_length(call.model, None if dimensions is None else int(dimensions))
        call.endpoint = routing.choose_endpoint(call.model, call.fields.get("provider"))

    def inputs(self, call: Call) -> list[Input]:
        """Return what is to be embedded."""
        return inputs.read(call.fields["input"], call.chosen_model)

    def embed(self, call: Call, given: Input) -> Embedded:
        """Return the vector of one input as it is sent, from the cache when it was sent before."""
        if self.cache is None:
            return self._embed(call, given)[0]
        key = (call.chosen_model.canonical_slug, call.length, call.encoding, given.source)
        return self.cache.get(key, lambda: self._embed(call, given))

    def _embed(self, call: Call, given: Input) -> tuple[Embedded, int]:
        self.check_context(call, given)
        counts: dict[str, int] = {}
        for kind, some in given.tokens_by_kind:
            counts[kind] = counts.get(kind, 0) + len(some)
        total = sum(counts.values())
        written = self.encode(call, self.vector(call, given))
        return Embedded(orjson.Fragment(written), counts), len(written) + 8 * total + given.size + 500

    def check_context(self, call: Call, given: Input) -> None:
        """Raise a 400 `Refusal` when an input is longer than the model reads."""
        most, name = call.chosen_model.context_length, call.chosen_model.id
        length = sum(map(len, given.texts))
        if length > most * tokens.LONGEST_PIECE:  # so many that counting their tokens would take seconds
            raise Refusal(400, f"{given.where}: {length} characters make more than the {most} tokens that {name} reads")
        count = sum(len(some) for _, some in given.tokens_by_kind)
        if count > most:
            raise Refusal(400, f"{given.where}: {count} tokens are more than the {most} that {name} reads")

    def vector(self, call: Call, given: Input) -> NDArray[np.float32]:
        """Return the vector of an input, of unit length."""
        model = call.chosen_model
        space = f"{self.settings.seed} {model.canonical_slug}"
        return vectors.shorten(vectors.direction(given.tokens, space=space, longest=model.longest), call.length)

    def encode(self, call: Call, vector: NDArray[np.float32]) -> bytes:
        """Return *vector* in JSON: numbers, or a string of the little-endian float32 bytes in base64."""
        if call.encoding == "base64":
            return b'"' + base64.b64encode(vector.astype("<f4").tobytes()) + b'"'
        return orjson.dumps(vector, option=orjson.OPT_SERIALIZE_NUMPY)

    def generation(self, call: Call) -> str:
        """Return an identifier for the answer."""
        digest = hashlib.blake2b(f"{self.settings.seed} {call.number}".encode(), digest_size=20).digest()
        return f"gen-emb-{int(time.time())}-{digest.translate(_LETTERS).decode()}"

    def body(self, call: Call) -> dict[str, Any]:
        """Return the answer, its fields in the live API's order."""
        return {
            "object": "list",
            "data": self.items(call),
            "model": call.chosen_model.upstream_name,
            "usage": self.usage(call),
            "provider": call.chosen_endpoint.provider,
            "id": call.generation,
        }

    def items(self, call: Call) -> list[dict[str, Any]]:
        """Return the embedding objects, one per input and in the order of the inputs."""
        return [
            {"object": "embedding", "embedding": each.embedding, "index": index}
            for index, each in enumerate(call.embedded)
        ]

    def usage(self, call: Call) -> dict[str, Any]:
        """Return what the call consumed: tokens, and US dollars at the endpoint's price."""
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
        """Return US dollars per token of a *kind* of part: the listed price of the medium, else that of the prompt."""
        return call.chosen_model.media_prices.get(kind, call.chosen_endpoint.prompt_price)

    def headers(self, call: Call) -> dict[str, str]:
        """Return the headers of a success."""
        return {
            "Content-Type": "application/json",
            "X-Generation-Id": call.generation,
            "CF-Ray": f"{call.number:016x}-MOCK",
            "X-Provider-Name": call.chosen_endpoint.provider,
            **_CORS,
        }

    def write(self, call: Call, document: Any) -> bytes:
        """Return the body of a success in JSON."""
        written = orjson.dumps(document)
        return _KEEP_ALIVE + written if call.leading_whitespace else written

    # The stages of `GET /embeddings/models`.

    def models(self, call: Call) -> Answer:
        """Answer `GET /embeddings/models`; raise `Refusal` for a bad `offset` or `limit`."""
        asked = self.window(call)
        if (played := self.play(call)) is not None:
            return played
        content = self.write(call, self.page(call, asked))
        return Answer(200, {"Content-Type": "application/json", **_CORS}, content)

    def catalogue(self, call: Call) -> list[dict[str, Any]]:  # noqa: ARG002 - faults look at the call
        """Return all models, newest first."""
        listed = [model.listed for model in catalogue.models()]
        return listed + scenarios.listed_models() if self.settings.lists_scenarios else listed

    def page(self, call: Call, asked: pages.Window) -> dict[str, Any]:
        """Return the page that is *asked* for."""
        return pages.cut(self.catalogue(call), asked, path=call.path)

    def window(self, call: Call) -> pages.Window:
        """Return which part of the list is asked for, or raise a 400 `Refusal`."""
        return pages.read_window(call.query)

    # Refusals of either.

    def refuse(self, call: Call, refusal: Refusal) -> Answer:
        """Return the answer that *refusal* stands for."""
        headers = {"Content-Type": "application/json", **_CORS, **refusal.headers}
        return Answer(refusal.status, headers, orjson.dumps(self.error(call, refusal)))

    def error(self, call: Call, refusal: Refusal) -> dict[str, Any]:
        """Return the error body of *refusal*; it names the account once the key was let in."""
        error: dict[str, Any] = {"message": refusal.message, "code": refusal.status}
        if refusal.metadata is not None:
            error["metadata"] = refusal.metadata
        return {"error": error} if call.key is None else {"error": error, "user_id": "user_mock"}
