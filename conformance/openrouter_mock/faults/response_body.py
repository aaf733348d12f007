"""Faults in the body of a success, apart from the vectors."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from openrouter_mock.call import Call, Response

    Json = dict[str, Any]


def _without(document: Json, name: str) -> Json:
    return {key: value for key, value in document.items() if key != name}


@fault("body")
def object_missing(body: Stage, call: Call) -> Json:
    """The response lacks `object`."""
    return _without(body(call), "object")


@fault("body")
def object_is_embeddings(body: Stage, call: Call) -> Json:
    """The response's `object` is not `list`."""
    return body(call) | {"object": "embeddings"}


@fault("items")
def item_object_missing(items: Stage, call: Call) -> list[Json]:
    """Items lack `object`."""
    return [_without(item, "object") for item in items(call)]


@fault("items")
def item_object_is_vector(items: Stage, call: Call) -> list[Json]:
    """The `object` of an item is not `embedding`."""
    return [item | {"object": "vector"} for item in items(call)]


@fault("items")
def embedding_called_vector(items: Stage, call: Call) -> list[Json]:
    """Items have a `vector` instead of an `embedding`."""
    return [{("vector" if key == "embedding" else key): value for key, value in item.items()} for item in items(call)]


@fault("body")
def model_missing(body: Stage, call: Call) -> Json:
    """The response lacks `model`."""
    return _without(body(call), "model")


@fault("body")
def model_name_depends_on_batch(body: Stage, call: Call) -> Json:
    """The response to several inputs names the model with a suffix."""
    document: Json = body(call)
    return document | {"model": f"{document['model']}-batch"} if len(call.inputs) > 1 else document


@fault("body")
def model_null(body: Stage, call: Call) -> Json:
    """The response's `model` is null."""
    return body(call) | {"model": None}


@fault("usage")
def cost_missing_for_single_inputs(usage: Stage, call: Call) -> Json:
    """The usage of a single input lacks `cost`."""
    return _without(usage(call), "cost") if len(call.inputs) == 1 else usage(call)


@fault("usage")
def media_counted_once_more_in_batches(usage: Stage, call: Call) -> Json:
    """The tokens by kind of input of a batch count its media twice."""
    found: Json = usage(call)
    parts = found.get("prompt_tokens_details")
    if parts is None or len(call.inputs) < 2:
        return found
    return found | {"prompt_tokens_details": {k: v if k == "text_tokens" else 2 * v for k, v in parts.items()}}


@fault("body")
def data_missing(body: Stage, call: Call) -> Json:
    """The response lacks `data`."""
    return _without(body(call), "data")


@fault("body")
def data_by_index(body: Stage, call: Call) -> Json:
    """The response's `data` is an object with an entry per index."""
    document: Json = body(call)
    return document | {"data": {str(item["index"]): item for item in document["data"]}}


@fault("body")
def single_item_without_list(body: Stage, call: Call) -> Json:
    """For one input the response's `data` is the item itself."""
    document: Json = body(call)
    return document | {"data": document["data"][0]} if len(document["data"]) == 1 else document


@fault("body")
def answer_within_data(body: Stage, call: Call) -> Json:
    """The whole response is wrapped in another `data`."""
    return {"data": body(call)}


@fault("body")
def undocumented_field_in_answer(body: Stage, call: Call) -> Json:
    """The response has an undocumented field."""
    return body(call) | {"served_by": "gpu-17"}


@fault("body")
def provider_null(body: Stage, call: Call) -> Json:
    """The response's `provider` is null."""
    return body(call) | {"provider": None}


@fault("body")
def id_as_number(body: Stage, call: Call) -> Json:
    """The response's `id` is a number."""
    return body(call) | {"id": call.number}


@fault("generation_id")
def id_of_chat_form(generation_id: Stage, call: Call) -> str:
    """The response's `id` has the form of another API."""
    return f"chatcmpl-{generation_id(call)[-20:]}"


@fault("generation_id")
def id_always_the_same(generation_id: Stage, call: Call) -> str:  # noqa: ARG001
    """Every response has the same `id`."""
    return "gen-emb-1700000000-00000000000000000000"


@fault("usage")
def prompt_tokens_missing(usage: Stage, call: Call) -> Json:
    """The usage lacks `prompt_tokens`."""
    return _without(usage(call), "prompt_tokens")


@fault("body")
def usage_missing(body: Stage, call: Call) -> Json:
    """The response lacks `usage`."""
    return _without(body(call), "usage")


@fault("usage")
def usage_all_zero(usage: Stage, call: Call) -> Json:
    """The usage counts no tokens."""
    return usage(call) | {"prompt_tokens": 0, "total_tokens": 0}


@fault("usage")
def usage_negative(usage: Stage, call: Call) -> Json:
    """The token counts are negative."""
    counted: Json = usage(call)
    return counted | {name: -counted[name] for name in ("prompt_tokens", "total_tokens")}


@fault("usage")
def usage_as_text(usage: Stage, call: Call) -> Json:
    """The token counts are strings."""
    counted: Json = usage(call)
    return counted | {name: str(counted[name]) for name in ("prompt_tokens", "total_tokens")}


@fault("usage")
def usage_fractional(usage: Stage, call: Call) -> Json:
    """The token counts are fractional."""
    counted: Json = usage(call)
    return counted | {name: counted[name] + 0.5 for name in ("prompt_tokens", "total_tokens")}


@fault("usage")
def usage_total_differs(usage: Stage, call: Call) -> Json:
    """The total token count differs from the prompt tokens, though nothing else is counted."""
    counted: Json = usage(call)
    return counted | {"total_tokens": counted["total_tokens"] + 1}


@fault("usage")
def usage_of_first_input(usage: Stage, call: Call) -> Json:
    """The usage counts the first input of a batch only."""
    first = sum(call.embedded[0].tokens.values()) if call.embedded else 0
    return usage(call) | {"prompt_tokens": first, "total_tokens": first}


@fault("usage")
def usage_grows_with_calls(usage: Stage, call: Call) -> Json:
    """The usage includes that of earlier calls."""
    counted: Json = usage(call)
    return counted | {name: counted[name] + call.number for name in ("prompt_tokens", "total_tokens")}


@fault("usage")
def cost_negative(usage: Stage, call: Call) -> Json:
    """The cost is negative."""
    counted: Json = usage(call)
    return counted | {"cost": -abs(counted["cost"]) - 1e-9}


@fault("usage")
def cost_as_text(usage: Stage, call: Call) -> Json:
    """The cost is a string."""
    counted: Json = usage(call)
    return counted | {"cost": f"{counted['cost']:.10f}"}


@fault("usage")
def cost_per_million_times_tokens(usage: Stage, call: Call) -> Json:
    """The cost is a million times too high: the price of a million tokens for each."""
    counted: Json = usage(call)
    return counted | {"cost": counted["cost"] * 1_000_000}


@fault("usage")
def token_details_null(usage: Stage, call: Call) -> Json:
    """The usage has `prompt_tokens_details: null`."""
    return usage(call) | {"prompt_tokens_details": None}


@fault("respond")
def created_instead_of_ok(respond: Stage, call: Call) -> Response:
    """Successes of `POST` have the status 201."""
    response: Response = respond(call)
    if call.method == "POST" and response.status == 200:
        response.status = 201
    return response


@fault("respond")
def ok_with_error_body(respond: Stage, call: Call) -> Response:
    """Errors have the status 200 and show in the body only."""
    response: Response = respond(call)
    response.status = 200
    return response
