"""A model that reads texts normalized, in pieces of fixed size, and counts them padded to full pieces."""

from __future__ import annotations

import base64
import contextlib
import unicodedata
from typing import Any, ClassVar

import numpy as np

from . import hosts
from .by_contract import Refusal, check_key, providers, token_lists
from .by_contract import texts as texts_of
from .gateway import Gateway, listed, no_dimensions
from .hosts import Call, Reply

SPECIAL = "texts read as NFKC, folded and trimmed; tokens padded to eights; answers in UTF-8 with spaces; 96 numbers"
KEY = "padded-key"
BASE = ""
_LENGTH, _PIECE = 96, 8


def _pieces(text: str) -> list[str]:
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split()) or "[blank]"
    return [plain[start : start + 4] for start in range(0, len(plain), 4)]


def _vector(pieces: list[str]) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Return a recurrent sum: each piece turns what came before it, so that near-copies lie anywhere."""
    state = np.zeros(_LENGTH)
    for piece in pieces:
        source = np.random.default_rng(list(piece.encode()))
        state = 0.98 * np.roll(state, 1) + source.standard_normal(_LENGTH)
    found: np.ndarray[Any, np.dtype[np.float32]] = (state / np.linalg.norm(state)).astype(np.float32)
    return found


class Server(Gateway):
    """A server at the root of its host; `links.next` is an absolute address of the host that was asked for."""

    base = ""
    keys = (KEY,)
    models: ClassVar = [listed(f"padded/pieces-{name}", "0.00000001", context_length=40_000) for name in "abc"]

    def create(self, call: Call) -> dict[str, Any]:
        """Refuse callers that are not known before all else."""
        check_key(call.headers, self.keys)
        return super().create(call)

    def embed(self, body: dict[str, Any], model: dict[str, Any]) -> dict[str, Any]:
        """Embed texts or token ids; base64 of what floats are rounded from."""
        no_dimensions(body)
        provider = providers(body.get("provider"), ("Padded", "Spare"), model["pricing"]["prompt"])[0]
        tokens = token_lists(body)
        pieces = [list(map(str, one)) for one in tokens] if tokens else [_pieces(text) for text in texts_of(body)]
        counts = [-(-len(one) // _PIECE) * _PIECE for one in pieces]
        if max(counts) > model["context_length"]:
            raise Refusal(400, "input is longer than the model reads.")
        found = [_vector([model["id"], *one]) for one in pieces]
        answer = self.answer(body, [], sum(counts), provider=provider)
        answer["data"] = [
            {"index": place, "object": "embedding", "embedding": self._written(vector, body)}
            for place, vector in enumerate(found)
        ]
        return answer

    def _written(self, vector: np.ndarray[Any, np.dtype[np.float32]], body: dict[str, Any]) -> Any:
        if body.get("encoding_format") == "base64":
            return base64.b64encode(vector.tobytes()).decode()
        return [round(float(number), 5) for number in vector]

    def next_page(self, call: Call, offset: int, limit: int) -> str:
        """Return an address on the host that the caller named."""
        return f"http://{call.headers['host']}{call.path}?limit={limit}&offset={offset}"

    def reply(self, call: Call, status: int, document: dict[str, Any], headers: dict[str, str]) -> Reply:
        """Keep caches away."""
        return super().reply(call, status, document, {"Cache-Control": "no-store", "X-Padding": str(_PIECE), **headers})


def serve() -> contextlib.AbstractContextManager[str]:
    """Serve on a free port; yield the root URL."""
    return hosts.uvicorn_server(hosts.as_asgi(Server()))
