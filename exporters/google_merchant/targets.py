"""Google's nested attributes: `shipping.country` is a part of `shipping`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Element:
    """One attribute in the file: a plain target, or the targets of one nested group.

    The targets `product_detail.1.attribute_name` and `product_detail.1.attribute_value` are the
    parts of one `product_detail`; those of `product_detail.2` are another.
    """

    name: str
    targets: tuple[str, ...]
    nested: bool

    @property
    def parts(self) -> tuple[str, ...]:
        """Return the names of the nested attributes."""
        return tuple(target.rpartition(".")[2] for target in self.targets)


def elements(targets: Iterable[str]) -> tuple[Element, ...]:
    """Gather neighbouring targets of one group, in mapping order."""
    return tuple(
        Element((group or plain).split(".")[0], tuple(members), bool(group))
        for (group, plain), members in groupby(targets, key=_group)
    )


def _group(target: str) -> tuple[str, str]:
    group, _, _ = target.rpartition(".")
    return (group, "") if group else ("", target)
