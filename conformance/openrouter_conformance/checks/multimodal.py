"""Inputs of several parts: text and media together make one vector."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from openrouter_conformance import answers, vectors
from openrouter_conformance.checks.registry import check
from openrouter_conformance.default_model import modalities
from openrouter_conformance.errors import CheckFailure, NotApplicable
from openrouter_conformance.features import image_model, multimodal_refusal
from openrouter_conformance.samples import (
    BROKEN_IMAGE_PART,
    IMAGE_PART,
    OTHER_IMAGE_PART,
    OTHER_TEXT_PART,
    TEXT_PART,
)
from openrouter_conformance.session import OMIT

if TYPE_CHECKING:
    from openrouter_conformance.session import Session


_ALONE = 4
"""Contents that are sent alone, and not in a batch only."""


@check("create-embeddings/multimodal/text-part-answered")
def text_part_answered(session: Session) -> None:
    """One vector for one input of a single text part."""
    session.require("multimodal", multimodal_refusal)


@check("create-embeddings/multimodal/parts-make-one-vector")
def parts_make_one_vector(session: Session) -> None:
    """Inputs of a text and an image part, of one of them, of another text; alone and in a batch."""
    session.require("multimodal", multimodal_refusal)
    both: list[Any] = [TEXT_PART, IMAGE_PART]
    text: list[Any] = [TEXT_PART]
    contents: list[list[Any]] = [
        both,
        text,
        [OTHER_TEXT_PART, IMAGE_PART],
        [TEXT_PART, OTHER_TEXT_PART],
        [IMAGE_PART, TEXT_PART],
        [TEXT_PART, OTHER_IMAGE_PART],
    ]
    for content in session.choose(contents[:_ALONE], "contents"):
        _ask(session, [content])
    if session.profile.examples:
        session.ask([{"content": [BROKEN_IMAGE_PART]}], model=image_model(session), dimensions=OMIT)  # no crash
    answer = _ask(session, [both, text, *contents[2:]])
    # It may be refused; an answer is held against `dimensions/honored`.
    half, model = answer.vectors[0].size // 2, image_model(session)
    shortened = {"input": [{"content": both}], "dimensions": half, "encoding_format": "base64"}
    session.ask(OMIT, **{"model": model, **shortened})
    if vectors.same(*answer.vectors[:2]):
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


def _ask(session: Session, contents: list[list[Any]]) -> answers.Embedded:
    inputs = [{"content": content} for content in contents]
    return session.embed(inputs, len(inputs), model=image_model(session), dimensions=OMIT)
