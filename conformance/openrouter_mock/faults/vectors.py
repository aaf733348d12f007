"""Faults in the numbers of a vector."""

# What a stage returns is known to the stage only:
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs
import numpy as np

from openrouter_mock.call import Input, is_token_ids
from openrouter_mock.faults.fault import Stage, fault

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from openrouter_mock.call import Call, Embedded

    Vector = NDArray[np.float32]

_FIRST_LETTERS = 24


def _normalized(vector: NDArray[Any]) -> Vector:
    normalized: Vector = (vector / np.linalg.norm(vector)).astype("<f4")
    return normalized


def _perturbed(vector: Vector, seed: int) -> Vector:
    """Return *vector* with noise added: normalized, with a cosine of about 0.98 to the original."""
    noise = np.random.default_rng(seed).standard_normal(len(vector)) / np.sqrt(len(vector))
    return _normalized(vector + 0.2 * noise)


@fault("vector")
def ignores_dimensions(vector: Stage, call: Call, given: Input) -> Vector:
    """Vectors have the native dimensions, whatever `dimensions` asks for."""
    fields = {name: value for name, value in call.fields.items() if name != "dimensions"}
    native: Vector = vector(attrs.evolve(call, fields=fields), given)
    return native


@fault("vector")
def vectors_one_too_short(vector: Stage, call: Call, given: Input) -> Vector:
    """Vectors have one number less than `dimensions` asks for."""
    whole: Vector = vector(call, given)
    return whole[:-1] if "dimensions" in call.fields and len(whole) > 1 else whole


@fault("vector")
def rounds_dimensions_up(vector: Stage, call: Call, given: Input) -> Vector:
    """Vectors are padded with zeros to a multiple of 64 numbers."""
    whole: Vector = vector(call, given)
    return np.pad(whole, (0, -len(whole) % 64))


@fault("vector")
def shortens_to_the_last_numbers(vector: Stage, call: Call, given: Input) -> Vector:
    """A shortened vector is the end of the native one instead of its beginning."""
    longest: Vector = vector(attrs.evolve(call, fields={"dimensions": call.chosen_model.max_dimensions}), given)
    return _normalized(longest[-call.dimensions :]) if "dimensions" in call.fields else vector(call, given)


@fault("vector")
def short_vectors_unrelated_to_native(vector: Stage, call: Call, given: Input) -> Vector:
    """Shortened vectors are unrelated to the native one, instead of a prefix of it."""
    salted = (*given.tokens, call.dimensions) if "dimensions" in call.fields else given.tokens
    other: Vector = vector(call, Input(salted))
    return other


@fault("vector")
def short_vectors_not_normalised(vector: Stage, call: Call, given: Input) -> Vector:
    """A shortened vector is truncated but not normalized to L2 norm 1."""
    whole: Vector = vector(attrs.evolve(call, fields={}), given)
    return whole[: call.dimensions]


@fault("embed")
def shortens_first_vector_only(embed: Stage, call: Call, given: Input) -> Embedded:
    """In a batch, `dimensions` applies to the first input only."""
    fields = {name: value for name, value in call.fields.items() if not given.position or name != "dimensions"}
    embedded: Embedded = embed(attrs.evolve(call, fields=fields), given)
    return embedded


@fault("vector")
def batch_differs_from_singles(vector: Stage, call: Call, given: Input) -> Vector:
    """A text gets a different vector in a batch than alone."""
    whole: Vector = vector(call, given)
    return _perturbed(whole, len(call.inputs)) if len(call.inputs) > 1 else whole


@fault("vector")
def batch_of_one_differs_from_text(vector: Stage, call: Call, given: Input) -> Vector:
    """A list of one text gets a different vector than the text itself."""
    whole: Vector = vector(call, given)
    batch = call.fields["input"]
    of_one_text = isinstance(batch, list) and len(batch) == 1 and isinstance(batch[0], str)
    return _perturbed(whole, 1) if of_one_text else whole


@fault("vector")
def later_inputs_drift(vector: Stage, call: Call, given: Input) -> Vector:
    """Equal texts in one batch get different vectors."""
    whole: Vector = vector(call, given)
    return _perturbed(whole, given.position) if given.position else whole


@fault("vector")
def repeated_inputs_drift(vector: Stage, call: Call, given: Input) -> Vector:
    """A text that stands in a batch a second time gets a slightly different vector there."""
    whole: Vector = vector(call, given)
    earlier = [each.source for each in call.inputs[: given.position]]
    return _perturbed(whole, given.position) if given.source in earlier else whole


@fault("vector")
def drifts_between_calls(vector: Stage, call: Call, given: Input) -> Vector:
    """Each call gives a text a slightly different vector."""
    return _perturbed(vector(call, given), call.number)


@fault("vector")
def nan_in_vector(vector: Stage, call: Call, given: Input) -> Vector:
    """One number of each vector is NaN, which JSON writes as null."""
    whole: Vector = vector(call, given)
    whole[len(whole) // 2] = np.nan
    return whole


@fault("vector")
def zero_vectors(vector: Stage, call: Call, given: Input) -> Vector:
    """Every vector is all zeros."""
    return np.zeros_like(vector(call, given))


@fault("vector")
def zero_vector_for_token_ids(vector: Stage, call: Call, given: Input) -> Vector:
    """Token ids get a vector of zeros."""
    whole: Vector = vector(call, given)
    return np.zeros_like(whole) if is_token_ids(given.source) else whole


@fault("vector")
def same_vector_for_all_texts(vector: Stage, call: Call, given: Input) -> Vector:  # noqa: ARG001
    """Every text gets the same vector."""
    same: Vector = vector(call, Input((1,)))
    return same


@fault("vector")
def same_vector_for_token_ids(vector: Stage, call: Call, given: Input) -> Vector:
    """All lists of token ids get the same vector."""
    same: Vector = vector(call, Input((1,)) if is_token_ids(given.source) else given)
    return same


@fault("vector")
def reads_beginning_of_long_texts_only(vector: Stage, call: Call, given: Input) -> Vector:
    """Texts are silently truncated to their first 32 tokens."""
    whole: Vector = vector(call, Input(given.tokens[:32]))
    return whole


@fault("vector")
def drops_characters_beyond_ascii(vector: Stage, call: Call, given: Input) -> Vector:
    """Characters beyond ASCII are dropped before embedding."""
    if not isinstance(given.source, str):
        return vector(call, given)
    plain: Vector = vector(call, Input(given.source.encode("ascii", "ignore").decode()))
    return plain


@fault("vector")
def shifts_numbers(vector: Stage, call: Call, given: Input) -> Vector:
    """A constant is added to every number, so that all texts look alike."""
    whole: Vector = vector(call, given)
    return (whole + 1).astype("<f4")
