"""What a server does around its model: routes, keys, the model list, errors. Servers override what is their own."""

from __future__ import annotations

import base64
import json
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from .by_contract import Refusal, bounds, check_key, parsed
from .hosts import Call, Reply

CREATED = 1_767_225_600


def listed(name: str, price: str = "0", **fields: Any) -> dict[str, Any]:
    """Return the entry of a model in the list with what the contract requires, and `fields`."""
    return {
        "id": name,
        "canonical_slug": name,
        "name": name,
        "created": CREATED,
        "context_length": None,
        "architecture": {"input_modalities": ["text"], "modality": None, "output_modalities": ["embeddings"]},
        "pricing": {"prompt": price, "completion": "0"},
        "supported_parameters": [],
        "supported_voices": None,
        "default_parameters": None,
        "per_request_limits": None,
        "top_provider": {"is_moderated": False},
        "links": {"details": f"/api/v1/models/{name}/endpoints"},
        **fields,
    }


def items(vectors: Sequence[Sequence[float]], encoding: str | None = None) -> list[dict[str, Any]]:
    """Return the items of `data`: numbers, or for `base64` the bytes of float32."""
    return [
        {
            "object": "embedding",
            "index": place,
            "embedding": packed(vector) if encoding == "base64" else list(vector),
        }
        for place, vector in enumerate(vectors)
    ]


def packed(vector: Sequence[float]) -> str:
    """Return a vector as little-endian float32 in base64."""
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def no_base64(body: dict[str, Any]) -> None:
    """Refuse `base64`."""
    if body.get("encoding_format") == "base64":
        raise Refusal(400, "encoding_format base64 is not supported: ask for float.")


def no_dimensions(body: dict[str, Any]) -> None:
    """Refuse `dimensions`."""
    if "dimensions" in body:
        raise Refusal(400, "dimensions cannot be chosen: this model has one length.")


class Gateway:
    """A server as a function of calls, by the contract; `embed` is its model."""

    base: ClassVar[str] = "/api/v1"
    keys: ClassVar[tuple[str, ...]] = ("a-known-key",)
    models: ClassVar[list[dict[str, Any]]] = []
    most_per_page: ClassVar[int] = 1000

    def __call__(self, call: Call) -> Reply:
        """Answer a call."""
        try:
            document, headers = self.route(call)
        except Refusal as refusal:
            return self.reply(call, refusal.status, self.error(refusal), refusal.headers)
        return self.reply(call, 200, document, headers)

    def route(self, call: Call) -> tuple[dict[str, Any], dict[str, str]]:
        """Return the document that answers a call, and headers."""
        routes: dict[str, tuple[str, Callable[[Call], dict[str, Any]]]] = {
            f"{self.base}/embeddings": ("POST", self.create),
            f"{self.base}/embeddings/models": ("GET", self.list_models),
        }
        if call.path not in routes:
            raise Refusal(404, "Nothing is served here.")
        method, action = routes[call.path]
        if call.method != method and not (method == "GET" and call.method == "HEAD"):
            raise Refusal(405, f"Use {method}.", {"Allow": method})
        return action(call), {}

    def create(self, call: Call) -> dict[str, Any]:
        """Answer createEmbeddings."""
        check_key(call.headers, self.keys)
        body = parsed(call.headers, call.body)
        model = next((entry for entry in self.models if entry["id"] == body["model"]), None)
        if model is None:
            raise Refusal(404, f"There is no model {body['model']!r}.")
        return self.embed(body, model)

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to a valid `body` for a listed `model`; Refusal where the model cannot give one."""
        raise NotImplementedError

    def list_models(self, call: Call) -> dict[str, Any]:
        """Answer listEmbeddingsModels."""
        chosen = bounds(call.query, self.most_per_page)
        offset, limit = chosen or (0, len(self.models))
        after = offset + limit
        return {
            "data": self.models[offset:after],
            "total_count": len(self.models),
            "links": {"next": self.next_page(call, after, limit) if after < len(self.models) else None},
        }

    def next_page(self, call: Call, offset: int, limit: int) -> str:
        """Return the address of the page from `offset` on."""
        return f"{call.path}?offset={offset}&limit={limit}"

    def error(self, refusal: Refusal) -> dict[str, Any]:
        """Return the body of an error."""
        return {"error": {"code": refusal.status, "message": refusal.words}}

    def reply(self, call: Call, status: int, document: dict[str, Any], headers: dict[str, str]) -> Reply:
        """Return `document` as it goes over the wire."""
        return Reply(status, self.write(document), {"Content-Type": "application/json", **headers})

    def write(self, document: dict[str, Any]) -> bytes:
        """Return `document` as JSON."""
        return json.dumps(document, separators=(",", ":")).encode()

    def answer(
        self, body: dict[str, Any], vectors: Sequence[Sequence[float]], tokens: int, **more: Any
    ) -> dict[str, Any]:
        """Return the body of a success."""
        return {
            "object": "list",
            "data": items(vectors, body.get("encoding_format")),
            "model": body["model"],
            "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            **more,
        }


def generation_id(letters: str) -> str:
    """Return an identifier of a generation that ends in 20 of `letters`."""
    return f"gen-emb-{int(time.time())}-{letters[:20]}"
