"""Two pins → every change that is visible on the wire, worst first, each with who is affected and a witness."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from spec.canonical import json_text
from spec.diff.decide import PROVEN, Evidence, Shape, Verdict
from spec.diff.edits import Edit, list_edits
from spec.diff.kinds import BREAKING, BY_NEED, INFO, KINDS, SEVERITIES, WARNING, Kind
from spec.diff.lifting import Step
from spec.diff.parts import NO_KEY, REQUEST, RESPONSE, PartId, Parts, operations_of
from spec.diff.readings import as_written

CALLERS = "callers"
READERS = "readers"
SERVERS = "servers"
PARTIES = (CALLERS, READERS, SERVERS)
"""Who a change affects.

Callers: a request that was accepted may now be refused. Readers: an answer may now hold what a strict reader refuses.
Servers: one that keeps the old contract does not keep the new one.
"""

_NOT_JSON = {
    "address", "server", "security", "body presence", "media type", "status", "callbacks", "encoding",
}  # fmt: skip
"""The parts that are no JSON: a witness of them is the name of what one side has and the other lacks."""

_IN_BRACES = re.compile(r"\{([^{}]*)\}")
"""A parameter in a path: its name is nowhere on the wire."""

_PARAMETERS = frozenset({"query", "path", "header", "cookie"})


@attrs.frozen
class Effect:
    """What a change does to one party.

    Attributes:
        party: callers, readers or servers.
        evidence: a witness; proven, that this party is not affected; or undecided.
        accepted_by: the side that accepts the witness, `old` or `new`; the other refuses it.
        witness: the smallest value found at the place of the change, if there is a witness.
        message: the whole body, or all parameters of the place, with the witness in it.
        undeclared: whether the other side refuses the witness only because it declares less than is sent: as the
            document is written, it accepts any further property.

    """

    party: str
    evidence: Evidence
    accepted_by: str
    witness: Any = None
    message: Any = None
    undeclared: bool = False


@attrs.frozen
class Change:
    """One change of an operation.

    Attributes:
        operation: its name in the pin.
        part: which part of it.
        path: where in the part, as a JSONPath; for a parameter, its name.
        kind: what kind of change.
        severity: how much it matters to this client as it is installed.
        detail: what was added, removed or changed to.
        effects: what it does to each party; those that are proven not to be affected come last.

    """

    operation: str
    part: PartId
    path: str
    kind: Kind
    severity: str
    detail: Any
    effects: tuple[Effect, ...]

    @property
    def affected(self) -> tuple[str, ...]:
        """The parties that the change affects, or may affect."""
        return tuple(effect.party for effect in self.effects if effect.evidence is not Evidence.PROVEN)

    @property
    def undecided(self) -> bool:
        """Whether neither algebra nor the search decided what the change does to someone."""
        return any(effect.evidence is Evidence.UNDECIDED for effect in self.effects)

    @property
    def place(self) -> str:
        """The part and the path in it, in one text: `request body $.input`, `response 200 body $.data[*].index`."""
        words = [self.part.side, self.part.status, self.part.what if self.part.what != "address" else ""]
        return " ".join(word for word in [*words, self.path] if word)


def compare(old: dict[str, Any], new: dict[str, Any]) -> list[Change]:
    """Return what changed between two pins, worst first.

    Args:
        old: a pin, as `build_pin` makes it.
        new: a later one.

    Raises:
        InputError: one of them cannot be compared.

    """
    befores, afters = operations_of(old), operations_of(new)
    old_parts, new_parts = Parts(old), Parts(new)
    changes: list[Change] = []
    for name in sorted(befores.keys() | afters.keys()):
        if name not in afters:
            changes.append(_whole(name, "operation-removed", befores[name].place, CALLERS, "old"))
        elif name not in befores:
            changes.append(_whole(name, "operation-added", afters[name].place, SERVERS, "new"))
        else:
            before, after = befores[name], afters[name]
            after_parts = new_parts.of(after, _renamed(before.path, after.path))
            changes += _operation_changes(name, old_parts.of(before), after_parts)
    distinct = {repr(change): change for change in changes}  # branches that are alike change alike
    return sorted(distinct.values(), key=_order)


def _renamed(old: str, new: str) -> dict[str, str]:
    """Return the names in a new path by those in the old one, where nothing else of the path has changed."""
    if _IN_BRACES.sub("{}", old) != _IN_BRACES.sub("{}", new):
        return {}
    return dict(zip(_IN_BRACES.findall(new), _IN_BRACES.findall(old), strict=True))


def _order(change: Change) -> tuple[Any, ...]:
    first = min((PARTIES.index(party) for party in change.affected), default=len(PARTIES))
    return (
        SEVERITIES.index(change.severity), first, change.operation, change.part, change.path, change.kind.name,
        json_text(change.detail),
    )  # fmt: skip


def _whole(operation: str, kind: str, place: str, party: str, side: str) -> Change:
    effect = Effect(party, Evidence.WITNESS, side, place, place)
    severity = BREAKING if kind == "operation-removed" else INFO
    return Change(operation, PartId(REQUEST, "", "address"), "", KINDS[kind], severity, place, (effect,))


def _operation_changes(name: str, old: dict[PartId, Any], new: dict[PartId, Any]) -> Iterator[Change]:
    for part in sorted(old.keys() | new.keys()):
        if part.what == "status":
            yield from _status_changes(name, part, old, new)
        elif part.status:
            continue  # compared status by status
        elif part in old and part in new:
            yield from _part_changes(name, part, old[part], new[part])
        elif part.what == "callbacks":
            before, after = old.get(part, False), new.get(part, False)
            yield from _part_changes(name, part, before, after)


def _status_changes(name: str, part: PartId, old: dict[PartId, Any], new: dict[PartId, Any]) -> Iterator[Change]:
    """Yield the changes of declared statuses, and of what is answered with each; ranges stand for all they hold."""
    before, after = _texts(old.get(part)), _texts(new.get(part))
    for status in sorted({*before, *after}):
        one, other = _declared(status, before), _declared(status, after)
        if one and other:
            yield from _answer_changes(name, status, _filed(old, one), _filed(new, other))
        elif other and (example := _undeclared_number(status, before)):
            yield _status_change(name, part, status, example, "added")
        elif one and (example := _undeclared_number(status, after)):
            yield _status_change(name, part, status, example, "removed")


def _filed(parts: dict[PartId, Any], status: str) -> dict[PartId, Any]:
    return {part: schema for part, schema in parts.items() if part.status == status}


def _texts(schema: Any) -> list[str]:
    return list(schema["enum"]) if isinstance(schema, dict) else []


def _declared(status: str, declared: Sequence[str]) -> str | None:
    """Return the entry of a list of responses that describes a status: itself, its range, or the default."""
    return next((each for each in (status, f"{status[:1]}XX", "default") if each in declared), None)


def _undeclared_number(status: str, declared: Sequence[str]) -> int | None:
    """Return the first status that an entry stands for and a list of responses does not describe."""
    if status == "default":
        numbers: Sequence[int] = [*range(500, 600), *range(200, 500), *range(100, 200)]
    elif status.endswith("XX"):
        numbers = range(int(status[0]) * 100, int(status[0]) * 100 + 100)
    else:
        numbers = [int(status)]
    return next((number for number in numbers if not _declared(str(number), declared)), None)


def _status_change(name: str, part: PartId, status: str, example: int, verb: str) -> Change:
    success = "success" if status.startswith("2") else "non-success"
    kind = KINDS[f"response-{success}-status-{verb}"]
    party, side = (READERS, "new") if verb == "added" else (SERVERS, "old")
    severity = kind.readers if party == READERS else INFO
    return Change(
        name, part, status, kind, severity, status, (Effect(party, Evidence.WITNESS, side, example, example),)
    )


def _answer_changes(name: str, status: str, old: dict[PartId, Any], new: dict[PartId, Any]) -> Iterator[Change]:
    """Yield the changes of what is answered with a status.

    Args:
        name: the name of the operation.
        status: the status.
        old: the parts that the old document has for it, perhaps under its range or the default.
        new: those of the new document.

    """
    before = {attrs.evolve(part, status=status): schema for part, schema in old.items()}
    after = {attrs.evolve(part, status=status): schema for part, schema in new.items()}
    for part in sorted(before.keys() & after.keys()):
        yield from _part_changes(name, part, before[part], after[part])


def _part_changes(name: str, part: PartId, old: Any, new: Any) -> Iterator[Change]:
    if part.what == "address":
        yield from _address_change(name, part, old, new)
        return
    for edit in _edits(json_text(old), json_text(new)):
        if part.side == RESPONSE and edit.name.startswith("default-value"):
            continue  # what a reader assumes is not on the wire
        yield _change(name, part, edit, old, new)


def _address_change(name: str, part: PartId, old: Any, new: Any) -> Iterator[Change]:
    (before,), (after,) = _texts(old), _texts(new)
    if _IN_BRACES.sub("{}", before) != _IN_BRACES.sub("{}", after):
        effects = (
            Effect(CALLERS, Evidence.WITNESS, "old", before, before),
            Effect(SERVERS, Evidence.WITNESS, "new", after, after),
        )
        yield Change(name, part, "", KINDS["operation-moved"], BREAKING, f"{before} → {after}", effects)


@functools.lru_cache(maxsize=1024)
def _edits(old: str, new: str) -> tuple[Edit, ...]:
    """Return the edits between two schemas, given as texts: the bodies of errors are alike, and are compared once."""
    return tuple(list_edits(json.loads(old), json.loads(new)))


def _change(name: str, part: PartId, edit: Edit, old: Any, new: Any) -> Change:
    kind = KINDS[_kind_name(part, edit, old, new)]
    losing, gaining = (CALLERS, SERVERS) if part.side == REQUEST else (SERVERS, READERS)
    effects = [_effect(losing, "old", edit.lost, new), _effect(gaining, "new", edit.gained, old)]
    effects.sort(key=lambda effect: (effect.evidence is Evidence.PROVEN, PARTIES.index(effect.party)))
    severity = min((_severity(effect, kind, edit) for effect in effects), key=SEVERITIES.index)
    return Change(name, part, _path(part, edit), kind, severity, edit.detail, tuple(effects))


def _effect(party: str, side: str, verdict: Verdict, refusing: Any) -> Effect:
    known = verdict.evidence is Evidence.WITNESS
    undeclared = known and Shape(as_written(refusing)).accepts(verdict.whole)
    return Effect(party, verdict.evidence, side, verdict.value, verdict.whole, undeclared)


def _severity(effect: Effect, kind: Kind, edit: Edit) -> str:
    if effect.evidence is Evidence.PROVEN or effect.party == SERVERS:
        return INFO
    if effect.party == CALLERS:
        return BREAKING
    if kind.readers == BY_NEED:
        return BREAKING if edit.was_required else WARNING
    return kind.readers


def _kind_name(part: PartId, edit: Edit, old: Any, new: Any) -> str:
    """Return the id of the kind of an edit in a part."""
    if part.what in _NOT_JSON:
        return _name_outside_json(part, edit, old, new)
    if part.what == "body":
        return f"{part.side}-{edit.name}"
    subject = "response-header" if part.side == RESPONSE else "parameter"
    if len(edit.path) > 1 or "property" not in edit.name:
        return f"{subject}-{edit.name}"
    required, _, verb = edit.name.rpartition("property-")
    return f"{required}{subject}-{verb}"


def _name_outside_json(part: PartId, edit: Edit, old: Any, new: Any) -> str:
    verb = "added" if edit.lost == PROVEN else "removed"
    match part.what:
        case "server":
            return f"server-{verb}"
        case "media type":
            return f"{part.side}-media-type-{verb}"
        case "security":
            return _security_kind(_texts(old), _texts(new), verb)
        case "body presence":
            return _body_kind(_texts(old), _texts(new))
        case "callbacks":
            return "callbacks-changed"
        case _:
            return "request-encoding-changed" if "/" in part.media_type else "parameter-encoding-changed"


def _security_kind(old: list[str], new: list[str], verb: str) -> str:
    if verb == "removed" and NO_KEY in old and NO_KEY not in new:
        return "security-added"
    if verb == "added" and NO_KEY in new and NO_KEY not in old:
        return "security-removed"
    return f"security-alternative-{verb}"


def _body_kind(old: list[str], new: list[str]) -> str:
    if old == ["absent"]:
        return "required-request-body-added" if new == ["present"] else "request-body-added"
    if new == ["absent"]:
        return "request-body-removed"
    return "request-body-became-required" if new == ["present"] else "request-body-became-optional"


def _path(part: PartId, edit: Edit) -> str:
    if part.what in {"media type", "server", "security"}:
        return str(edit.detail)
    if part.what == "encoding":
        return part.media_type
    if part.what in _NOT_JSON:
        return ""
    if part.what in _PARAMETERS:
        named = [str(key) for kind, key in edit.path[:1] if kind == "property"]
        return "".join(named) + json_path(edit.path[len(named) :]).removeprefix("$")
    return f"{part.media_type} {json_path(edit.path)}" if _needs_media_type(part) else json_path(edit.path)


def _needs_media_type(part: PartId) -> bool:
    return part.media_type not in {"", "application/json"}


def json_path(steps: Sequence[Step]) -> str:
    """Return where an edit stands as a JSONPath: `$.data[*].embedding`."""
    text = "$"
    for kind, key in steps:
        if kind == "property":
            text += f".{key}" if str(key).isidentifier() else f"[{json_text(key)}]"
        elif kind == "prefix":
            text += f"[{key}]"
        elif kind in {"items", "additional"}:
            text += "[*]" if kind == "items" else ".*"
    return text
