"""The three ways a call can fail, under one base.

    OpenRouterError
    ├── TransportError   no response arrived: connection refused, timeout, damaged stream
    ├── ApiError         the server returned an error, also one sent with status 200; for each documented status
    │                    a subclass named after its `kind`: `TooManyRequestsError`, `ProviderOverloadedError`
    └── ContractError    the server reported success, and the body is not what the contract says

Wrong arguments are none of these: they raise `TypeError` or `ValueError` before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, TypeAlias, cast

import httpx
from attrs import define, field

# fmt: off
Kind: TypeAlias = Literal[
    "BadRequest", "Unauthorized", "PaymentRequired", "Forbidden", "NotFound", "MethodNotAllowed", "RequestTimeout",
    "Conflict", "PreconditionFailed", "PayloadTooLarge", "UnsupportedMediaType", "UnprocessableEntity",
    "TooManyRequests", "InternalServer", "BadGateway", "ServiceUnavailable", "GatewayTimeout", "EdgeNetworkTimeout",
    "ProviderOverloaded", "Unknown",
]
# fmt: on
"""The name of a failure that OpenRouter documents or is known to send; "Unknown" for others."""

_CLASSES: dict[int, type[ApiError]] = {}  # the subclass for each status that has one


class OpenRouterError(Exception):
    """Base of every error of a call; catch it to catch them all.

    A pickle or copy of one, for another process, leaves out the request: that carries the key."""

    def __reduce__(self) -> tuple[Any, ...]:
        state = dict(vars(self))
        response = state.get("response")
        if isinstance(response, httpx.Response):
            headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
            state["response"] = httpx.Response(response.status_code, headers=headers, content=response.content)
        return Exception.__new__, (type(self), *self.args), state


class TransportError(OpenRouterError):
    """No response arrived. The underlying httpx exception is the `__cause__`."""


@define(kw_only=True, slots=False, eq=False, repr=False, auto_exc=False)
class ApiError(OpenRouterError):
    """The server returned an error.

    Attributes:
        status: the HTTP status as a plain integer, 524 and 529 included; 200 when the error came as a success.
        code: the code inside the body, usually equal to the status; None when the body has none.
        kind: the documented name of the error, such as "TooManyRequests", which its class is named after; "Unknown"
            for other statuses.
        message: the server's message, for a person.
        metadata: what the server adds, free in form.
        retry_after: seconds to wait before the next attempt, if the server says so anywhere.
        request_id: the id that the edge gave the request (`cf-ray` or `x-request-id`).
        generation_id: the id that the API gave it (`x-generation-id`).
        body: the whole body as parsed JSON, or as text when it is not JSON.
        response: the HTTP response; the key is redacted in it, and in its request."""

    kind: ClassVar[Kind] = "Unknown"
    status: int
    code: int | None
    message: str
    metadata: Mapping[str, Any]
    retry_after: float | None
    body: Any
    response: httpx.Response
    request_id: str | None = field(init=False)
    generation_id: str | None = field(init=False)

    def __init_subclass__(cls, *, status: int | None = None) -> None:
        if status is not None:
            _CLASSES[status] = cls
            cls.kind = cast("Kind", cls.__name__.removesuffix("Error"))

    def __attrs_post_init__(self) -> None:
        self.request_id = self.response.headers.get("cf-ray") or self.response.headers.get("x-request-id")
        self.generation_id = self.response.headers.get("x-generation-id")
        super().__init__(f"{self.status} {self.kind}: {self.message}")


# fmt: off
class BadRequestError(ApiError, status=400):
    """A field is missing, malformed or outside what the model takes."""
class UnauthorizedError(ApiError, status=401):
    """The key is missing, malformed or unknown."""
class PaymentRequiredError(ApiError, status=402):
    """The account is out of credit."""
class ForbiddenError(ApiError, status=403):
    """The key has reached its own limit, or may not use the model."""
class NotFoundError(ApiError, status=404):
    """The model is unknown, or no provider of it fits the routing preferences."""
class MethodNotAllowedError(ApiError, status=405):
    """The address does not take the method."""
class RequestTimeoutError(ApiError, status=408):
    """The request took too long to arrive or to be served."""
class ConflictError(ApiError, status=409):
    """The request contradicts the state of the server; it may succeed later."""
class PreconditionFailedError(ApiError, status=412):
    """A precondition in the headers does not hold."""
class PayloadTooLargeError(ApiError, status=413):
    """The body is larger than the gateway takes."""
class UnsupportedMediaTypeError(ApiError, status=415):
    """The body is not JSON, or does not say so."""
class UnprocessableEntityError(ApiError, status=422):
    """The request is well-formed and cannot be served."""
class TooManyRequestsError(ApiError, status=429):
    """Wait as long as `retry_after` says, or back off exponentially."""
class InternalServerError(ApiError, status=500):
    """The gateway failed; the same request may succeed later."""
class BadGatewayError(ApiError, status=502):
    """The provider answered with a failure or with nonsense."""
class ServiceUnavailableError(ApiError, status=503):
    """No provider can serve the request at the moment."""
class GatewayTimeoutError(ApiError, status=504):
    """The provider did not answer in time."""
class EdgeNetworkTimeoutError(ApiError, status=524):
    """The edge gave up waiting for the provider."""
class ProviderOverloadedError(ApiError, status=529):
    """Allow fallbacks, or try again later."""
# fmt: on


def error_class(status: int, code: int | None) -> type[ApiError]:
    """Return the class of a failure; of one that came with status 200 the code in the body decides."""
    return _CLASSES.get(code if status == 200 and code is not None else status, ApiError)


@define(slots=False, eq=False, repr=False, auto_exc=False)
class ContractError(OpenRouterError):
    """A response claims success and its body is not what the contract says.

    Attributes:
        path: where, as a JSONPath such as `$.data[3].embedding`.
        expected: what the contract says.
        received: what was there instead, shortened.
        response: the response, when the body came in one."""

    path: str
    expected: str
    received: str
    response: httpx.Response | None = field(default=None, init=False)

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected}, received {self.received}"
