"""From all observations of a run to failures of requirements: what must be equal, what must differ, what adds up.

- `equal_vectors`: vectors that must be the same; `different_vectors`: those that must not
- `counts`: tokens; `costs`: dollars; `fields`: what else answers have alike
- `statuses`: refusals that must be the same; `refusals`: those that must not be
- `model_list`: the list, its entries and its pages
- `reading`: what a model must have read of an input; `wording`: how inputs and differences are called
- `findings`: what is found
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from openrouter_conformance.oracle.contradictions import order
from openrouter_conformance.oracle.laws import Laws
from openrouter_conformance.oracle.relations import (
    costs,
    counts,
    different_vectors,
    equal_vectors,
    fields,
    model_list,
    refusals,
    statuses,
)
from openrouter_conformance.oracle.relations.findings import EMBED, LIST, Findings

if TYPE_CHECKING:
    from openrouter_conformance.oracle.minimal_pairs import Ask
    from openrouter_conformance.oracle.table import Table

__all__ = ["RELATIONS", "Findings", "judge"]

RELATIONS = {
    f"{EMBED}/determinism/repeats-agree": "The vectors of every request that was sent more than once.",
    f"{EMBED}/determinism/repeats-agree-closely": "Repeats where answers do not name the provider that served them.",
    f"{EMBED}/determinism/refusals-repeat": "The statuses of every request that was sent more than once.",
    f"{EMBED}/determinism/requests-are-independent": "Vectors over connections of their own and over kept ones.",
    f"{EMBED}/order/vectors-follow-inputs": "Vectors of a batch that are those of other inputs of it.",
    f"{EMBED}/order/batch-equals-singles": "Every text that was sent alone and in batches, at any place in them.",
    f"{EMBED}/order/duplicates-equal": "Every text that stands twice in a batch.",
    f"{EMBED}/order/one-element-list-equals-string": "Every text that was sent in a list of one and without it.",
    f"{EMBED}/encoding/base64-equals-float": "Every input that was asked for in base64 and in floats.",
    f"{EMBED}/encoding/float-is-default": "Every input that was asked for with `float` and without a format.",
    f"{EMBED}/dimensions/native-dimensions-accepted": "Every input with and without the native length.",
    f"{EMBED}/token-ids/batches-keep-order": "Every list of token ids that was sent alone and in batches.",
    f"{EMBED}/token-ids/one-list-is-one-input": "Every list of token ids, alone and in a list of one.",
    f"{EMBED}/token-ids/whole-floats-are-integers": "Token ids with and without a decimal point.",
    f"{EMBED}/texts/escapes-equal-characters": "Every input in all spellings of its JSON.",
    f"{EMBED}/texts/fitting-texts-answered": "Every text of ASCII that surely fits its model.",
    f"{EMBED}/texts/every-part-read": "Long texts that differ in a few words at one place.",
    f"{EMBED}/parameters/unknown-fields-ignored": "Every input with and without fields of no meaning.",
    f"{EMBED}/parameters/sampling-ignored": "Every input with and without sampling parameters.",
    f"{EMBED}/parameters/input-type-accepted": "Every input with and without a type that changes nothing for others.",
    f"{EMBED}/dimensions/prefix-of-native": "Every input in all lengths of which most are starts of the whole vector.",
    f"{EMBED}/parameters/user-accepted": "Every input with and without `user`.",
    f"{EMBED}/parameters/attribution-accepted": "Every input with and without further headers.",
    f"{EMBED}/protocol/chunked-bodies-read": "Every input in bodies that are sent in chunks and in others.",
    f"{EMBED}/auth/scheme-in-any-case": "Every input with the scheme in lower case.",
    f"{EMBED}/routing/preferences-keep-the-vector": "Every input with and without provider preferences.",
    f"{EMBED}/routing/providers-agree": "Every input that two providers embedded.",
    f"{EMBED}/vectors/different-texts-differ": "All texts of the run that have different words.",
    f"{EMBED}/vectors/models-differ": "Every text that was sent to two models.",
    f"{EMBED}/multimodal/parts-make-one-vector": "Inputs that share a part and differ in another.",
    f"{EMBED}/usage/tokens-follow-input": "The tokens of every input that was sent alone more than once.",
    f"{EMBED}/usage/longer-text-costs-more": "The tokens of texts of which one has four times the words of the other.",
    f"{EMBED}/usage/cost-follows-price": "The cost of every answer beside the listed price.",
    f"{EMBED}/vectors/equal-length": "The lengths of all vectors of a model for which no length was asked.",
    f"{EMBED}/usage/counts-consistent": "Every batch and list of token ids of a model most of which add up.",
    f"{EMBED}/usage/batch-is-sum-of-singles": "Every batch whose inputs were also counted alone or in other batches.",
    f"{EMBED}/usage/token-ids-counted": "The tokens of all lists of token ids beside how many ids they have.",
    f"{EMBED}/usage/cost-follows-tokens": "The cost for a token in every answer of a model.",
    f"{EMBED}/response/id-fresh": "The `id` of every answer.",
    f"{EMBED}/response/fields-alike": "The fields of every answer of a model and provider.",
    f"{EMBED}/response/model-named-alike": "The `model` of every answer.",
    f"{LIST}/catalog/listed-model-embeds": "Every listed model that requests asked for.",
    f"{LIST}/catalog/entries-agree": "Every entry of the list, on every page, with a key and without.",
    f"{LIST}/catalog/repeats-agree": "Every answer with the whole list.",
    f"{LIST}/pagination/total-count-is-whole": "`total_count` of every page.",
    f"{LIST}/pagination/pages-are-slices": "Every page beside the whole list.",
    f"{LIST}/pagination/next-leads-on": "The `links.next` of every page beside the whole list.",
}
"""By requirement: which observations are held against each other."""

_PLAIN = (
    equal_vectors.encodings_agree,
    equal_vectors.providers_agree,
    equal_vectors.lengths_agree,
    different_vectors.inputs_differ,
    different_vectors.models_differ,
    counts.longer_texts_count_more,
    counts.token_ids_count,
    costs.costs_follow_the_list,
    fields.names_agree,
    fields.fields_agree,
    model_list.entries_agree,
    model_list.pages_agree,
)


def judge(table: Table, ask: Ask | None = None) -> Findings:
    """Hold all observations of a run against each other.

    Args:
        table: the observations.
        ask: sends a request again to narrow a contradiction down; None where nothing may be asked any more.

    """
    findings = Findings()
    table.sort(order)
    known = Laws(table.vectors)
    equal_vectors.vectors_agree(table, known, findings, ask)
    statuses.statuses_agree(table, findings, ask)
    refusals.listed_models_answered(table, findings, ask)
    refusals.fitting_texts_answered(table, findings, ask)
    counts.tokens_agree(table, known, findings, ask)
    counts.batches_add_up(table, known, findings)
    counts.counts_are_consistent(table, known, findings)
    costs.costs_follow_tokens(table, findings, ask)
    for relation in _PLAIN:
        relation(table, findings)
    return findings
