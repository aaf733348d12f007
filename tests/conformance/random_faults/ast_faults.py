"""Random faults of the family `ast`: one small change of the mock's source at a random place."""

from __future__ import annotations

import ast
import copy
import functools
import random
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import attrs

from .fault import Fault, source_of

MODULES = {
    "service": 4, "inputs": 4, "vectors": 2, "tokens": 2, "routing": 3, "pagination": 4, "validation": 1, "catalog": 2,
    "vector_cache": 3, "connection": 1, "call": 3, "app": 1, "lenient_json": 1,
}  # fmt: skip
"""The modules that are changed, all that an answer passes through, and the weight of each place in one of them."""

_STATUSES = (200, 400, 401, 403, 404, 405, 415, 422, 429, 500)
_COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is,
}  # fmt: skip
_OPERATIONS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.FloorDiv, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv, ast.LShift: ast.RShift, ast.RShift: ast.LShift, ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr, ast.BitXor: ast.BitOr, ast.Pow: ast.Mult,
}  # fmt: skip
_METHODS = {
    "lower": "upper", "casefold": "upper", "strip": "lstrip", "startswith": "endswith", "endswith": "startswith",
    "partition": "rpartition", "split": "rsplit", "fullmatch": "match", "findall": "split", "lstrip": "rstrip",
    "popitem": "clear", "keys": "values", "setdefault": "get", "append": "extend",
}  # fmt: skip
_FUNCTIONS = {"min": "max", "max": "min", "any": "all", "all": "any", "sorted": "list", "reversed": "list"}
_EXCEPTIONS = ("ValueError", "KeyError", "TypeError", "RecursionError", "OSError")

Change = Callable[[random.Random], object]
"""Changes the tree in place; the generator chooses where there is a choice."""
Found = Iterator[Change]
Parents = tuple[ast.AST, ...]


@attrs.frozen
class _Site:
    """A place in a module where an operator applies: the `number`-th of them, in the order of the source."""

    module: str
    operator: str
    number: int


def draw(chooser: random.Random, name: str) -> Fault:
    """Return a random fault: an operator is chosen first, then one of the places where it applies."""
    while True:
        sites = _all_sites(chooser.choice(sorted(OPERATORS)))
        site = chooser.choices(sites, [MODULES[one.module] for one in sites])[0]
        tree = ast.parse(source_of(site.module))
        before = ast.unparse(tree)
        list(_sites(tree, site.operator))[site.number](chooser)
        source = ast.unparse(ast.fix_missing_locations(tree))
        if source != before:
            return Fault(name, site.operator, site.module, source + "\n")


@functools.cache
def _all_sites(operator: str) -> list[_Site]:
    return [
        _Site(module, operator, number)
        for module in MODULES
        for number in range(len(list(_sites(ast.parse(source_of(module)), operator))))
    ]


def _sites(tree: ast.Module, operator: str) -> Found:
    """Yield the changes that an operator can make in a module, each to be made at most once."""
    for node, parents in _nodes(tree):
        yield from OPERATORS[operator](node, parents)


def _nodes(tree: ast.Module) -> Iterator[tuple[ast.AST, tuple[ast.AST, ...]]]:
    """Yield the nodes that run when a call is answered, each with its parents, the nearest last."""
    pending: list[tuple[ast.AST, tuple[ast.AST, ...]]] = [(tree, ())]
    while pending:
        node, parents = pending.pop()
        yield node, parents
        inside = (*parents, node)
        for field, value in reversed(list(ast.iter_fields(node))):
            if field in ("annotation", "returns", "decorator_list", "bases", "keywords") and not isinstance(
                node, ast.Call
            ):
                continue
            children = reversed(value if isinstance(value, list) else [value])
            pending += [(each, inside) for each in children if isinstance(each, ast.AST) and not _is_left_alone(each)]


def _is_left_alone(node: ast.AST) -> bool:
    """Return whether nothing within a node is changed: imports, docstrings, wording, declarations, log lines."""
    if isinstance(node, ast.Import | ast.ImportFrom | ast.JoinedStr | ast.expr_context):
        return True
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    text = ast.unparse(node) if isinstance(node, ast.If | ast.Call) else ""
    return text.startswith(("if TYPE_CHECKING", "_logger.", "self.logger.", "attrs.field(", "logging."))


def _flips_a_comparison(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.Compare):
        for place, operation in enumerate(node.ops):
            yield partial(_put, node.ops, place, _COMPARISONS[type(operation)]())


def _changes_a_number(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float) and not _is_status(node, parents):
        number: Any = node.value
        others = [number + 1, number - 1, number * 2, number // 2, 0 if number else 1]
        yield partial(_choose, node, "value", others)


def _changes_a_status(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.Constant) and type(node.value) is int and _is_status(node, parents):
        yield partial(_choose, node, "value", [one for one in _STATUSES if one != node.value])


def _is_status(node: ast.Constant, parents: Parents) -> bool:
    return any(isinstance(one, ast.Call) and node in one.args[:1] for one in parents[-1:]) and node.value in _STATUSES


def _changes_a_text(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes) and node.value:
        text: Any = node.value
        tree: Any = parents[0]
        constants: set[Any] = {each.value for each, _ in _nodes(tree) if isinstance(each, ast.Constant)}
        others = sorted(one for one in constants if type(one) is type(text) and len(one) < 30 and one != text)
        yield partial(_choose, node, "value", [text[1:], text[:-1], text.upper(), text[:0], *others[:8]])


def _swaps_and_with_or(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.BoolOp):
        yield partial(_set, node, "op", ast.Or() if isinstance(node.op, ast.And) else ast.And())


def _drops_an_operand(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.BoolOp) and len(node.values) > 1:
        for place in range(len(node.values)):
            yield partial(_drop, [node.values], place)


def _negates_a_condition(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.If | ast.IfExp):
        yield partial(_set, node, "test", ast.UnaryOp(ast.Not(), node.test))
    if isinstance(node, ast.comprehension):
        for place, test in enumerate(node.ifs):
            yield partial(_put, node.ifs, place, ast.UnaryOp(ast.Not(), test))


def _fixes_a_condition(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.If | ast.IfExp):
        yield partial(_fix, node)
    if isinstance(node, ast.comprehension) and node.ifs:
        yield partial(_set, node, "ifs", [])


def _fix(node: ast.If | ast.IfExp, chooser: random.Random) -> None:
    node.test = ast.Constant(chooser.random() < 0.5)


def _drops_a_statement(node: ast.AST, parents: Parents) -> Found:
    if not any(isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) for one in parents):
        return
    if isinstance(node, ast.Expr | ast.AugAssign | ast.Raise) or (isinstance(node, ast.If) and not node.orelse):
        yield partial(_replace, parents[-1], node, ast.Pass())


def _swaps_arguments(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.Call) and len(node.args) > 1:
        for place in range(len(node.args) - 1):
            swapped = [*node.args[:place], node.args[place + 1], node.args[place], *node.args[place + 2 :]]
            yield partial(_set, node, "args", swapped)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Div | ast.Add | ast.LShift):
        yield partial(_set_all, node, left=node.right, right=node.left)
    if isinstance(node, ast.Compare) and len(node.comparators) == 1:
        yield partial(_set_all, node, left=node.comparators[0], comparators=[node.left])


def _drops_an_argument(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.Call):
        if len(node.args) > 1:
            yield partial(_drop, [node.args], -1)
        for place in range(len(node.keywords)):
            yield partial(_drop, [node.keywords], place)


def _shifts_a_slice(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.Slice):
        for field in ("lower", "upper"):
            if (bound := getattr(node, field)) is not None:
                shifted = [ast.BinOp(bound, operation, ast.Constant(1)) for operation in (ast.Add(), ast.Sub())]
                yield partial(_choose, node, field, shifted)
                yield partial(_set, node, field, None)


def _changes_an_order(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.For | ast.comprehension):
        yield partial(_choose, node, "iter", _reordered(node.iter))
    if isinstance(node, ast.Return) and isinstance(node.value, ast.ListComp):
        yield partial(_choose, node, "value", _reordered(node.value))


def _reordered(items: ast.expr) -> list[ast.expr]:
    text = ast.unparse(items)
    made = (f"list({text})[::-1]", f"list({text})[1:]", f"list({text})[:-1]", f"sorted({text}, key=str)")
    return [_expression(one) for one in made]


def _changes_a_function(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _FUNCTIONS:
        yield partial(_set, node.func, "id", _FUNCTIONS[node.func.id])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _METHODS:
        yield partial(_set, node.func, "attr", _METHODS[node.func.attr])


def _drops_a_function(node: ast.AST, parents: Parents) -> Found:
    """An expression goes without one function or method around it, such as `lower()`."""
    if isinstance(node, ast.Call) and not node.keywords:
        if isinstance(node.func, ast.Attribute) and not node.args:
            yield partial(_replace, parents[-1], node, node.func.value)
        elif isinstance(node.func, ast.Name) and len(node.args) == 1 and not isinstance(parents[-1], ast.Expr):
            yield partial(_replace, parents[-1], node, node.args[0])


def _takes_another_variable(node: ast.AST, parents: Parents) -> Found:
    function = next((one for one in reversed(parents) if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)), None)
    if function is None or not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
        return
    names = {each.arg for each in ast.walk(function.args) if isinstance(each, ast.arg)} - {"self"}
    names |= {each.id for each in ast.walk(function) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}
    if node.id in names and (others := sorted(names - {node.id})):
        yield partial(_choose, node, "id", others)


def _takes_another_attribute(node: ast.AST, parents: Parents) -> Found:
    if not isinstance(node, ast.Attribute) or not isinstance(node.ctx, ast.Load):
        return
    if isinstance(parents[-1], ast.Call) and parents[-1].func is node:
        return
    owner = ast.unparse(node.value)
    others = {
        each.attr
        for each in ast.walk(parents[0])
        if isinstance(each, ast.Attribute) and ast.unparse(each.value) == owner
    }
    if found := sorted(others - {node.attr}):
        yield partial(_choose, node, "attr", found)


def _returns_early(node: ast.AST, parents: Parents) -> Found:
    if not isinstance(node, ast.FunctionDef):
        return
    returns = [each for each in ast.walk(node) if isinstance(each, ast.Return)]
    tests = [each.test for each in ast.walk(node) if isinstance(each, ast.If | ast.IfExp)]
    for place in range(1, len(node.body)):
        for found in returns or [ast.Return(None)]:
            yield partial(_insert, node.body, place, found, tests)


def _insert(
    statements: list[ast.stmt], place: int, new: ast.stmt, tests: list[ast.expr], chooser: random.Random
) -> None:
    """Insert a statement, mostly under one of the *tests*."""
    new = copy.deepcopy(new)
    if tests and chooser.random() < 0.7:
        new = ast.If(copy.deepcopy(chooser.choice(tests)), [new], [])
    statements.insert(place, new)


def _changes_an_exception(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.ExceptHandler) and node.type is not None:
        yield partial(_choose, node, "type", [ast.Name(one, ast.Load()) for one in _EXCEPTIONS])
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        yield partial(_choose, node, "exc", [_expression(f"{one}('fault')") for one in _EXCEPTIONS])


def _drops_an_element(node: ast.AST, parents: Parents) -> Found:
    """A tuple, list, set or dictionary lacks an element: a component of a cache key, a field of an answer."""
    if isinstance(node, ast.Tuple | ast.List | ast.Set) and isinstance(getattr(node, "ctx", ast.Load()), ast.Load):
        for place in range(len(node.elts) if len(node.elts) > 1 else 0):
            yield partial(_drop, [node.elts], place)
    if isinstance(node, ast.Dict):
        for place in range(len(node.keys)):
            yield partial(_drop, [node.keys, node.values], place)


def _changes_an_operation(node: ast.AST, parents: Parents) -> Found:
    if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in _OPERATIONS:
        yield partial(_set, node, "op", _OPERATIONS[type(node.op)]())


def _keeps_a_result(node: ast.AST, parents: Parents) -> Found:
    """The first result of a function is returned again, to all calls or to those that agree in one argument."""
    if not isinstance(node, ast.FunctionDef):
        return
    keys = ["''", *(f"repr({each.arg})" for each in node.args.args + node.args.kwonlyargs if each.arg != "self")]
    tree: Any = parents[0]
    for found in [each for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]:
        for key in keys:
            yield partial(_keep, tree, node.name, found, key)


def _keep(tree: ast.Module, function: str, found: ast.Return, key: str, _: random.Random) -> None:
    found.value = _expression(f"_kept.setdefault(({function!r}, {key}), {ast.unparse(found)[len('return ') :]})")
    tree.body += ast.parse("_kept = {}").body


def _expression(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def _set(node: ast.AST, field: str, value: object, _: random.Random) -> None:
    setattr(node, field, value)


def _set_all(node: ast.AST, _: random.Random, **fields: object) -> None:
    for field, value in fields.items():
        setattr(node, field, value)


def _choose(node: ast.AST, field: str, values: Sequence[object], chooser: random.Random) -> None:
    setattr(node, field, chooser.choice(values))


def _put(items: list[Any], place: int, new: object, _: random.Random) -> None:
    items[place] = new


def _drop(lists: Sequence[list[Any]], place: int, _: random.Random) -> None:
    for each in lists:
        del each[place]


def _replace(parent: ast.AST, old: ast.AST, new: ast.AST, _: random.Random) -> None:
    """Put *new* in the place of *old* among the children of *parent*."""
    for field, value in ast.iter_fields(parent):
        if value is old:
            setattr(parent, field, new)
        elif isinstance(value, list):
            value[:] = [new if each is old else each for each in value]


OPERATORS: dict[str, Callable[[ast.AST, Parents], Found]] = {
    function.__name__.strip("_").replace("_", " "): function
    for function in (
        _flips_a_comparison, _changes_a_number, _changes_a_status, _changes_a_text, _swaps_and_with_or,
        _drops_an_operand, _negates_a_condition, _fixes_a_condition, _drops_a_statement, _swaps_arguments,
        _drops_an_argument, _shifts_a_slice, _changes_an_order, _changes_a_function, _drops_a_function,
        _takes_another_variable, _takes_another_attribute, _returns_early, _changes_an_exception, _drops_an_element,
        _changes_an_operation, _keeps_a_result,
    )
}  # fmt: skip
"""What can be changed, by name: a function from a node and its parents to the changes that can be made there."""
