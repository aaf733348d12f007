"""Faults in error responses."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from openrouter_mock.call import unauthorized
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from openrouter_mock.call import Call, HTTPError, Response

    Json = dict[str, Any]


def _changed(document: Json, **changes: Any) -> Json:
    """Return the error body with *changes* to its `error`."""
    return document | {"error": document["error"] | changes}


@fault("error_body")
def error_code_differs_from_status(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The code in an error body is always 500."""
    return _changed(error_body(call, error), code=500)


@fault("error_body")
def error_without_code(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error has no code, as in the envelope of a request validator."""
    body = error_body(call, error)
    return body | {"error": {name: value for name, value in body["error"].items() if name != "code"}}


@fault("error_body")
def error_code_as_text(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error code is a string."""
    return _changed(error_body(call, error), code=str(error.status))


@fault("error_body")
def error_code_as_word(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error code is a word, as in other APIs."""
    return _changed(error_body(call, error), code="invalid_request_error")


@fault("error_body")
def error_without_message(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error has no message."""
    document: Json = error_body(call, error)
    return document | {"error": {name: value for name, value in document["error"].items() if name != "message"}}


@fault("error_body")
def error_message_empty(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error message is empty."""
    return _changed(error_body(call, error), message="")


@fault("error_body")
def error_message_as_object(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error message is an object."""
    return _changed(error_body(call, error), message={"text": error.message})


@fault("error_body")
def error_as_text(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The `error` of an error body is a string."""
    return error_body(call, error) | {"error": error.message}


@fault("error_body")
def error_without_envelope(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error message and code are at the top level of the body."""
    inner: Json = error_body(call, error)["error"]
    return inner


@fault("error_body")
def error_called_detail(error_body: Stage, call: Call, error: HTTPError) -> Json:  # noqa: ARG001
    """The error message is in `detail`, as some frameworks have it by default."""
    return {"detail": error.message}


@fault("error_body")
def error_metadata_as_text(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error metadata is a string."""
    return _changed(error_body(call, error), metadata="none")


@fault("error_body")
def leaks_key_in_error(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error message contains the key that was sent."""
    document: Json = error_body(call, error)
    sent = call.headers.get("authorization")
    return _changed(document, message=f"{error.message} ({sent})") if sent else document


@fault("error_body")
def leaks_traceback_in_error(error_body: Stage, call: Call, error: HTTPError) -> Json:
    """The error message contains a traceback of the server."""
    trace = 'Traceback (most recent call last):\n  File "/srv/gateway/embeddings.py", line 42, in handle'
    return _changed(error_body(call, error), message=f"{trace}\n{error.message}")


@fault("error_response")
def html_error_page(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An error response is an HTML page."""
    response: Response = error_response(call, error)
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    response.content = f"<html><body><h1>{response.status}</h1></body></html>".encode()
    return response


@fault("error_response")
def plain_text_error(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An error response is plain text."""
    response: Response = error_response(call, error)
    response.headers["Content-Type"] = "text/plain; charset=utf-8"
    response.content = error.message.encode("utf-8", "replace")
    return response


@fault("error_response")
def error_body_empty(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An error response has no body."""
    response: Response = error_response(call, error)
    response.content = b""
    return response


@fault("error_response")
def error_content_type_is_text(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """The JSON of an error response is declared as plain text."""
    response: Response = error_response(call, error)
    response.headers["Content-Type"] = "text/plain"
    return response


@fault("error_response")
def errors_in_list(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An error response is a list with one error."""
    response: Response = error_response(call, error)
    response.content = orjson.dumps([orjson.loads(response.content)])
    return response


def _with_status(response: Response, status: int) -> Response:
    """Return *response* with another status, in its body too."""
    document = orjson.loads(response.content)
    response.status = status
    response.content = orjson.dumps(_changed(document, code=status))
    return response


@fault("error_response")
def client_errors_are_500(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """Invalid requests are answered with 500."""
    response: Response = error_response(call, error)
    return _with_status(response, 500) if response.status in {400, 415} else response


@fault("error_response")
def unknown_model_is_500(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An unknown model is answered with 500."""
    response: Response = error_response(call, error)
    return _with_status(response, 500) if _no_model(error) else response


@fault("error_response")
def unknown_model_is_401(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """An unknown model is answered with 401, as if the key were invalid."""
    if not _no_model(error):
        return error_response(call, error)
    call.key = None
    return error_response(call, unauthorized("the key is unknown"))


def _no_model(error: HTTPError) -> bool:
    return error.status == 404 and error.message.startswith("model:")


@fault("error_response")
def bad_key_is_400(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """A missing or unknown key is answered with 400."""
    response: Response = error_response(call, error)
    return _with_status(response, 400) if response.status == 401 else response


@fault("error_response")
def bad_key_is_500(error_response: Stage, call: Call, error: HTTPError) -> Response:
    """A missing or unknown key is answered with 500."""
    response: Response = error_response(call, error)
    return _with_status(response, 500) if response.status == 401 else response
