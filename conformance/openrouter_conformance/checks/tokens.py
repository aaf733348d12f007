"""Token ids as input: one list is one input, a list of lists is a batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import proves
from openrouter_conformance.property import for_all
from openrouter_conformance.session import OMIT, Lack, modalities
from openrouter_conformance.strategies import token_lists
from openrouter_conformance.verdicts import NotApplicable, Violation

if TYPE_CHECKING:
    from openrouter_conformance.session import Session

TOKENS = [9906, 1917]
OTHER_TOKENS = [1820, 4062, 14198, 39935]
_PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk"
    "+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_TEXT_PART = {"type": "text", "text": "A harbour at dawn"}
_IMAGE_PART = {"type": "image_url", "image_url": {"url": _PIXEL}}


def token_refusal(session: Session) -> Lack | None:
    """Probe for the feature `token-ids`: any 200 counts as an attempt, and is judged as one."""
    exchange = session.ask(TOKENS)
    if answers.is_refusal(exchange):
        return Lack(exchange.outline(), exchange)
    answers.embedded(exchange)
    return None


@proves("create-embeddings/token-ids/one-list-is-one-input")
def token_list(session: Session) -> None:
    """One vector for one list of token ids."""
    session.require("token-ids", token_refusal)

    def one_vector(tokens: list[int]) -> None:
        session.embed(tokens, 1)

    for_all(session, token_lists(), one_vector, TOKENS, [9906])


@proves("create-embeddings/token-ids/batches-keep-order")
def token_batch(session: Session) -> None:
    """One vector per list of token ids, each that of its list alone."""
    session.require("token-ids", token_refusal)
    together = session.embed([TOKENS, OTHER_TOKENS], 2)
    for place, tokens in enumerate((TOKENS, OTHER_TOKENS)):
        alone = session.embed(tokens, 1)
        if not vectors.same(together.vectors[place], alone.vectors[0]):
            found = vectors.compare(together.vectors[place], alone.vectors[0])
            raise Violation(
                f"{found} between list {place} of the batch and it alone",
                f"cosine of at least {vectors.SAME}",
                together.exchange,
                alone.exchange,
            )
    if vectors.same(*together.vectors):
        raise Violation(f"the same vector for {TOKENS} and {OTHER_TOKENS}", "two different vectors", together.exchange)


@proves("create-embeddings/token-ids/whole-floats-are-integers")
def float_tokens(session: Session) -> None:
    """`9906.0` means `9906`, as some SDKs write it."""
    session.require("token-ids", token_refusal)
    integers = session.embed(TOKENS, 1)
    floats = session.embed([float(token) for token in TOKENS], 1)
    if not vectors.same(integers.vectors[0], floats.vectors[0]):
        raise Violation(
            f"{vectors.compare(integers.vectors[0], floats.vectors[0])} between 9906 and 9906.0",
            f"cosine of at least {vectors.SAME}",
            floats.exchange,
            integers.exchange,
        )


@proves("create-embeddings/token-ids/base64-has-items")
def token_base64(session: Session) -> None:
    """One item per list of token ids in base64 as well."""
    session.require("token-ids", token_refusal)
    exchange = session.ask([TOKENS, OTHER_TOKENS], encoding_format="base64")
    if answers.is_refusal(exchange) and "base64" not in session.target.declared:
        raise NotApplicable(f"the target does not offer base64: {exchange.outline()}")
    answers.embedded(exchange, 2)


def multimodal_refusal(session: Session) -> Lack | None:
    """Probe for the feature `multimodal`: a listed model that reads images takes an input of one text part."""
    model = _image_model(session)
    if model is None:
        return Lack("no listed model reads images", session.whole_list.exchange)
    exchange = session.ask([{"content": [_TEXT_PART]}], model=model, dimensions=OMIT)
    if answers.is_refusal(exchange):
        return Lack(exchange.outline(), exchange)
    answers.embedded(exchange)
    return None


@proves("create-embeddings/multimodal/text-part-answered")
def multimodal_text(session: Session) -> None:
    """One vector for one input of a single text part."""
    session.require("multimodal", multimodal_refusal)
    _one_vector_per_input(session, [{"content": [_TEXT_PART]}])


@proves("create-embeddings/multimodal/parts-make-one-vector")
def multimodal_parts(session: Session) -> None:
    """One vector for each of two inputs, the first of a text and an image part."""
    session.require("multimodal", multimodal_refusal)
    answer = _one_vector_per_input(session, [{"content": [_TEXT_PART, _IMAGE_PART]}, {"content": [_TEXT_PART]}])
    if vectors.same(*answer.vectors):
        raise Violation("the same vector with the image as without", "two different vectors", answer.exchange)


@proves("create-embeddings/multimodal/unread-media-refused")
def unread_media(session: Session) -> None:
    """A picture for a model that reads text alone."""
    model = next((one for one in session.catalogue if one.get("id") == session.model), None)
    if model is None or "image" in modalities(model, "input_modalities"):
        raise NotApplicable(f"{session.model} is not listed as a model that reads text alone")
    exchange = session.ask([{"content": [_IMAGE_PART]}])
    if not answers.is_refusal(exchange):
        raise Violation(exchange.outline(), "4xx for a picture", exchange)


def _image_model(session: Session) -> str | None:
    return next(
        (
            str(model["id"])
            for model in session.catalogue
            if "image" in modalities(model, "input_modalities") and "id" in model
        ),
        None,
    )


def _one_vector_per_input(session: Session, content: list[dict[str, object]]) -> answers.Embedded:
    answer = session.embed(content, len(content), model=_image_model(session), dimensions=OMIT)
    if any(not vector.size for vector in answer.vectors):
        raise Violation("an empty vector", "a vector", answer.exchange)
    return answer
