"""What a client really sent: the mock's embeddings stage, watched from within this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from openrouter_mock.call import Call, HTTPError, Response

if TYPE_CHECKING:
    from openrouter_mock.service import Service


@attrs.frozen
class Request:
    """One request for embeddings, and the status it was answered with."""

    key: str
    """The bearer key; each check has its own, so that requests can be told apart."""
    status: int
    encoding: str
    """`encoding_format` as sent; `none` when it was left out."""
    input: str
    """`texts`, `token ids`, or `other`."""


class Recording:
    """The requests that a mock was sent."""

    def __init__(self, service: Service) -> None:
        """Watch *service* from now on."""
        self._requests: list[Request] = []
        answering = service.embeddings

        def embeddings(call: Call) -> Response:
            try:
                response = answering(call)
            except HTTPError as error:
                self._note(call, error.status)
                raise
            self._note(call, response.status)
            return response

        service.embeddings = embeddings  # type: ignore[method-assign]

    def of(self, key: str) -> list[Request]:
        """Return the requests that came with *key*, in their order."""
        return [request for request in self._requests if request.key == key]

    def _note(self, call: Call, status: int) -> None:
        key = call.headers.get("authorization", "").partition(" ")[2].strip()
        encoding = str(call.fields.get("encoding_format") or "none")
        self._requests.append(Request(key, status, encoding, _form(call.fields.get("input"))))


def _form(given: Any) -> str:
    """Return the form of `input` without regard to whether it is one or a list of them."""
    first = given
    while isinstance(first, list) and first:
        first = first[0]
    if isinstance(first, str):
        return "texts"
    return "token ids" if isinstance(first, int | float) else "other"
