"""The three ways a call can fail, under one base.

    OpenRouterError
    ├── TransportError   no response arrived: connection refused, timeout, damaged stream
    ├── ApiError         the server returned an error, also one sent with status 200
    └── ContractError    the server reported success, and the body is not what the contract says

Wrong arguments are none of these: they raise `TypeError` or `ValueError` before anything is sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

KINDS: Mapping[int, str] = {
    400: "BadRequest",
    401: "Unauthorized",
    402: "PaymentRequired",
    403: "Forbidden",
    404: "NotFound",
    405: "MethodNotAllowed",
    408: "RequestTimeout",
    409: "Conflict",
    412: "PreconditionFailed",
    413: "PayloadTooLarge",
    415: "UnsupportedMediaType",
    422: "UnprocessableEntity",
    429: "TooManyRequests",
    500: "InternalServer",
    502: "BadGateway",
    503: "ServiceUnavailable",
    504: "GatewayTimeout",
    524: "EdgeNetworkTimeout",
    529: "ProviderOverloaded",
}
"""The name of each status that OpenRouter documents or is known to send."""


class OpenRouterError(Exception):
    """Base of every error of a call; catch it to catch them all.

    A pickle or copy of one, for another process, leaves out the request: that carries the key.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        state = dict(vars(self))
        response = state.get("response")
        if isinstance(response, httpx.Response):
            headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
            state["response"] = httpx.Response(response.status_code, headers=headers, content=response.content)
        return Exception.__new__, (type(self), *self.args), state


class TransportError(OpenRouterError):
    """No response arrived. The underlying httpx exception is the `__cause__`."""


class ApiError(OpenRouterError):
    """The server returned an error.

    Attributes:
        status: the HTTP status as a plain integer, 524 and 529 included; 200 when the error came as a success.
        code: the code inside the body, usually equal to the status; None when the body has none.
        kind: the documented name of the error, such as "TooManyRequests"; "Unknown" for other statuses.
        message: the server's message, for a person.
        metadata: what the server adds, free in form.
        retry_after: seconds to wait before the next attempt, if the server says so anywhere.
        request_id: the id that the edge gave the request (`cf-ray` or `x-request-id`).
        generation_id: the id that the API gave it (`x-generation-id`).
        body: the whole body as parsed JSON, or as text when it is not JSON.
        response: the HTTP response.

    """

    def __init__(
        self,
        *,
        status: int,
        code: int | None,
        message: str,
        metadata: Mapping[str, Any],
        retry_after: float | None,
        body: Any,
        response: httpx.Response,
    ) -> None:
        self.status = status
        self.code = code
        self.kind = KINDS.get(code if status == 200 and code is not None else status, "Unknown")
        self.message = message
        self.metadata = metadata
        self.retry_after = retry_after
        self.request_id = response.headers.get("cf-ray") or response.headers.get("x-request-id")
        self.generation_id = response.headers.get("x-generation-id")
        self.body = body
        self.response = response
        super().__init__(f"{status} {self.kind}: {message}")


class ContractError(OpenRouterError):
    """A response claims success and its body is not what the contract says.

    Attributes:
        path: where, as a JSONPath such as `$.data[3].embedding`.
        expected: what the contract says.
        received: what was there instead, shortened.
        response: the response, when the body came in one.

    """

    def __init__(self, path: str, expected: str, received: str) -> None:
        super().__init__(path, expected, received)
        self.path = path
        self.expected = expected
        self.received = received
        self.response: httpx.Response | None = None

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, received {self.received}"
