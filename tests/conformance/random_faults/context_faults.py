"""Random faults of the family `context`: a wrong result of one stage, in a random context only.

Each is source that is appended to the module `app` of the mock: it replaces a stage of `Service` by one that calls it,
and changes its argument or its result when all of one to three random conditions hold.
"""

from __future__ import annotations

import ast
import random
import textwrap

from .fault import Fault, normalized

MODULE = "app"

_PRELUDE = """
import collections as _collections
import base64 as _base64
import attrs as _attrs
import numpy as _np
import orjson as _orjson
_state = _collections.Counter()
_before = {}

def _texts(call):
    return ["".join(each.texts) for each in call.inputs]

def _vector(call, embedded):
    value = _orjson.loads(_orjson.dumps(embedded.embedding))
    if isinstance(value, str):
        return _np.frombuffer(_base64.b64decode(value), "<f4")
    return _np.array(value, _np.float32)

def _embedded(call, embedded, vector):
    vector = _np.asarray(vector, _np.float32)
    if call.encoding == "base64":
        value = b'"' + _base64.b64encode(vector.tobytes()) + b'"'
    else:
        value = _orjson.dumps(_np.ascontiguousarray(vector), option=_orjson.OPT_SERIALIZE_NUMPY)
    return _attrs.evolve(embedded, embedding=_orjson.Fragment(value))

def _with_text(given, change):
    return _attrs.evolve(given, source=change(given.source)) if isinstance(given.source, str) else given

def _permuted(items, order):
    return [{**item, "embedding": items[source]["embedding"]} for item, source in zip(items, order)]

def _kept(name, value):
    before = _before.get(name)
    _before[name] = value
    return value if before is None else before
"""

_CHARACTERS = {
    "ideographs": r"[\u3040-\u9fff]", "emoji": r"[\U0001f300-\U0001faff]", "combining marks": r"[\u0300-\u036f]",
    "upper case": r"[A-Z]", "digits": r"[0-9]", "line ends": r"\n", "tabs": r"\t", "two spaces": "  ",
    "a space at the start": r"^ ", "a space at the end": r" $", "letters beyond ASCII": r"[\u0080-\uffff]",
    "quotes": '"', "a backslash": r"\\", "right to left": r"[\u0590-\u06ff]", "a full stop": r"\.$", "NUL": "\\0",
    "angle brackets": "<", "a comma": ",", "a question mark": r"\?", "a repeated word": r"\b(\w+) \1\b",
}  # fmt: skip
_FIELDS = ("user", "provider", "input_type", "dimensions", "encoding_format", "seed", "temperature")


def _size(chooser: random.Random, least: int, most: int) -> int:
    """Return a number from *least* to *most*, small ones as often as great ones."""
    return min(most, int(least * (most / least) ** chooser.random()))


def _call_condition(chooser: random.Random) -> str:
    """Return a condition on a call of `POST /embeddings`, the call being `call`."""
    character = chooser.choice(list(_CHARACTERS.values()))
    return chooser.choice(
        [
            f"len(call.inputs) > {_size(chooser, 1, 200)}",
            f"len(call.inputs) == {_size(chooser, 2, 40)}",
            f"sum(map(len, _texts(call))) > {_size(chooser, 20, 20000)}",
            f"any(len(text) > {_size(chooser, 10, 5000)} for text in _texts(call))",
            f"any(__import__('re').search({character!r}, text) for text in _texts(call))",
            "call.encoding == 'base64'",
            "call.encoding == 'base64'",
            "call.fields.get('dimensions') is not None",
            f"call.dimensions < {_size(chooser, 8, 1000)}",
            f"call.dimensions % {_size(chooser, 2, 8)} != 0",
            "call.chosen_model.id != 'openai/text-embedding-3-small'",
            "isinstance(call.fields['input'], list) and len(call.inputs) == 1",
            "not all(isinstance(each.source, str) for each in call.inputs)",
            "len(set(each.source for each in call.inputs)) < len(call.inputs)",
            f"call.number % {_size(chooser, 2, 60)} == 0",
            f"_state['answered'] > {_size(chooser, 5, 300)}",
            "_state['refused before']",
            f"_state['under way'] > {_size(chooser, 1, 4)}",
            f"call.fields.get({chooser.choice(_FIELDS)!r}) is not None",
            f"len(call.body) > {_size(chooser, 80, 20000)}",
            "call.headers.get('authorization', '').startswith('bearer')",
            "'accept-encoding' not in call.headers or call.headers['accept-encoding'] == 'identity'",
            "b'\\\\u' in call.body",
        ]
    )


def _input_condition(chooser: random.Random) -> str:
    """Return a condition on one input, which is `given`, or on the call that it stands in."""
    character = chooser.choice(list(_CHARACTERS.values()))
    return chooser.choice(
        [
            f"len(''.join(given.texts)) > {_size(chooser, 10, 5000)}",
            f"len(''.join(given.texts)) < {_size(chooser, 4, 40)}",
            f"__import__('re').search({character!r}, ''.join(given.texts))",
            f"__import__('re').search({character!r}, ''.join(given.texts))",
            f"given.position == {_size(chooser, 1, 100) - 1}",
            f"given.position >= {_size(chooser, 1, 100)}",
            f"given.position % {_size(chooser, 2, 20)} == 1",
            "given.position == len(call.inputs) - 1 and given.position",
            f"len(given.tokens) > {_size(chooser, 4, 1000)}",
            "not isinstance(given.source, str)",
            "given.source in [each.source for each in call.inputs[:given.position]]",
            *[_call_condition(chooser) for _ in range(6)],
        ]
    )


def _page_condition(chooser: random.Random) -> str:
    """Return a condition on a call of `GET /embeddings/models` for the page `window`."""
    return chooser.choice(
        [
            f"window.offset > {_size(chooser, 1, 30)}",
            f"window.offset and window.offset % {_size(chooser, 2, 7)} == 0",
            f"window.limit is not None and window.limit > {_size(chooser, 1, 40)}",
            f"window.limit is not None and window.limit < {_size(chooser, 2, 40)}",
            "window.limit is None",
            "'authorization' in call.headers",
            f"call.number % {_size(chooser, 2, 40)} == 0",
            f"_state['answered'] > {_size(chooser, 5, 300)}",
            "_state['refused before']",
            "window.limit is not None and window.offset + window.limit > 31",
        ]
    )


_INPUT_CHANGES = (
    "_with_text(given, lambda text: text[: max(1, len(text) * 3 // 4)])",
    "_with_text(given, lambda text: text[len(text) // 4 :] or text)",
    "_with_text(given, lambda text: text[: len(text) // 3] + text[len(text) // 2 :] or text)",
    "_with_text(given, lambda text: text[:-1] or text)",
    "_with_text(given, str.lower)",
    "_with_text(given, lambda text: text.strip() or text)",
    "_with_text(given, lambda text: ' '.join(text.split()) or text)",
    "_with_text(given, lambda text: text.encode('ascii', 'replace').decode())",
    "_with_text(given, lambda text: __import__('unicodedata').normalize('NFKC', text))",
    "_with_text(given, lambda text: text + ' ')",
    "_with_text(given, lambda text: 'query: ' + text)",
    "call.inputs[0]",
    "call.inputs[given.position - 1]",
)
_VECTOR_CHANGES = (
    "vector * 1.05",
    "vector * 0.5",
    "-vector",
    "vector[::-1]",
    "vector + _np.random.default_rng(call.number).normal(0, 0.003, len(vector))",
    "vector + _np.random.default_rng(call.number).normal(0, 0.0003, len(vector))",
    "vector.astype(_np.float16)",
    "_np.round(vector, 3)",
    "_np.roll(vector, 1)",
    "_np.where(_np.arange(len(vector)) < len(vector) * 3 // 4, vector, 0)",
    "vector.byteswap()",
    "vector[:-1]",
    "_np.append(vector, 0)",
    "vector * 0",
    "_np.clip(vector, -0.05, 0.05)",
    "_np.where(_np.arange(len(vector)) == 0, 0, vector)",
)
_ITEMS_CHANGES = (
    "_permuted(result, [1, 0, *range(2, len(result))][:len(result)])",
    "_permuted(result, [*range(len(result) - 2), len(result) - 1, len(result) - 2][-len(result):])",
    "_permuted(result, sorted(range(len(result)), key=lambda at: len(call.inputs[at].source)))",
    "_permuted(result, [len(result) // 2, *range(1, len(result))])",
    "result[:-1] or result",
    "result[1:] or result",
    "[*result, result[-1]]",
    "[{**item, 'index': item['index'] + 1} for item in result]",
    "[{**item, 'index': 0} for item in result]",
    "result[::-1]",
    "[{**item, 'index': item['index'] % 16} for item in result]",
    "_kept('items', result) if len(_before.get('items', result)) == len(result) else result",
    "[{**result[0], 'embedding': _kept('first', result[0]['embedding'])}, *result[1:]]",
    "[{**item, 'object': 'vector'} for item in result]",
    "[*result[:-1], {**result[-1], 'embedding': None}]",
    "[*result[:-1], {**result[-1], 'embedding': []}]",
)
_USAGE_CHANGES = (
    "{**result, 'prompt_tokens': result['prompt_tokens'] + 1, 'total_tokens': result['total_tokens'] + 1}",
    "{**result, 'prompt_tokens': result['prompt_tokens'] + 1}",
    "{**result, 'total_tokens': result['total_tokens'] + len(call.inputs)}",
    "{**result, 'prompt_tokens': len(call.inputs), 'total_tokens': len(call.inputs)}",
    "{**result, 'prompt_tokens': 0, 'total_tokens': 0}",
    "{**result, 'cost': result['cost'] * 2}",
    "{**result, 'cost': result['cost'] * 1.1}",
    "{**result, 'cost': 0}",
    "{**result, 'cost': -result['cost']}",
    "{**result, 'cost': str(result['cost'])}",
    "_kept('usage', result)",
    "{name: value for name, value in result.items() if name != 'cost'}",
    "{**result, 'prompt_tokens': float(result['prompt_tokens']) + 0.5}",
)
_BODY_CHANGES = (
    "{**result, 'model': call.fields['model'].upper() + '-2'}",
    "{**result, 'model': ''}",
    "{**result, 'object': 'embedding'}",
    "{**result, 'provider': None}",
    "{**result, 'id': _kept('id', result['id'])}",
    "{name: value for name, value in result.items() if name != 'usage'}",
    "{name: value for name, value in result.items() if name != 'object'}",
    "{name: value for name, value in result.items() if name != 'id'}",
    "{**result, 'error': {'message': 'late', 'code': 500}}",
)
_RESPONSE_CHANGES = (
    "Response(500, result.headers, result.content)",
    "Response(201, result.headers, result.content)",
    "Response(200, result.headers, result.content[:-1])",
    "Response(200, {**result.headers, 'Content-Type': 'text/plain'}, result.content)",
    "_kept('response', result)",
    "Response(400, result.headers, _orjson.dumps({'error': {'message': 'no', 'code': 400}}))",
    "Response(200, result.headers, _orjson.dumps({'error': {'message': 'no', 'code': 400}}))",
    "Response(404, result.headers, _orjson.dumps({'error': {'message': 'no', 'code': 404}}))",
)
_PAGE_CHANGES = (
    "{**result, 'data': result['data'][:-1]}",
    "{**result, 'data': result['data'][1:]}",
    "{**result, 'data': result['data'][::-1]}",
    "{**result, 'data': [*result['data'], *result['data'][-1:]]}",
    "{**result, 'total_count': result['total_count'] + 1}",
    "{**result, 'total_count': len(result['data'])}",
    "{**result, 'links': {'next': None}}",
    "{**result, 'links': {'next': call.path + '?offset=1&limit=1'}}",
    "{**result, 'data': sorted(result['data'], key=lambda model: model['id'])}",
    "{**result, 'data': [{**model, 'context_length': str(model['context_length'])} for model in result['data']]}",
    "{**result, 'data': [{**model, 'name': ''} for model in result['data'][:1]] + result['data'][1:]}",
    "{name: value for name, value in result.items() if name != 'total_count'}",
    "_kept('page', result)",
    "{**result, 'data': [{**model, 'pricing': {'prompt': '0'}} for model in result['data']]}",
)
_ERROR_CHANGES = (
    "{**result, 'error': {**result['error'], 'code': result['error']['code'] + 1}}",
    "{**result, 'error': {**result['error'], 'code': str(result['error']['code'])}}",
    "{**result, 'error': {**result['error'], 'message': ''}}",
    "{**result, 'error': result['error']['message']}",
    "{'detail': result['error']['message']}",
    "{**result, 'error': {**result['error'], 'message': result['error']['message'] + repr(call.headers)}}",
    "_kept('error', result)",
)


def draw(chooser: random.Random, name: str) -> Fault:
    """Return a random fault: a stage, conditions, and what goes wrong when all of them hold."""
    kind = chooser.choice(["input", "input", "vector", "vector", "items", "items", "usage", "body", "response",
                           "page", "error"])  # fmt: skip
    count = chooser.choices([1, 2, 3], [5, 4, 1])[0]
    of_error = [
        f"error.status == {chooser.choice((400, 400, 401, 404))}",
        f"len(call.body) > {_size(chooser, 60, 4000)}",
        f"call.number % {_size(chooser, 2, 40)} == 0",
        "call.method == 'GET'",
        f"len(error.message) > {_size(chooser, 20, 120)}",
        f"{chooser.choice(('input', 'model', 'dimensions', 'provider', 'encoding_format'))!r} in error.message",
    ]
    if kind in ("input", "vector"):
        stage, names, conditions = "embed", "call, given", [_input_condition(chooser) for _ in range(count)]
    elif kind == "page":
        stage, names, conditions = "page", "call, window", [_page_condition(chooser) for _ in range(count)]
    elif kind == "error":
        stage, names, conditions = "error_body", "call, error", chooser.sample(of_error, min(count, 2))
    else:
        stage, names, conditions = kind, "call", [_call_condition(chooser) for _ in range(count)]
    stage = {"response": "embeddings"}.get(stage, stage)
    change = chooser.choice(
        {
            "input": _INPUT_CHANGES, "vector": _VECTOR_CHANGES, "items": _ITEMS_CHANGES, "usage": _USAGE_CHANGES,
            "body": _BODY_CHANGES, "response": _RESPONSE_CHANGES, "page": _PAGE_CHANGES, "error": _ERROR_CHANGES,
        }[kind]
    )  # fmt: skip
    condition = " and ".join(f"({one})" for one in dict.fromkeys(conditions))
    source = _source(stage, names, condition, kind, change)
    return Fault(name, f"{kind} in a context", MODULE, source, f"{stage}: when {condition}:\n    {kind} = {change}")


def _source(stage: str, names: str, condition: str, kind: str, change: str) -> str:
    if kind == "input":
        call = f"return _stage(self, call, ({change}) if {condition} else given)"
    elif kind == "vector":
        call = f"""
            result = _stage(self, {names})
            if {condition}:
                vector = _vector(call, result)
                result = _embedded(call, result, {change})
            return result
        """
    else:
        call = f"""
            result = _stage(self, {names})
            if {condition}:
                result = {change}
            return result
        """
    body = textwrap.indent(textwrap.dedent(call).strip(), "    ")
    appended = f"""
_stage = Service.{stage}

def _faulty(self, {names}):
{body}

Service.{stage} = _faulty
"""
    return normalized(MODULE) + ast.unparse(ast.parse(_PRELUDE + _counting(condition) + appended)) + "\n"


def _counting(condition: str) -> str:
    """Return what keeps the state that a condition looks at; requests overlap only where one looks at that."""
    if "_state" not in condition:
        return ""
    pause = "await asyncio.sleep(0.002)" if "under way" in condition else "pass"
    return f"""
_respond = _PathHandler._respond

async def _counted(self, call):
    _state["under way"] += 1
    try:
        {pause}
        response = await _respond(self, call)
    except HTTPError:
        _state["refused before"] = 1
        raise
    finally:
        _state["under way"] -= 1
    _state["answered"] += 1
    _state["refused before"] = int(response.status >= 400)
    return response

_PathHandler._respond = _counted
"""
