"""Who each row speaks about: a stored entity or a new one, its family, parent and level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from pim.domain.structure import Family, FamilyVariant, Structure
from pim.domain.violations import Violation
from pim.products.lookups import Parent, Stored, find_parents, find_stored, fold
from pim.products.models import MODEL
from pim.staging.findings import Findings


@dataclass(frozen=True, slots=True)
class Placement:
    """Where values of a row may live: family, family variant and level.

    A simple product has no variant and level 0; a product without a family takes any attribute.
    """

    family: Family | None
    variant: FamilyVariant | None
    level: int

    def owns(self, attribute: str) -> bool:
        """Tell whether an attribute's value may stand here."""
        if self.family is None:
            return True
        if attribute not in self.family.attributes:
            return False
        return self.variant is None or self.variant.holds(attribute, self.level)

    @property
    def axes(self) -> tuple[str, ...]:
        """Return the axes that tell this row from its siblings."""
        if self.variant is None or self.level == 0:
            return ()
        return self.variant.levels[self.level - 1].axes


NOWHERE = Placement(None, None, 0)


@dataclass(frozen=True, slots=True)
class RowContext:
    """One row's entity: `stored` is None for a new one."""

    name: str
    stored: Stored | None
    parent: Parent | None
    place: Placement


class Contexts:
    """Resolve the contexts of a chunk with three queries, whatever its size."""

    def __init__(self, session: Session, kind: int, structure: Structure) -> None:
        self._session = session
        self._kind = kind
        self._structure = structure
        self._places: dict[tuple[str, int, int], Placement] = {}

    def resolve(
        self,
        names: Sequence[str],
        system: Mapping[str, Sequence[str]],
        findings: Findings,
        columns: Mapping[str, str],
    ) -> list[RowContext]:
        """Return a context per row; problems go to `findings`.

        `system` holds the rows' texts of the family, family_variant and parent columns ("" where
        empty), `columns` the headers of these for messages.
        """
        stored = find_stored(self._session, self._kind, filter(None, names), lock=True)
        found = [stored.get(fold(name)) if name else None for name in names]
        wanted = system["parent"]
        by_code, by_id = find_parents(
            self._session,
            codes=filter(None, wanted),
            ids=(s.parent_id for s in found if s and s.parent_id),
        )
        contexts = []
        for position, name in enumerate(names):
            entity = found[position]
            row = {key: texts[position] for key, texts in system.items()}
            parent = self._parent(row["parent"], entity, by_code, by_id)
            problems = list(self._problems(row, entity, parent))
            for key, violation in problems:
                findings.add(position, _at(violation, columns.get(key, key), row.get(key, "")))
            place = NOWHERE if problems else self._place(row, entity, parent)
            contexts.append(RowContext(name, entity, parent, place))
        return contexts

    @staticmethod
    def _parent(
        code: str,
        entity: Stored | None,
        by_code: Mapping[str, Parent],
        by_id: Mapping[int, Parent],
    ) -> Parent | None:
        if code:
            return by_code.get(fold(code))
        return by_id.get(entity.parent_id) if entity and entity.parent_id else None

    def _problems(
        self, row: Mapping[str, str], entity: Stored | None, parent: Parent | None
    ) -> list[tuple[str, Violation]]:
        """Return what is wrong with the row's place, with the key of the column at fault."""
        if row["parent"] and parent is None:
            return [("parent", _PARENT_UNKNOWN)]
        if entity and row["parent"] and parent and entity.parent_id != parent.id:
            return [("parent", _PARENT_CHANGED)]
        check = self._model_problems if self._kind == MODEL else self._product_problems
        return check(row, entity, parent)

    def _product_problems(
        self, row: Mapping[str, str], entity: Stored | None, parent: Parent | None
    ) -> list[tuple[str, Violation]]:
        family = self._structure.families.get(row["family"])
        if row["family"] and family is None:
            return [("family", _FAMILY_UNKNOWN)]
        if parent is None:
            return []
        variant = self._structure.family_variants.by_id[parent.family_variant_id]
        if family and family.code != variant.family:
            return [("family", _family_differs(variant))]
        if parent.level + 1 != len(variant.levels):
            return [("parent", _too_high(parent, variant))]
        return []

    def _model_problems(
        self, row: Mapping[str, str], entity: Stored | None, parent: Parent | None
    ) -> list[tuple[str, Violation]]:
        variant = self._structure.family_variants.get(row["family_variant"])
        if row["family_variant"] and variant is None:
            return [("family_variant", _VARIANT_UNKNOWN)]
        if not row["family_variant"] and entity is None and parent is None:
            return [("family_variant", _VARIANT_MISSING)]
        known = parent.family_variant_id if parent else entity.family_variant_id if entity else None
        if variant and known is not None and variant.id != known:
            return [("family_variant", _VARIANT_DIFFERS)]
        if parent and (
            parent.level > 0
            or len(self._structure.family_variants.by_id[parent.family_variant_id].levels) < 2
        ):
            return [("parent", _TOO_LOW)]
        return []

    def _place(
        self, row: Mapping[str, str], entity: Stored | None, parent: Parent | None
    ) -> Placement:
        variants = self._structure.family_variants.by_id
        if self._kind == MODEL:
            given = self._structure.family_variants.get(row["family_variant"])
            inherited = parent.family_variant_id if parent else None
            stored = entity.family_variant_id if entity else None
            variant = given or variants[inherited or stored or 0]
            return self._cached("variant", variant.id, 1 if parent else 0)
        if parent:
            return self._cached(
                "variant", parent.family_variant_id, len(variants[parent.family_variant_id].levels)
            )
        given_family = self._structure.families.get(row["family"])
        family_id = given_family.id if given_family else entity.family_id if entity else None
        return self._cached("family", family_id or 0, 0)

    def _cached(self, what: str, of: int, level: int) -> Placement:
        """Return one placement object per place, so that rows group by identity."""
        key = (what, of, level)
        if key not in self._places:
            if what == "variant":
                variant = self._structure.family_variants.by_id[of]
                family = self._structure.families[variant.family]
                self._places[key] = Placement(family, variant, level)
            else:
                self._places[key] = Placement(self._structure.families.by_id.get(of), None, 0)
        return self._places[key]


def _at(violation: Violation, column: str, value: str) -> Violation:
    return Violation(
        code=violation.code,
        path=column,
        message=violation.message,
        mend=violation.mend,
        parameters={**violation.parameters, "value": value},
        value=value or None,
    )


_PARENT_UNKNOWN = Violation(
    code="parent_unknown",
    path="parent",
    message='There is no product model "{value}".',
    mend="Correct the code, or import the model first; if its own row was rejected, mend that row.",
)
_PARENT_CHANGED = Violation(
    code="parent_changed",
    path="parent",
    message='The parent is not "{value}", and an import does not move a product or model.',
    mend="Leave the cell empty to keep the parent.",
)
_FAMILY_UNKNOWN = Violation(
    code="family_unknown",
    path="family",
    message='There is no family "{value}".',
    mend="Correct the code, or import the family first.",
)
_VARIANT_UNKNOWN = Violation(
    code="family_variant_unknown",
    path="family_variant",
    message='There is no family variant "{value}".',
    mend="Correct the code, or import the family variant first.",
)
_VARIANT_MISSING = Violation(
    code="family_variant_missing",
    path="family_variant",
    message="A new root model needs a family variant.",
    mend="Name one in the column family_variant.",
)
_VARIANT_DIFFERS = Violation(
    code="family_variant_differs",
    path="family_variant",
    message='The family variant is not "{value}", and it cannot change.',
    mend="Leave the cell empty to keep it.",
)
_TOO_LOW = Violation(
    code="parent_level",
    path="parent",
    message='"{value}" takes no models below it: its family variant has no further level.',
    mend="Name a root model whose family variant has two levels.",
)


def _family_differs(variant: FamilyVariant) -> Violation:
    return Violation(
        code="family_differs",
        path="family",
        message='The family is "{value}", but the parent belongs to {family}.',
        parameters={"family": variant.family},
        mend="Leave the cell empty to take the parent's family.",
    )


def _too_high(parent: Parent, variant: FamilyVariant) -> Violation:
    return Violation(
        code="parent_level",
        path="parent",
        message='"{value}" is a root model of {variant}, whose products stand below a sub model.',
        parameters={"variant": variant.code},
        mend="Name the sub model as parent.",
    )
