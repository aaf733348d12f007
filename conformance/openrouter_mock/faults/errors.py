"""Flaws in how failures are told."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from openrouter_mock.call import unauthorized
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from openrouter_mock.call import Answer, Call, Refusal

    Json = dict[str, Any]


def _changed(document: Json, **changes: Any) -> Json:
    """Return the error body with *changes* to its `error`."""
    return document | {"error": document["error"] | changes}


@fault("error")
def error_code_differs_from_status(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The code in the body of a failure is always 500."""
    return _changed(error(call, refusal), code=500)


@fault("error")
def error_code_as_text(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The code of a failure is a string."""
    return _changed(error(call, refusal), code=str(refusal.status))


@fault("error")
def error_code_as_word(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The code of a failure is a word, as other APIs have it."""
    return _changed(error(call, refusal), code="invalid_request_error")


@fault("error")
def error_without_message(error: Stage, call: Call, refusal: Refusal) -> Json:
    """A failure has no message."""
    document: Json = error(call, refusal)
    return document | {"error": {name: value for name, value in document["error"].items() if name != "message"}}


@fault("error")
def error_message_empty(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The message of a failure is empty."""
    return _changed(error(call, refusal), message="")


@fault("error")
def error_message_as_object(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The message of a failure is an object."""
    return _changed(error(call, refusal), message={"text": refusal.message})


@fault("error")
def error_as_text(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The `error` of a failure is a string."""
    return error(call, refusal) | {"error": refusal.message}


@fault("error")
def error_without_envelope(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The message and code of a failure stand at the top of the body."""
    inner: Json = error(call, refusal)["error"]
    return inner


@fault("error")
def error_called_detail(error: Stage, call: Call, refusal: Refusal) -> Json:  # noqa: ARG001
    """A failure is told in `detail`, as a framework does by itself."""
    return {"detail": refusal.message}


@fault("error")
def error_metadata_as_text(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The metadata of a failure are a string."""
    return _changed(error(call, refusal), metadata="none")


@fault("error")
def leaks_key_in_error(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The message of a failure repeats the key that was sent."""
    told: Json = error(call, refusal)
    sent = call.headers.get("authorization")
    return _changed(told, message=f"{refusal.message} ({sent})") if sent else told


@fault("error")
def leaks_traceback_in_error(error: Stage, call: Call, refusal: Refusal) -> Json:
    """The message of a failure shows the inside of the server."""
    trace = 'Traceback (most recent call last):\n  File "/srv/gateway/embeddings.py", line 42, in handle'
    return _changed(error(call, refusal), message=f"{trace}\n{refusal.message}")


@fault("refuse")
def html_error_page(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A failure is a page of HTML."""
    answer: Answer = refuse(call, refusal)
    answer.headers["Content-Type"] = "text/html; charset=utf-8"
    answer.content = f"<html><body><h1>{answer.status}</h1></body></html>".encode()
    return answer


@fault("refuse")
def plain_text_error(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A failure is plain text."""
    answer: Answer = refuse(call, refusal)
    answer.headers["Content-Type"] = "text/plain; charset=utf-8"
    answer.content = refusal.message.encode("utf-8", "replace")
    return answer


@fault("refuse")
def error_body_empty(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A failure has no body."""
    answer: Answer = refuse(call, refusal)
    answer.content = b""
    return answer


@fault("refuse")
def error_content_type_is_text(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """The JSON of a failure is declared to be plain text."""
    answer: Answer = refuse(call, refusal)
    answer.headers["Content-Type"] = "text/plain"
    return answer


@fault("refuse")
def errors_in_list(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A failure is a list with one error."""
    answer: Answer = refuse(call, refusal)
    answer.content = orjson.dumps([orjson.loads(answer.content)])
    return answer


def _with_status(answer: Answer, status: int) -> Answer:
    """Return *answer* with another status, told in the body too."""
    document = orjson.loads(answer.content)
    answer.status = status
    answer.content = orjson.dumps(_changed(document, code=status))
    return answer


@fault("refuse")
def client_errors_are_500(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """Whatever the sender did wrong is answered with 500."""
    answer: Answer = refuse(call, refusal)
    return _with_status(answer, 500) if answer.status in {400, 415} else answer


@fault("refuse")
def unknown_model_is_500(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A model that does not exist is answered with 500."""
    answer: Answer = refuse(call, refusal)
    return _with_status(answer, 500) if _no_model(refusal) else answer


@fault("refuse")
def unknown_model_is_401(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A model that does not exist is answered with 401, as if the key were bad."""
    if not _no_model(refusal):
        return refuse(call, refusal)
    call.key = None
    return refuse(call, unauthorized("the key is unknown"))


def _no_model(refusal: Refusal) -> bool:
    return refusal.status == 404 and refusal.message.startswith("model:")


@fault("refuse")
def bad_key_is_400(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A missing or unknown key is answered with 400."""
    answer: Answer = refuse(call, refusal)
    return _with_status(answer, 400) if answer.status == 401 else answer


@fault("refuse")
def bad_key_is_500(refuse: Stage, call: Call, refusal: Refusal) -> Answer:
    """A missing or unknown key is answered with 500."""
    answer: Answer = refuse(call, refusal)
    return _with_status(answer, 500) if answer.status == 401 else answer
