"""Two schemas → the edits that lead from one to the other, each at the smallest place that differs, with its evidence.

The comparison descends through properties, items and branches side by side. Where two schemas differ in a keyword it
asks whether that edit alone lets one side accept what the other refuses, by algebra and then by a search; the witness
is then put back into the whole message, step by step, and asked again on every level: what another branch makes good
is no change.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import attrs

from spec.canonical import json_text
from spec.diff.alternatives import (
    COMPOUND,
    NOT_COMPARED,
    Schema,
    alternatives_of,
    follow,
    is_reference,
    leftover_name,
    match,
    mentions_reference,
    summarize,
    with_definitions,
)
from spec.diff.decide import LARGE, PROVEN, UNDECIDED, Evidence, Shape, Verdict, covers, differences, smallest, without
from spec.diff.instances import instances, named_values, numbers_in
from spec.diff.kinds import BOUNDS, FACETS
from spec.diff.lifting import (
    NOTHING,
    Direction,
    Frame,
    Step,
    filled,
    lifted,
    messages_with,
    sides,
    was_required,
)
from spec.diff.readings import DEFINITIONS
from spec.json_schema import distinct_values, types_of

_LIFTED = 24
_DESCENDED = {"properties", "required", "additionalProperties", "items", "prefixItems", "type", "enum"}


@attrs.frozen
class Edit:
    """One edit of a schema, and what is known of it.

    Attributes:
        name: the part of a kind's id after its subject.
        path: where, as steps from the root of the message.
        detail: what was added, removed or changed to, to be shown.
        was_required: whether the old schema required the property that the path ends in.
        lost: whether the old schema accepts, because of it, what the new one refuses.
        gained: whether the new schema accepts, because of it, what the old one refuses.

    """

    name: str
    path: tuple[Step, ...]
    detail: Any
    was_required: bool
    lost: Verdict
    gained: Verdict


@attrs.frozen
class _Candidate:
    """An edit that may matter: its name, and for both directions values to try and the schemas with it alone.

    `after` is the old schema with the edit, `before` the new one without it.
    """

    name: str
    detail: Any = None
    step: Step | None = None
    lost_first: Iterable[Any] = ()
    gained_first: Iterable[Any] = ()
    after: Schema = NOTHING
    before: Schema = NOTHING


def list_edits(old: Schema, new: Schema) -> list[Edit]:
    """Return the edits that lead from one schema to another; none when both accept the same values.

    Args:
        old: a schema as `ClosedReading` gives it.
        new: the other.

    """
    found = list(_Comparison(old, new).edits(old, new, ()))
    return [*found, *_edit_of_whole(old, new, found)]


def _edit_of_whole(old: Schema, new: Schema, found: Sequence[Edit]) -> Iterator[Edit]:
    """Yield an edit for a direction that no edit explains.

    Under `oneOf`, `not` and `if` a part that accepts less may let the whole accept more; elsewhere it never does.
    """
    text = json_text([old, new])
    if not any(f'"{keyword}":' in text for keyword in ("oneOf", "not", "if")):
        return
    asker = _Asker((), Shape(old), Shape(new))
    lost = all(edit.lost == PROVEN for edit in found)
    gained = all(edit.gained == PROVEN for edit in found)
    for edit in asker.ask(_Candidate("type-changed", "under oneOf, not or if"), lost=lost, gained=gained):
        if Evidence.WITNESS in {edit.lost.evidence, edit.gained.evidence}:
            yield attrs.evolve(edit, name="type-narrowed" if edit.lost != PROVEN else "type-widened")


class _Comparison:
    """The comparison of two messages, with what it has met on the way."""

    def __init__(self, old: Schema, new: Schema) -> None:
        self._old_definitions = old.get(DEFINITIONS, {}) if isinstance(old, dict) else {}
        self._new_definitions = new.get(DEFINITIONS, {}) if isinstance(new, dict) else {}
        self._met: set[tuple[str, str]] = set()

    def _old(self, schema: Schema) -> Shape:
        return Shape(with_definitions(schema, self._old_definitions))

    def _new(self, schema: Schema) -> Shape:
        return Shape(with_definitions(schema, self._new_definitions))

    def edits(self, old: Schema, new: Schema, frames: tuple[Frame, ...]) -> Iterator[Edit]:
        """Yield the edits between two schemas that stand below some frames."""
        if json_text(old) == json_text(new) and not self._definitions_differ(old, new):
            return
        if is_reference(old) or is_reference(new):
            pair = json_text(old), json_text(new)
            if pair in self._met:
                return
            self._met.add(pair)
            old, new = follow(old, self._old_definitions), follow(new, self._new_definitions)
        old_shape, new_shape = self._old(old), self._new(new)
        yield from _default_edits(old, new, frames)
        if covers(old_shape, new_shape) and covers(new_shape, old_shape):
            if not frames or _mentions_default(old) or _mentions_default(new):
                yield from self._defaults_below(old, new, frames)
            return
        yield from self._branches(old, new, frames, old_shape, new_shape)

    def _definitions_differ(self, old: Schema, new: Schema) -> bool:
        return mentions_reference(old, new) and self._old_definitions != self._new_definitions

    def _defaults_below(self, old: Schema, new: Schema, frames: tuple[Frame, ...]) -> Iterator[Edit]:
        """Yield the changes of default values below two schemas that accept the same values."""
        if not (isinstance(old, dict) and isinstance(new, dict)):
            return
        old_known, new_known = old.get("properties", {}), new.get("properties", {})
        for name in sorted(old_known.keys() & new_known.keys()):
            below = (*frames, Frame(self._old(old), self._new(new), ("property", name)))
            yield from _default_edits(old_known[name], new_known[name], below)
            yield from self._defaults_below(old_known[name], new_known[name], below)

    # Alternatives: the types and branches of a schema, one by one.

    def _branches(
        self, old: Schema, new: Schema, frames: tuple[Frame, ...], old_shape: Shape, new_shape: Shape
    ) -> Iterator[Edit]:
        olds = alternatives_of(old, self._old_definitions)
        news = alternatives_of(new, self._new_definitions)
        pairs, removed, added = match(olds, news)
        several = len(olds) > 1 or len(news) > 1
        below = (*frames, Frame(old_shape, new_shape, ("branch", ""))) if several else frames
        for one, other in pairs:
            yield from self._pair(one, other, below)
        here = _Asker(frames, old_shape, new_shape)
        if removed and added and not pairs and len(removed) == len(added) == 1:
            names = ["type-changed"]
            groups: list[tuple[str, list[Schema], list[Schema]]] = [("type-changed", removed, added)]
        else:
            names = []
            groups = [(leftover_name(alternative, news, "removed"), [alternative], []) for alternative in removed]
            groups += [(leftover_name(alternative, olds, "added"), [], [alternative]) for alternative in added]
        for name, gone, come in groups:
            detail = " → ".join(summarize(part) for part in [*gone, *come]) if names else summarize([*gone, *come][0])
            candidate = _Candidate(
                name,
                detail,
                lost_first=_values(gone, self._old_definitions, new),
                gained_first=_values(come, self._new_definitions, old),
                after=_any_of(olds, gone),
                before=_any_of(news, come),
            )
            yield from here.ask(candidate, lost=bool(gone), gained=bool(come))

    def _pair(self, old: Schema, new: Schema, frames: tuple[Frame, ...]) -> Iterator[Edit]:
        """Yield the edits between two schemas of one type, or of none."""
        if json_text(old) == json_text(new) and not self._definitions_differ(old, new):
            return
        old_shape, new_shape = self._old(old), self._new(new)
        if covers(old_shape, new_shape) and covers(new_shape, old_shape):
            yield from self._defaults_below(old, new, frames)
            return
        asker = _Asker(frames, old_shape, new_shape)
        if not isinstance(old, dict) or not isinstance(new, dict) or (old.keys() | new.keys()) & COMPOUND:
            yield from asker.ask_whole()
            return
        if old.get("type") != new.get("type"):
            yield from asker.ask(_type_edit(old, new))
        yield from self._enums(old, new, asker)
        yield from self._objects(old, new, frames, asker)
        yield from self._arrays(old, new, frames)
        for keyword in sorted((old.keys() | new.keys()) - _DESCENDED - NOT_COMPARED):
            if json_text(old.get(keyword)) != json_text(new.get(keyword)):
                candidate = _keyword_edit(keyword, old, new)
                if keyword == "patternProperties":
                    candidate = attrs.evolve(candidate, lost_first=named_values(new), gained_first=named_values(old))
                yield from asker.ask(candidate)

    @staticmethod
    def _enums(old: dict[str, Any], new: dict[str, Any], asker: _Asker) -> Iterator[Edit]:
        before, after = old.get("enum"), new.get("enum")
        if before is None or after is None:
            if before != after:
                name = "became-enum" if before is None else "enum-dropped"
                yield from asker.ask(_swapped(name, "enum", old, new, after if before is None else before))
            return
        texts_before, texts_after = {json_text(value) for value in before}, {json_text(value) for value in after}
        for value in before:
            if json_text(value) not in texts_after:
                candidate = _Candidate(
                    "enum-value-removed", value, lost_first=[value], after=_without_value(old, value)
                )
                yield from asker.ask(candidate, gained=False)
        for value in after:
            if json_text(value) not in texts_before:
                candidate = _Candidate(
                    "enum-value-added", value, gained_first=[value], before=_without_value(new, value)
                )
                yield from asker.ask(candidate, lost=False)

    # Arrays.

    def _arrays(self, old: dict[str, Any], new: dict[str, Any], frames: tuple[Frame, ...]) -> Iterator[Edit]:
        old_shape, new_shape = self._old(old), self._new(new)
        before, after = old.get("prefixItems", []), new.get("prefixItems", [])
        for index in range(max(len(before), len(after))):
            one = before[index] if index < len(before) else old.get("items", True)
            other = after[index] if index < len(after) else new.get("items", True)
            yield from self.edits(one, other, (*frames, Frame(old_shape, new_shape, ("prefix", index))))
        below = (*frames, Frame(old_shape, new_shape, ("items", "")))
        yield from self.edits(old.get("items", True), new.get("items", True), below)

    # Objects.

    def _objects(
        self, old: dict[str, Any], new: dict[str, Any], frames: tuple[Frame, ...], asker: _Asker
    ) -> Iterator[Edit]:
        old_known, new_known = old.get("properties", {}), new.get("properties", {})
        old_extra, new_extra = old.get("additionalProperties", True), new.get("additionalProperties", True)
        for name in sorted(old_known.keys() | new_known.keys()):
            before, after = old_known.get(name, old_extra), new_known.get(name, new_extra)
            if name in new_known and before is False and after is not False:
                yield from asker.ask(self._added(name, old, new))
            elif before is not False and name not in new_known and (after is False or not _declares(new)):
                yield from asker.ask(self._removed(name, old, new))
            else:
                if (name in old.get("required", ())) != (name in new.get("required", ())):
                    yield from asker.ask(self._need(name, old, new))
                below = (*frames, Frame(asker.old, asker.new, ("property", name)))
                yield from self.edits(before, after, below)
        undeclared = {*old.get("required", ()), *new.get("required", ())} - old_known.keys() - new_known.keys()
        for name in sorted(undeclared):
            if (name in old.get("required", ())) != (name in new.get("required", ())):
                yield from asker.ask(self._need(name, old, new))
        if (old_extra is False) != (new_extra is False):
            name = "additional-properties-forbidden" if new_extra is False else "additional-properties-allowed"
            yield from asker.ask(_swapped(name, "additionalProperties", old, new, None))
        elif old_extra is not False:
            below = (*frames, Frame(asker.old, asker.new, ("additional", "")))
            yield from self.edits(old_extra, new_extra, below)

    def _removed(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> _Candidate:
        required = name in old.get("required", ())
        values = itertools.islice(_instances(old["properties"][name], self._old_definitions), 4)
        return _Candidate(
            "required-property-removed" if required else "property-removed",
            name,
            ("property", name),
            lost_first=[self._filled(old, new, {name: value}) for value in values],
            gained_first=[self._filled(new, old, {}, without=name, old_accepts=False)] if required else [],
            after=_without_property(old, name),
            before=_with_property(new, name, old),
        )

    def _added(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> _Candidate:
        required = name in new.get("required", ())
        values = itertools.islice(_instances(new["properties"][name], self._new_definitions), 4)
        return _Candidate(
            "required-property-added" if required else "property-added",
            name,
            ("property", name),
            lost_first=[self._filled(old, new, {}, without=name)] if required else [],
            gained_first=[self._filled(new, old, {name: value}, old_accepts=False) for value in values],
            after=_with_property(old, name, new),
            before=_without_property(new, name),
        )

    def _need(self, name: str, old: dict[str, Any], new: dict[str, Any]) -> _Candidate:
        required = name in new.get("required", ())
        return _Candidate(
            "property-became-required" if required else "property-became-optional",
            name,
            ("property", name),
            lost_first=[self._filled(old, new, {}, without=name)] if required else [],
            gained_first=[] if required else [self._filled(new, old, {}, without=name, old_accepts=False)],
            after=_requiring(old, name, required=required),
            before=_requiring(new, name, required=not required),
        )

    def _filled(
        self,
        accepting: dict[str, Any],
        refusing: dict[str, Any],
        fixed: dict[str, Any],
        *,
        without: str | None = None,
        old_accepts: bool = True,
    ) -> dict[str, Any]:
        """Return the smallest object with some properties that one schema accepts, and nothing else to refuse."""
        own, others = self._old_definitions, self._new_definitions
        if not old_accepts:
            own, others = others, own
        return filled(with_definitions(accepting, own), with_definitions(refusing, others), fixed, without=without)


@attrs.frozen
class _Asker:
    """Asks of edits between two schemas what they do to the whole message."""

    frames: tuple[Frame, ...]
    old: Shape
    new: Shape

    def ask(self, candidate: _Candidate, *, lost: bool = True, gained: bool = True) -> Iterator[Edit]:
        """Yield the edit of a candidate, unless it is proven that it does nothing.

        Args:
            candidate: the edit that may matter.
            lost: whether it can make the new schema refuse anything.
            gained: whether it can make the new schema accept anything.

        """
        verdicts = (
            self._verdict("lost", candidate.lost_first, candidate.after) if lost else PROVEN,
            self._verdict("gained", candidate.gained_first, candidate.before) if gained else PROVEN,
        )
        if verdicts != (PROVEN, PROVEN):
            path = tuple(frame.step for frame in self.frames)
            yield Edit(
                candidate.name,
                (*path, candidate.step) if candidate.step else path,
                candidate.detail,
                was_required(self.frames),
                *verdicts,
            )

    def ask_whole(self) -> Iterator[Edit]:
        """Yield the edit from one schema to the other as a whole, named after what it does."""
        for edit in self.ask(
            _Candidate("type-changed", f"{summarize(self.old.schema)} → {summarize(self.new.schema)}")
        ):
            names = {(True, False): "type-narrowed", (False, True): "type-widened"}
            seen = (edit.lost != PROVEN, edit.gained != PROVEN)
            yield attrs.evolve(edit, name=names.get(seen, "type-changed"))

    def _verdict(self, direction: Direction, first: Iterable[Any], alone: Schema) -> Verdict:
        """Return whether one side accepts what the other refuses, because of an edit.

        Args:
            direction: which side is to accept.
            first: values to try first.
            alone: the accepting schema with that edit alone made or unmade; what it refuses, the edit refuses.

        """
        accepting, refusing = (self.old, self.new) if direction == "lost" else (self.new, self.old)
        edited = None
        if alone is not NOTHING:
            definitions = accepting.schema.get(DEFINITIONS, {}) if isinstance(accepting.schema, dict) else {}
            edited = Shape(with_definitions(alone, definitions))
            if covers(edited, accepting):
                return PROVEN
        if covers(refusing, accepting):
            return PROVEN
        made = list(first)
        found: list[Any] = []
        for value in differences(accepting, refusing, made):
            if edited is None or not edited.accepts(value):
                found.append(value)
            if len(found) >= _LIFTED:
                break
        for value in _made_first(found, made):
            whole = lifted(value, self.frames, direction)
            if whole is not NOTHING:
                return Verdict(Evidence.WITNESS, value, whole)
        if any(covers(*sides(frame, direction)) for frame in self.frames):
            return PROVEN
        return PROVEN if self._made_good(direction, edited or refusing) else UNDECIDED

    def _made_good(self, direction: Direction, edited: Shape) -> bool:
        """Tell whether algebra proves that what an edit takes is accepted all the same, here or on a level above.

        Large schemas are not asked: it would take long.

        Args:
            direction: which side is to accept.
            edited: the accepting schema with the edit alone.

        """
        accepting, refusing = (self.old, self.new) if direction == "lost" else (self.new, self.old)
        part = without(accepting, edited) if len(accepting.text) <= LARGE else None
        if part is None:
            return False
        if covers(refusing, part):
            return True
        schema: Schema | None = part.schema
        for frame in reversed(self.frames):
            schema = messages_with(schema, frame, direction)
            if schema is None or len(sides(frame, direction)[0].text) > LARGE:
                return False
            if covers(sides(frame, direction)[0], Shape(schema)):
                return True
        return False


def _made_first(found: Sequence[Any], made: Sequence[Any]) -> list[Any]:
    """Return values from short to long, those first that were made for an edit: nothing else in them is refused."""
    texts = {json_text(value) for value in made}
    return sorted(smallest(found), key=lambda value: json_text(value) not in texts)


def _instances(schema: Schema, definitions: dict[str, Any]) -> Iterator[Any]:
    shape = Shape(with_definitions(schema, definitions))
    return (value for value in itertools.islice(instances(shape.schema), 200) if shape.accepts(value))


def _values(schemas: list[Schema], definitions: dict[str, Any], against: Schema) -> list[Any]:
    hints = numbers_in(against)
    shapes = [Shape(with_definitions(schema, definitions)) for schema in schemas]
    return [v for shape in shapes for v in itertools.islice(instances(shape.schema, hints), 100) if shape.accepts(v)]


# Schemas.


def _mentions_default(schema: Schema) -> bool:
    return '"default":' in json_text(schema)


def _default_edits(old: Schema, new: Schema, frames: tuple[Frame, ...]) -> Iterator[Edit]:
    """Yield the change of a default value: which JSON is accepted stays the same, and is proven to."""
    before = old.get("default", NOTHING) if isinstance(old, dict) else NOTHING
    after = new.get("default", NOTHING) if isinstance(new, dict) else NOTHING
    if before is after or (NOTHING not in (before, after) and json_text(before) == json_text(after)):
        return
    verb = "added" if before is NOTHING else "removed" if after is NOTHING else "changed"
    path = tuple(frame.step for frame in frames)
    yield Edit(f"default-value-{verb}", path, before if after is NOTHING else after, was_required=False,
               lost=PROVEN, gained=PROVEN)  # fmt: skip


def _type_edit(old: dict[str, Any], new: dict[str, Any]) -> _Candidate:
    before, after = types_of(old), types_of(new)
    name = {("integer", "number"): "type-widened", ("number", "integer"): "type-narrowed"}.get(
        (" ".join(before), " ".join(after)), "type-changed"
    )
    return _swapped(name, "type", old, new, f"{' or '.join(before) or 'any'} → {' or '.join(after) or 'any'}")


def _keyword_edit(keyword: str, old: dict[str, Any], new: dict[str, Any]) -> _Candidate:
    before, after = old.get(keyword), new.get(keyword)
    verb = "added" if before is None else "removed" if after is None else "changed"
    if keyword in BOUNDS:
        if verb == "changed":
            verb = "increased" if after > before else "decreased"  # type: ignore[operator] # both are numbers
        name = f"{BOUNDS[keyword]}-{verb}"
    else:
        name = f"{FACETS[keyword]}-{verb}" if keyword in FACETS else "constraint-changed"
    plain = not isinstance(before, dict | list) and not isinstance(after, dict | list)
    shown = " → ".join(json_text(value) for value in (before, after) if value is not None)
    return _swapped(name, keyword, old, new, shown if plain else keyword)


def _swapped(name: str, keyword: str, old: dict[str, Any], new: dict[str, Any], detail: Any) -> _Candidate:
    """Return the candidate for the edit that gives a keyword of the old schema the value that it has in the new one."""

    def given(schema: dict[str, Any], source: dict[str, Any]) -> dict[str, Any]:
        rest = {key: value for key, value in schema.items() if key != keyword}
        return {**rest, keyword: source[keyword]} if keyword in source else rest

    return _Candidate(name, detail, after=given(old, new), before=given(new, old))


def _declares(schema: dict[str, Any]) -> bool:
    """Tell whether an object says anything of its properties; one that does not has lost its last one."""
    return bool(schema.keys() & {"properties", "additionalProperties", "patternProperties"})


def _without_value(schema: dict[str, Any], value: Any) -> dict[str, Any]:
    text = json_text(value)
    return {**schema, "enum": [each for each in schema["enum"] if json_text(each) != text]}


def _any_of(alternatives: list[Schema], left_out: list[Schema]) -> Schema:
    """Return the schema of some alternatives without some of them."""
    return {"anyOf": [each for each in alternatives if not any(each is other for other in left_out)] or [False]}


def _without_property(schema: dict[str, Any], name: str) -> dict[str, Any]:
    known = {key: value for key, value in schema.get("properties", {}).items() if key != name}
    return _requiring({**schema, "properties": known}, name, required=False)


def _with_property(schema: dict[str, Any], name: str, source: dict[str, Any]) -> dict[str, Any]:
    known = {**schema.get("properties", {}), name: source["properties"][name]}
    return _requiring({**schema, "properties": known}, name, required=name in source.get("required", ()))


def _requiring(schema: dict[str, Any], name: str, *, required: bool) -> dict[str, Any]:
    names = [each for each in schema.get("required", ()) if each != name]
    return {**schema, "required": distinct_values([*names, name] if required else names)}
