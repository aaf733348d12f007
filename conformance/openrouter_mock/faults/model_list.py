"""Faults in the model list."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from openrouter_mock.call import Call
    from openrouter_mock.pagination import Window

    Json = dict[str, Any]

_FEW = 10


def _relisted(catalog: Stage, call: Call, **changes: Any) -> list[Json]:
    return [model | changes for model in catalog(call)]


def _repriced(catalog: Stage, call: Call, **changes: Any) -> list[Json]:
    return [model | {"pricing": model["pricing"] | changes} for model in catalog(call)]


def _with_next(page: Json, following: str | None) -> Json:
    return page | {"links": {"next": following}}


@fault("page")
def total_count_off_by_one(page: Stage, call: Call, asked: Window) -> Json:
    """The total count is one too high."""
    found: Json = page(call, asked)
    return found | {"total_count": found["total_count"] + 1}


@fault("page")
def total_count_of_page(page: Stage, call: Call, asked: Window) -> Json:
    """The total count is that of the page."""
    found: Json = page(call, asked)
    return found | {"total_count": len(found["data"])}


@fault("page")
def total_count_as_text(page: Stage, call: Call, asked: Window) -> Json:
    """The total count is a string."""
    found: Json = page(call, asked)
    return found | {"total_count": str(found["total_count"])}


@fault("page")
def total_count_missing(page: Stage, call: Call, asked: Window) -> Json:
    """The total count is missing."""
    return {name: value for name, value in page(call, asked).items() if name != "total_count"}


@fault("page")
def links_missing(page: Stage, call: Call, asked: Window) -> Json:
    """The links are missing."""
    return {name: value for name, value in page(call, asked).items() if name != "links"}


@fault("page")
def models_as_bare_list(page: Stage, call: Call, asked: Window) -> Any:
    """The models are a bare list, without an envelope."""
    return page(call, asked)["data"]


@fault("window")
def ignores_offset(window: Stage, call: Call) -> Window:
    """Every page is the first."""
    return _evolved(window(call), offset=0)


@fault("window")
def ignores_limit(window: Stage, call: Call) -> Window:
    """A page extends to the end of the list, whatever `limit` says."""
    asked: Window = window(call)
    return asked if asked.limit is None else _evolved(asked, limit=1000)


@fault("window")
def limit_one_too_many(window: Stage, call: Call) -> Window:
    """A page has one model more than `limit` says."""
    asked: Window = window(call)
    return asked if asked.limit is None else _evolved(asked, limit=asked.limit + 1)


@fault("window")
def offset_counts_pages(window: Stage, call: Call) -> Window:
    """`offset` is read as the number of a page."""
    asked: Window = window(call)
    return _evolved(asked, offset=asked.offset * (asked.limit or 1))


@fault("window")
def offset_counts_from_one(window: Stage, call: Call) -> Window:
    """`offset` counts from one, so that the second page begins one too early."""
    asked: Window = window(call)
    return _evolved(asked, offset=max(asked.offset - 1, 0))


def _evolved(window: Window, **changes: int) -> Window:
    return attrs.evolve(window, **changes)


@fault("page")
def pages_overlap(page: Stage, call: Call, asked: Window) -> Json:
    """The next page begins with the last model of this one."""
    found: Json = page(call, asked)
    following = found["links"]["next"]
    if following is None:
        return found
    head, _, tail = following.partition("offset=")
    offset, _, rest = tail.partition("&")
    return _with_next(found, f"{head}offset={int(offset) - (len(found['data']) > 1)}&{rest}")


@fault("page")
def pages_skip_one(page: Stage, call: Call, asked: Window) -> Json:
    """One model is skipped between two pages."""
    found: Json = page(call, asked)
    following = found["links"]["next"]
    if following is None:
        return found
    head, _, tail = following.partition("offset=")
    offset, _, rest = tail.partition("&")
    return _with_next(found, f"{head}offset={int(offset) + 1}&{rest}")


@fault("page")
def links_next_never_null(page: Stage, call: Call, asked: Window) -> Json:
    """The last page links to a next one."""
    found: Json = page(call, asked)
    return _with_next(found, found["links"]["next"] or f"{call.path}?offset={found['total_count']}&limit=500")


@fault("page")
def pages_show_other_entries(page: Stage, call: Call, asked: Window) -> Json:
    """The models on a page have another context length than in the whole list."""
    found: Json = page(call, asked)
    if asked.limit is None:
        return found
    return found | {"data": [model | {"context_length": 17} for model in found["data"]]}


@fault("page")
def links_next_always_null(page: Stage, call: Call, asked: Window) -> Json:
    """No page links to the next one."""
    return _with_next(page(call, asked), None)


@fault("page")
def links_next_is_this_page(page: Stage, call: Call, asked: Window) -> Json:
    """The link to the next page is the same page again."""
    found: Json = page(call, asked)
    return _with_next(found, found["links"]["next"] and f"{call.path}?{call.query}")


@fault("page")
def links_next_loses_limit(page: Stage, call: Call, asked: Window) -> Json:
    """The link to the next page loses `limit`."""
    found: Json = page(call, asked)
    following = found["links"]["next"]
    return _with_next(found, following and following.partition("&limit")[0])


@fault("page")
def links_next_elsewhere(page: Stage, call: Call, asked: Window) -> Json:
    """The link to the next page leads to another host."""
    found: Json = page(call, asked)
    following = found["links"]["next"]
    return _with_next(found, following and f"https://internal.example{following}")


@fault("page")
def whole_list_cut_short(page: Stage, call: Call, asked: Window) -> Json:
    """Without `offset` and `limit` only ten models are listed, and nothing says so."""
    found: Json = page(call, asked)
    return found if call.query else found | {"data": found["data"][:_FEW]}


@fault("catalog")
def order_changes_between_calls(catalog: Stage, call: Call) -> list[Json]:
    """The list is rotated by one model with each call."""
    found: list[Json] = catalog(call)
    turn = call.number % len(found)
    return found[turn:] + found[:turn]


@fault("catalog")
def lists_a_model_twice(catalog: Stage, call: Call) -> list[Json]:
    """One model is listed twice."""
    found: list[Json] = catalog(call)
    return [*found, found[0]]


@fault("catalog")
def lists_models_it_does_not_serve(catalog: Stage, call: Call) -> list[Json]:
    """A listed model, the cheapest, is not served."""
    found: list[Json] = catalog(call)
    pricing = found[0]["pricing"] | {"prompt": "0.000000000001"}
    return [
        *found,
        found[0] | {"id": "example/not-there", "canonical_slug": "example/not-there", "pricing": pricing},
    ]


@fault("catalog")
def lists_no_models(catalog: Stage, call: Call) -> list[Json]:  # noqa: ARG001
    """The list is empty."""
    return []


@fault("catalog")
def lists_chat_models(catalog: Stage, call: Call) -> list[Json]:
    """A chat model is listed among the embedding models."""
    found: list[Json] = catalog(call)
    architecture = found[0]["architecture"] | {"output_modalities": ["text"], "modality": "text->text"}
    return [
        *found,
        found[0] | {"id": "example/chat", "canonical_slug": "example/chat", "architecture": architecture},
    ]


@fault("catalog")
def undocumented_field_in_models(catalog: Stage, call: Call) -> list[Json]:
    """The models have an undocumented field."""
    return _relisted(catalog, call, popularity=0.5)


@fault("catalog")
def ids_missing(catalog: Stage, call: Call) -> list[Json]:
    """The models have no `id`."""
    return [{name: value for name, value in model.items() if name != "id"} for model in catalog(call)]


@fault("catalog")
def prices_missing(catalog: Stage, call: Call) -> list[Json]:
    """The models have no `pricing`."""
    return [{name: value for name, value in model.items() if name != "pricing"} for model in catalog(call)]


@fault("catalog")
def prices_as_numbers(catalog: Stage, call: Call) -> list[Json]:
    """Prices are numbers instead of decimal strings."""
    return [model | {"pricing": {k: float(v) for k, v in model["pricing"].items()}} for model in catalog(call)]


@fault("catalog")
def prices_with_currency(catalog: Stage, call: Call) -> list[Json]:
    """Prices have a currency sign."""
    return [
        model | {"pricing": model["pricing"] | {"prompt": f"${model['pricing']['prompt']}"}} for model in catalog(call)
    ]


@fault("catalog")
def prices_negative(catalog: Stage, call: Call) -> list[Json]:
    """Prices are negative."""
    return _repriced(catalog, call, prompt="-0.00000002")


@fault("catalog")
def context_length_zero(catalog: Stage, call: Call) -> list[Json]:
    """The context length of every model is 0."""
    return _relisted(catalog, call, context_length=0)


@fault("catalog")
def context_length_as_text(catalog: Stage, call: Call) -> list[Json]:
    """Context lengths are strings."""
    return [model | {"context_length": str(model["context_length"])} for model in catalog(call)]


@fault("catalog")
def created_as_text(catalog: Stage, call: Call) -> list[Json]:
    """The creation date is a string."""
    return _relisted(catalog, call, created="2026-01-01T00:00:00Z")


@fault("catalog")
def created_in_milliseconds(catalog: Stage, call: Call) -> list[Json]:
    """The creation date is in milliseconds, far in the future."""
    return [model | {"created": model["created"] * 1000} for model in catalog(call)]


@fault("catalog")
def architecture_null(catalog: Stage, call: Call) -> list[Json]:
    """The architecture of each model is null."""
    return _relisted(catalog, call, architecture=None)
