"""Link products with other products, with models and groups, and part them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal, Self

from pim.domain.operations.contract import Operation
from pim.domain.operations.reader import DocumentReader
from pim.domain.structure import AssociationType

Target = Literal["products", "product_models", "groups"]
TARGETS: Final[tuple[Target, ...]] = ("products", "product_models", "groups")
EVERY: Final = "*"

LARGEST_QUANTITY: Final = 2_147_483_647

#: What is linked on one side of an association: true, or a quantity, by a target's key.
Members = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class LinkOperation(Operation):
    """Change {association, products?, product_models?, groups?}: identifiers and codes.

    Whether there are such products is asked where they are stored; `named` are the names by target.
    """

    association: str
    named: Mapping[Target, tuple[str, ...]] = field(default_factory=dict)

    def targets(self) -> dict[str, Any]:
        """Return the members of a document that say what is linked."""
        return {target: list(names) for target, names in self.named.items()}

    @abstractmethod
    def linked(self, held: Members, targets: Iterable[str]) -> dict[str, Any]:
        """Return what is linked on one side afterwards; `targets` are the keys of what is named."""


@dataclass(frozen=True, kw_only=True)
class Associate(LinkOperation):
    """Link {association, products?, product_models?, groups?, quantity?}.

    Types with quantities take 1 if none is given, and have no groups.
    """

    type: ClassVar[str] = "associate"
    keys: ClassVar[frozenset[str]] = frozenset({"association", "quantity", *TARGETS})

    quantity: int | None = None

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        association = _association(reader)
        named = _named(reader)
        quantity = _quantity(association, reader)
        if not reader.violations and not any(named.values()):
            message = "There is nothing to link with."
            mend = "List identifiers under products, codes under product_models or groups."
            reader.note("empty_value", "products", message, "", mend=mend)
        if association and association.quantified and named.get("groups"):
            message = "{value} has quantities, and groups have none."
            mend = "Leave groups out, or choose a type without quantities."
            reader.note("groups_not_allowed", "groups", message, association.code, mend=mend)
        if reader.violations or association is None:
            return None
        return cls(association=association.code, named=named, quantity=quantity)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        quantity = {} if self.quantity is None else {"quantity": self.quantity}
        return {"type": self.type, "association": self.association, **self.targets(), **quantity}

    def linked(self, held: Members, targets: Iterable[str]) -> dict[str, Any]:
        """Return what is linked already and the targets, these with the quantity."""
        return {**held, **dict.fromkeys(targets, self.quantity or True)}


@dataclass(frozen=True, kw_only=True)
class Dissociate(LinkOperation):
    """Part {association, products?, product_models?, groups?}; "*" takes all links of a target.

    `every` are the targets that lose all. With none of the three, all links of the type go.
    """

    type: ClassVar[str] = "dissociate"
    keys: ClassVar[frozenset[str]] = frozenset({"association", *TARGETS})

    every: frozenset[Target] = frozenset()

    @classmethod
    def read(cls, reader: DocumentReader) -> Self | None:
        """Return the operation."""
        association = _association(reader)
        given = [target for target in TARGETS if reader.document.get(target) is not None]
        every = frozenset(t for t in given or TARGETS if reader.document.get(t, EVERY) == EVERY)
        named = _named(reader, but=every)
        if reader.violations or association is None:
            return None
        return cls(association=association.code, named=named, every=every)

    def to_document(self) -> dict[str, Any]:
        """Return the JSON document."""
        every: dict[str, Any] = {target: EVERY for target in TARGETS if target in self.every}
        return {"type": self.type, "association": self.association, **self.targets(), **every}

    def linked(self, held: Members, targets: Iterable[str]) -> dict[str, Any]:
        """Return what is linked without the targets."""
        gone = set(targets)
        return {key: data for key, data in held.items() if key not in gone}


def _association(reader: DocumentReader) -> AssociationType | None:
    given = reader.document.get("association")
    found = reader.structure.association_types.get(given) if isinstance(given, str) else None
    if found is None:
        known = ", ".join(each.code for each in reader.structure.association_types)
        message = (
            'There is no association type "{value}".' if given else "The association is missing."
        )
        mend = "Choose one of {known}." if known else "Create an association type first."
        reader.note("unknown_association", "association", message, given or "", known=known,
                    mend=mend)  # fmt: skip
    return found


def _named(
    reader: DocumentReader, but: frozenset[Target] = frozenset()
) -> dict[Target, tuple[str, ...]]:
    """Return what the document names, by target; stored spelling where the structure has it."""
    asked = [target for target in TARGETS if target not in but]
    found: dict[Target, tuple[str, ...]] = {
        target: reader.codes(target, "groups")
        if target == "groups"
        else reader.listed(target, "identifiers" if target == "products" else "codes of models")
        for target in asked
    }
    return {target: names for target, names in found.items() if names}


def _quantity(association: AssociationType | None, reader: DocumentReader) -> int | None:
    given = reader.document.get("quantity")
    if association is None:
        return None
    if association.quantified:
        return reader.whole("quantity", least=1, most=LARGEST_QUANTITY, default=1)
    if given is not None:
        message = "{association} links without quantities."
        mend = "Leave quantity out."
        reader.note("quantity_not_allowed", "quantity", message, given,
                    association=association.code, mend=mend)  # fmt: skip
    return None
