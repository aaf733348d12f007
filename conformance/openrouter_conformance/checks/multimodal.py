"""Inputs of several parts: text and media together make one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.default_model import modalities
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.samples import IMAGE_PART, TEXT_PART
from openrouter_conformance.session import OMIT, Unsupported

if TYPE_CHECKING:
    from openrouter_conformance.session import Session


def multimodal_refusal(session: Session) -> Unsupported | None:
    """Probe for the feature `multimodal`: a listed model that reads images takes an input of one text part."""
    model = _image_model(session)
    if model is None:
        return Unsupported("no listed model reads images", session.whole_list.exchange)
    exchange = session.ask([{"content": [TEXT_PART]}], model=model, dimensions=OMIT)
    if answers.is_refusal(exchange):
        return Unsupported(exchange.outline(), exchange)
    answers.embedded(exchange)
    return None


@check("create-embeddings/multimodal/text-part-answered")
def text_part_answered(session: Session) -> None:
    """One vector for one input of a single text part."""
    session.require("multimodal", multimodal_refusal)
    _one_vector_per_input(session, [{"content": [TEXT_PART]}])


@check("create-embeddings/multimodal/parts-make-one-vector")
def parts_make_one_vector(session: Session) -> None:
    """One vector for each of two inputs, the first of a text and an image part."""
    session.require("multimodal", multimodal_refusal)
    answer = _one_vector_per_input(session, [{"content": [TEXT_PART, IMAGE_PART]}, {"content": [TEXT_PART]}])
    if vectors.same(*answer.vectors):
        raise CheckFailure("the same vector with the image as without", "two different vectors", answer.exchange)


@check("create-embeddings/multimodal/unread-media-refused")
def unread_media_refused(session: Session) -> None:
    """A picture for a model that reads text alone."""
    model = session.listed_model
    if model is None or "image" in modalities(model, "input_modalities"):
        raise NotApplicable(f"{session.model} is not listed as a model that reads text alone")
    exchange = session.ask([{"content": [IMAGE_PART]}])
    if not answers.is_refusal(exchange):
        raise CheckFailure(exchange.outline(), "4xx for a picture", exchange)


def _image_model(session: Session) -> str | None:
    return next(
        (
            str(model["id"])
            for model in session.catalog
            if "image" in modalities(model, "input_modalities") and "id" in model
        ),
        None,
    )


def _one_vector_per_input(session: Session, content: list[dict[str, object]]) -> answers.Embedded:
    answer = session.embed(content, len(content), model=_image_model(session), dimensions=OMIT)
    if any(not vector.size for vector in answer.vectors):
        raise CheckFailure("an empty vector", "a vector", answer.exchange)
    return answer
