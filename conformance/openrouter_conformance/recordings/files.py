"""Files of recorded exchanges: HAR, VCR cassettes in YAML or JSON, stubs of mock servers, results.jsonl."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import attrs
import yaml

from openrouter_conformance import content_coding
from openrouter_conformance.errors import UsageError
from openrouter_conformance.foreign_text import shortened
from openrouter_conformance.recordings.calls import NotRecordedError, RecordedCall, read_call
from openrouter_conformance.recordings.results import calls_in_results
from openrouter_conformance.recordings.stubs import calls_in_stubs

SUFFIXES = (".har", ".json", ".jsonl", ".yaml", ".yml")
"""The files of a folder that may be recordings; also with `.gz` after it."""

_MAX_BYTES = 512 * 2**20
_LISTS = ("http_interactions", "interactions", "entries", "recordings", "exchanges")
"""What recorders call their list of calls."""
_SHOWN = 3
_FLOWS = re.compile(rb"\d{2,}:\d+:[a-z_]+;")
"""How a file begins that mitmproxy writes."""


@attrs.frozen
class Recordings:
    """What files hold.

    Attributes:
        calls: the recorded calls, in order, without those that are there twice.
        left_out: what was left out, a phrase each, with how often.

    """

    calls: Sequence[RecordedCall]
    left_out: dict[str, int]


def read_recordings(paths: Iterable[Path]) -> Recordings:
    """Read files, and the folders among `paths` with all files in them that may be recordings.

    Raises:
        UsageError: a file that was named is no recording, or cannot be read; or there is none at all.

    """
    calls: dict[RecordedCall, None] = {}
    left_out: dict[str, int] = {}
    others: list[str] = []
    for path, named in _files(paths):
        try:
            recorded = _calls_of(path)
        except _NotARecordingError as error:
            if named:
                raise UsageError(
                    f"{path}: {error}; expected a HAR file, a VCR cassette in YAML or JSON, stubs that a mock server "
                    "recorded, or a results.jsonl."
                ) from None
            others.append(path.name)
            continue
        for read in recorded:
            try:
                calls.setdefault(read())
            except NotRecordedError as error:
                left_out[str(error)] = left_out.get(str(error), 0) + 1
    if others:
        more = f" and {len(others) - _SHOWN} more" if len(others) > _SHOWN else ""
        left_out[f"in files that are no recordings: {', '.join(others[:_SHOWN])}{more}"] = len(others)
    return Recordings(tuple(calls), left_out)


class _NotARecordingError(Exception):
    """The file is no recording; the message is a phrase."""


def _files(paths: Iterable[Path]) -> Iterator[tuple[Path, bool]]:
    """Yield each file, and whether it was named and not found in a folder."""
    for path in paths:
        if path.is_dir():
            found = sorted(each for each in path.rglob("*") if _suffix(each) in SUFFIXES and each.is_file())
            if not found:
                raise UsageError(f"{path}: no recording in this folder ({', '.join(SUFFIXES)}).")
            yield from ((each, False) for each in found)
        else:
            yield path, True


def _calls_of(path: Path) -> list[Callable[[], RecordedCall]]:
    """Return what reads each call of a file."""
    try:
        if path.stat().st_size > _MAX_BYTES:
            raise _NotARecordingError(f"larger than {_MAX_BYTES >> 20} MiB")
        content = path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror}).") from None
    if path.suffix.lower() == ".gz":
        content = _decompressed(content)
    if _suffix(path) == ".jsonl":
        return calls_in_results(_lines(content))
    document = _parse(content, _suffix(path))
    if stubs := calls_in_stubs(document):
        return [lambda make=make: read_call(make()) for make in stubs]  # type: ignore[misc]
    entries = _entries(document)
    if not entries:
        raise _NotARecordingError("no recorded request with a response in it")
    return [lambda entry=entry: read_call(entry) for entry in entries]  # type: ignore[misc]


def _suffix(path: Path) -> str:
    """Return the ending that says what a file holds."""
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


def _decompressed(content: bytes) -> bytes:
    decoder = content_coding.Body("gzip", _MAX_BYTES)
    try:
        decoder.add(content)
        return decoder.whole()
    except content_coding.CodingError:
        raise _NotARecordingError("no gzip, whatever its name says") from None
    except content_coding.TooLongError:
        raise _NotARecordingError(f"larger than {_MAX_BYTES >> 20} MiB") from None


def _lines(content: bytes) -> list[Any]:
    found = []
    for number, line in enumerate(content.splitlines(), start=1):
        if line.strip():
            try:
                found.append(json.loads(line))
            except ValueError:
                raise _NotARecordingError(f"line {number} is no JSON") from None
    return found


def _parse(content: bytes, suffix: str) -> Any:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise _NotARecordingError(_not_text(content)) from None
    try:
        return yaml.load(text, _Loader) if suffix in {".yaml", ".yml"} else json.loads(text)  # noqa: S506 - a safe one
    except (ValueError, RecursionError) as error:
        raise _NotARecordingError(f"no JSON ({shortened(str(error))})") from None
    except yaml.YAMLError as error:
        raise _NotARecordingError(f"no YAML that can be read ({shortened(' '.join(str(error).split()))})") from None


def _not_text(content: bytes) -> str:
    """Return what a file is that is no text."""
    if _FLOWS.match(content):
        return "flows of mitmproxy, of which `mitmdump -nr FLOWS --set hardump=FILE.har` makes a HAR file"
    return "an archive, to be unpacked first" if content.startswith(b"PK\x03\x04") else "not UTF-8"


class _Loader(yaml.CSafeLoader if hasattr(yaml, "CSafeLoader") else yaml.SafeLoader):  # type: ignore[misc]
    """Reads plain values, the binary ones of Ruby, and the structures of older recorders, as what they are made of."""


def _untagged(loader: Any, _tag: str, node: yaml.Node) -> Any:
    """Return a value without the class that it had in Ruby: nothing of it is made."""
    if isinstance(node, yaml.MappingNode):
        return {str(name).removeprefix(":"): value for name, value in loader.construct_mapping(node, deep=True).items()}
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_scalar(node)


_Loader.add_multi_constructor("!ruby/", _untagged)
for _name in ("unicode", "str"):
    _Loader.add_constructor(f"tag:yaml.org,2002:python/{_name}", yaml.constructor.SafeConstructor.construct_yaml_str)
_Loader.add_constructor("tag:yaml.org,2002:python/tuple", yaml.constructor.SafeConstructor.construct_yaml_seq)
_Loader.add_constructor("tag:yaml.org,2002:python/bytes", yaml.constructor.SafeConstructor.construct_yaml_binary)
_Loader.add_constructor("!binary", yaml.constructor.SafeConstructor.construct_yaml_binary)
_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def _entries(document: Any) -> list[Any]:
    """Return the calls in a document, each with a `response`."""
    if isinstance(document, dict) and isinstance(document.get("log"), dict):
        document = document["log"]
    if isinstance(document, dict) and isinstance(document.get("response"), dict):
        return [document]
    if isinstance(document, dict):
        document = next((document[name] for name in _LISTS if isinstance(document.get(name), list)), [])
    if not isinstance(document, list):
        return []
    return document if any(isinstance(each, dict) and "response" in each for each in document) else []
