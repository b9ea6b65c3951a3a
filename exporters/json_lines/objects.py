"""JSON objects as text, built in columns: Polars quotes each value, we only join."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import polars as pl

from exporters.contract.options import option_problem
from exporters.contract.writing import is_list, present, present_list
from pim.errors import Refused

# What JSON accepts without quotes. Anything else stays text: the file must remain readable.
RAW = {"number": r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$", "boolean": r"^(?:true|false)$"}

Tree = dict[str, "str | Tree"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Shape:
    """How values look: whether null is written, and which targets go without quotes."""

    schema: pl.Schema
    nulls: bool
    raw: Mapping[str, str]


def tree(targets: Iterable[str], *, nested: bool) -> Tree:
    """Return keys with their target, or with the tree below them, in mapping order."""
    root: Tree = {}
    for target in targets:
        *parents, key = target.split(".") if nested else [target]
        branch = root
        for parent in parents:
            below = branch.setdefault(parent, {})
            branch = below if isinstance(below, dict) else _clash(target)
        if key in branch:
            _clash(target)
        branch[key] = target
    return root


def _clash(target: str) -> Tree:
    mend = "Rename one of the two targets, or set the option nested to false"
    raise Refused(
        f"{target} is both a value and an object", [option_problem("nested", target, mend)]
    )


def object_parts(frame: pl.DataFrame, branch: Tree, shape: Shape) -> list[pl.Expr]:
    """Return what stands side by side in the objects of a frame's rows, line ends included.

    As a rule the first member is the id, which every item has: then each of the others can bring
    its own comma, and nothing has to be put together twice.
    """
    (key, below), *rest = branch.items()
    if not (shape.nulls or _everywhere(frame, below)):
        return [object_text(branch, shape), pl.lit("\n")]
    first = _member(key, below, shape, before="{")
    return [first, *(_member(k, b, shape, before=",") for k, b in rest), pl.lit("}\n")]


def _everywhere(frame: pl.DataFrame, below: str | Tree) -> bool:
    if not isinstance(below, str) or is_list(frame.schema, below):
        return False
    return bool(frame.select((pl.col(below) != "").fill_null(False).all()).item())


def object_text(branch: Tree, shape: Shape) -> pl.Expr:
    """Return an object's text; without `nulls` absent values have no key."""
    members = [_member(key, below, shape) for key, below in branch.items()]
    inner = pl.concat_str(members, separator=",", ignore_nulls=True)
    return pl.concat_str([pl.lit("{"), inner, pl.lit("}")])


def _member(key: str, below: str | Tree, shape: Shape, *, before: str = "") -> pl.Expr:
    value = _value(below, shape) if isinstance(below, str) else _object(below, shape)
    if shape.nulls:
        value = value.fill_null("null")
    return pl.concat_str([pl.lit(before + json.dumps(key, ensure_ascii=False) + ":"), value])


def _object(branch: Tree, shape: Shape) -> pl.Expr:
    text = object_text(branch, shape)
    return text if shape.nulls else text.replace("{}", None)


def _value(target: str, shape: Shape) -> pl.Expr:
    if is_list(shape.schema, target):
        values = present_list(target)
        return pl.when(values.list.len() > 0).then(_quoted(values))
    text = present(target)
    if target not in shape.raw:
        return pl.when(text.is_not_null()).then(_quoted(text))
    bare = text.str.contains(RAW[shape.raw[target]])
    return pl.when(bare).then(text).when(text.is_not_null()).then(_quoted(text))


def _quoted(value: pl.Expr) -> pl.Expr:
    """Return a value as JSON: the encoder knows structs only, so one is put on and taken off."""
    encoded = pl.struct(value.alias("v")).struct.json_encode()
    return encoded.str.strip_prefix('{"v":').str.strip_suffix("}")
