"""Features that a target may have or not: each is probed once, by asking for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance import answers
from openrouter_conformance.default_model import modalities
from openrouter_conformance.errors import NotApplicable
from openrouter_conformance.samples import TEXT, TEXT_PART, TOKENS
from openrouter_conformance.session import OMIT, Unsupported

if TYPE_CHECKING:
    from collections.abc import Callable

    from openrouter_conformance.exchange import Exchange
    from openrouter_conformance.session import Session


def refusal_to_shorten(session: Session) -> Unsupported | None:
    """Probe for the feature `dimensions`."""
    return _refusal(session, session.ask(TEXT, dimensions=half_of_native(session)))


def base64_refusal(session: Session) -> Unsupported | None:
    """Probe for the feature `base64`."""
    return _refusal(session, session.ask(TEXT, encoding_format="base64"))


def token_refusal(session: Session) -> Unsupported | None:
    """Probe for the feature `token-ids`."""
    return _refusal(session, session.ask(TOKENS))


def multimodal_refusal(session: Session) -> Unsupported | None:
    """Probe for the feature `multimodal`: a model that reads images and texts takes an input of one text part."""
    model = image_model(session)
    if model is None:
        raise NotApplicable("no listed model reads images")
    return _refusal(session, session.ask([{"content": [TEXT_PART]}], model=model, dimensions=OMIT))


def image_model(session: Session) -> str | None:
    """Return a listed model that reads images and texts, and may be asked, or None."""
    return next(
        (
            str(model["id"])
            for model in session.models
            if {"image", "text"} <= set(modalities(model, "input_modalities"))
            and "id" in model
            and session.target.may_ask(str(model["id"]))
        ),
        None,
    )


def half_of_native(session: Session) -> int:
    """Return the length that the target is probed with: half of the native one, which most models give."""
    return max(1, session.native_dimensions // 2)


def _refusal(session: Session, exchange: Exchange) -> Unsupported | None:
    """Return the lack of a feature when the target refuses it; Blocked when it answers in a way that is none."""
    if answers.is_refusal(exchange):
        return Unsupported(exchange.outline(), exchange)
    session.usable(exchange, lambda: answers.embedded(exchange, 1))
    return None


PROBES: dict[str, Callable[[Session], Unsupported | None]] = {
    "dimensions": refusal_to_shorten,
    "base64": base64_refusal,
    "token-ids": token_refusal,
    "multimodal": multimodal_refusal,
}
"""The probe of each feature, by its name."""
