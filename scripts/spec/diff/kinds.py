"""The kinds of changes: what each is called, what it does to readers and to the package, and oasdiff's id for it.

A kind is `<subject>-<edit>`: `request-property-removed`, `response-enum-value-added`, `parameter-became-required`.
An id is never reused for something else: accepted changes and changelogs refer to it.
"""

from __future__ import annotations

from collections.abc import Iterator

import attrs

BREAKING = "breaking"
WARNING = "warning"
INFO = "info"
SEVERITIES = (BREAKING, WARNING, INFO)
"""How much a change matters to this client as it is installed, worst first."""

MAJOR = "major"
MINOR = "minor"
PATCH = "patch"
BUMPS = (MAJOR, MINOR, PATCH)
"""What a change makes of the next version of the package, once its client is generated again, greatest first."""

BY_NEED = "by-need"
"""The severity of what makes a field unreadable: breaking where it was required, a warning where it was optional."""


@attrs.frozen
class Kind:
    """One kind of change.

    Attributes:
        name: its id.
        readers: its severity for this client where answers change: the client keeps unknown fields and enum values, and
            reads an optional field that it cannot read as None.
        bump: what it makes of the package's next version.
        oasdiff: the id of oasdiff's check for the same thing, if it has one.

    """

    name: str
    readers: str
    bump: str
    oasdiff: str | None


_SUBJECTS = ("request", "parameter", "response", "response-header")
_OASDIFF_SUBJECTS = {
    "request": "request-property",
    "parameter": "request-parameter",
    "response": "response-property",
    "response-header": "response-header",
}

# The edits of a schema: severity for readers, and the bump where the edit is of a request, then of an answer.
_SCHEMA_EDITS: dict[str, tuple[str, str, str]] = {
    "property-removed": (INFO, MAJOR, MAJOR),
    "required-property-removed": (BREAKING, MAJOR, MAJOR),
    "property-added": (INFO, MINOR, MINOR),
    "required-property-added": (INFO, MAJOR, MINOR),
    "property-became-required": (INFO, MAJOR, MINOR),
    "property-became-optional": (BREAKING, MINOR, MAJOR),
    "became-nullable": (BY_NEED, MINOR, MAJOR),
    "became-not-nullable": (INFO, MAJOR, MINOR),
    "enum-value-added": (INFO, MINOR, MINOR),
    "enum-value-removed": (INFO, MAJOR, MAJOR),
    "became-enum": (INFO, MAJOR, MAJOR),
    "enum-dropped": (INFO, MINOR, MAJOR),
    "type-changed": (BY_NEED, MAJOR, MAJOR),
    "type-widened": (BY_NEED, MINOR, MAJOR),
    "type-narrowed": (INFO, MAJOR, MINOR),
    "branch-added": (BY_NEED, MINOR, MAJOR),
    "branch-removed": (INFO, MAJOR, MINOR),
    "additional-properties-allowed": (INFO, MINOR, MINOR),
    "additional-properties-forbidden": (INFO, MAJOR, MINOR),
    "constraint-changed": (WARNING, MAJOR, MINOR),
    "default-value-added": (INFO, MINOR, PATCH),
    "default-value-changed": (INFO, MINOR, PATCH),
    "default-value-removed": (INFO, MINOR, PATCH),
}

BOUNDS = {
    "minimum": "min",
    "maximum": "max",
    "exclusiveMinimum": "exclusive-min",
    "exclusiveMaximum": "exclusive-max",
    "minLength": "min-length",
    "maxLength": "max-length",
    "minItems": "min-items",
    "maxItems": "max-items",
    "minProperties": "min-properties",
    "maxProperties": "max-properties",
}
"""The keywords that bound a value, and their names in the ids of kinds."""

FACETS = {"pattern": "pattern", "format": "format", "multipleOf": "multiple-of", "uniqueItems": "unique-items"}
"""Other keywords with kinds of their own: they are added, removed or changed."""

# Where oasdiff has a check of the same thing under another id than `<its subject>-<edit>`.
_OASDIFF: dict[str, str] = {
    "request-property-added": "new-optional-request-property",
    "request-required-property-added": "new-required-request-property",
    "request-property-removed": "request-property-removed",
    "request-required-property-removed": "request-property-removed",
    "request-property-became-required": "request-property-became-required",
    "request-property-became-optional": "request-property-became-optional",
    "request-type-narrowed": "request-property-type-changed",
    "request-type-widened": "request-property-type-generalized",
    "request-branch-added": "request-property-any-of-added",
    "request-branch-removed": "request-property-any-of-removed",
    "response-property-added": "response-optional-property-added",
    "response-required-property-added": "response-required-property-added",
    "response-property-removed": "response-optional-property-removed",
    "response-required-property-removed": "response-required-property-removed",
    "response-property-became-required": "response-property-became-required",
    "response-property-became-optional": "response-property-became-optional",
    "response-type-widened": "response-property-type-changed",
    "response-type-narrowed": "response-property-type-changed",
    "response-branch-added": "response-property-any-of-added",
    "response-branch-removed": "response-property-any-of-removed",
    "parameter-type-narrowed": "request-parameter-type-changed",
    "parameter-type-widened": "request-parameter-type-generalized",
}
_SENT_EDITS = {
    "became-nullable", "became-not-nullable", "enum-value-added", "enum-value-removed", "became-enum",
    "type-changed", "default-value-added", "default-value-changed", "default-value-removed",
    "pattern-added", "pattern-removed", "pattern-changed",
}  # fmt: skip
_OASDIFF_EDITS = {
    "request": _SENT_EDITS,
    "parameter": _SENT_EDITS,
    "response": {
        "became-nullable", "became-not-nullable", "enum-value-added", "enum-value-removed", "type-changed",
        "pattern-added", "pattern-removed", "pattern-changed",
    },
    "response-header": {"became-nullable", "became-not-nullable", "type-changed"},
}  # fmt: skip
_SENT_BOUNDS = {
    **dict.fromkeys(("min", "max", "exclusive-min", "exclusive-max", "max-length"), "set increased decreased"),
    "min-length": "increased decreased",
    "min-items": "set increased decreased",
}
_OASDIFF_BOUNDS = {
    "request": _SENT_BOUNDS,
    "parameter": {**_SENT_BOUNDS, "max-items": "increased decreased"},
    "response": {
        "max": "increased", "exclusive-max": "increased", "min": "decreased", "exclusive-min": "decreased",
        "max-length": "increased unset", "min-length": "decreased", "min-items": "decreased unset",
    },
}  # fmt: skip
_OASDIFF_VERBS = {"added": "set", "removed": "unset", "increased": "increased", "decreased": "decreased"}

_OTHERS = (
    Kind("operation-removed", BREAKING, MAJOR, "api-removed-without-deprecation"),
    Kind("operation-added", INFO, MINOR, "endpoint-added"),
    Kind("operation-moved", BREAKING, MAJOR, "api-path-removed-without-deprecation"),
    Kind("server-removed", BREAKING, MAJOR, None),
    Kind("server-added", INFO, MINOR, None),
    Kind("security-added", BREAKING, MAJOR, "api-security-added"),
    Kind("security-removed", INFO, MINOR, "api-security-removed"),
    Kind("security-alternative-added", INFO, MINOR, "api-security-added"),
    Kind("security-alternative-removed", BREAKING, MAJOR, "api-security-removed"),
    Kind("parameter-removed", INFO, MAJOR, "request-parameter-removed"),
    Kind("required-parameter-removed", INFO, MAJOR, "request-parameter-removed"),
    Kind("parameter-added", INFO, MINOR, "new-optional-request-parameter"),
    Kind("required-parameter-added", INFO, MAJOR, "new-required-request-parameter"),
    Kind("parameter-became-required", INFO, MAJOR, "request-parameter-became-required"),
    Kind("parameter-became-optional", INFO, MINOR, "request-parameter-became-optional"),
    Kind("parameter-encoding-changed", INFO, MAJOR, None),
    Kind("request-body-added", INFO, MINOR, "request-body-added-optional"),
    Kind("required-request-body-added", INFO, MAJOR, "request-body-added-required"),
    Kind("request-body-removed", INFO, MAJOR, "request-body-removed"),
    Kind("request-body-became-required", INFO, MAJOR, "request-body-became-required"),
    Kind("request-body-became-optional", INFO, MINOR, "request-body-became-optional"),
    Kind("request-media-type-removed", INFO, MAJOR, "request-body-media-type-removed"),
    Kind("request-media-type-added", INFO, MINOR, "request-body-media-type-added"),
    Kind("request-encoding-changed", INFO, MAJOR, None),
    Kind("response-success-status-added", WARNING, MINOR, "response-success-status-added"),
    Kind("response-success-status-removed", INFO, MAJOR, "response-success-status-removed"),
    Kind("response-non-success-status-added", INFO, MINOR, "response-non-success-status-added"),
    Kind("response-non-success-status-removed", INFO, MINOR, "response-non-success-status-removed"),
    Kind("response-media-type-added", INFO, MINOR, "response-media-type-added"),
    Kind("response-media-type-removed", INFO, MINOR, "response-media-type-removed"),
    Kind("response-header-added", INFO, MINOR, "response-header-added"),
    Kind("required-response-header-added", INFO, MINOR, "response-header-added"),
    Kind("response-header-removed", INFO, MINOR, "optional-response-header-removed"),
    Kind("required-response-header-removed", WARNING, MINOR, "required-response-header-removed"),
    Kind("response-header-became-optional", WARNING, MINOR, "response-header-became-optional"),
    Kind("response-header-became-required", INFO, MINOR, None),
    Kind("callbacks-changed", WARNING, MINOR, None),
)


def _schema_kinds() -> Iterator[Kind]:
    for subject in _SUBJECTS:
        answers = subject.startswith("response")
        for edit, (readers, of_request, of_answer) in _SCHEMA_EDITS.items():
            yield Kind(f"{subject}-{edit}", readers, of_answer if answers else of_request, _oasdiff(subject, edit))
        for name in BOUNDS.values():
            for verb in ("added", "removed", "increased", "decreased"):
                yield Kind(f"{subject}-{name}-{verb}", WARNING, MINOR, _oasdiff_bound(subject, name, verb))
        for name in FACETS.values():
            for verb in ("added", "removed", "changed"):
                edit = f"{name}-{verb}"
                yield Kind(f"{subject}-{edit}", WARNING, MINOR, _oasdiff(subject, edit))


def _oasdiff(subject: str, edit: str) -> str | None:
    if edit in _OASDIFF_EDITS[subject]:
        return f"{_OASDIFF_SUBJECTS[subject]}-{edit}"
    return _OASDIFF.get(f"{subject}-{edit}")


def _oasdiff_bound(subject: str, name: str, verb: str) -> str | None:
    known = _OASDIFF_BOUNDS.get(subject, {}).get(name, "").split()
    return f"{_OASDIFF_SUBJECTS[subject]}-{name}-{_OASDIFF_VERBS[verb]}" if _OASDIFF_VERBS[verb] in known else None


KINDS = {kind.name: kind for kind in [*_OTHERS, *_schema_kinds()]}
"""Every kind, by its id."""
