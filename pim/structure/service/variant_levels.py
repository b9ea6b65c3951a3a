"""The rules of the levels of family variants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pim.domain import structure as domain
from pim.domain.attribute_types import ATTRIBUTE_TYPES
from pim.domain.structure import Structure
from pim.structure.service.findings import Findings
from pim.structure.service.noun import Document

MOST_AXES = 5


def check_levels(findings: Findings, structure: Structure, new: Document) -> None:
    """Bring levels to their stored form: axes belong to their level, unique ones to the last."""
    family = structure.families[new["family"]]
    given = new["levels"]
    if "1" not in given:
        findings.add(
            "required",
            "levels.1.axes",
            "A family variant needs at least one level with an axis.",
            mend="Name the attributes that tell the variants apart.",
        )
        return
    levels = {
        number: _level(findings, structure, family, number, given[number] or {})
        for number in sorted(given)
    }
    _place_unique(findings, structure, family, levels)
    _check_placed_once(findings, levels)
    new["levels"] = levels


def _level(
    findings: Findings, structure: Structure, family: domain.Family, number: str, given: Document
) -> Document:
    """Return one level with its axes and attributes, axes included, in stored spelling."""
    axes = _members(findings, structure, family, given.get("axes"), f"levels.{number}.axes")
    owned = _members(
        findings, structure, family, given.get("attributes"), f"levels.{number}.attributes"
    )
    if not 1 <= len(axes) <= MOST_AXES:
        findings.add(
            "axes",
            f"levels.{number}.axes",
            "Level {number} has {count} axes; it may have from 1 to {most}.",
            mend="Name the attributes that tell the variants of this level apart.",
            number=number,
            count=len(axes),
            most=MOST_AXES,
        )
    for axis in axes:
        _check_axis(findings, structure.attributes[axis], f"levels.{number}.axes")
    return {"axes": axes, "attributes": sorted({*axes, *owned})}


def _members(
    findings: Findings,
    structure: Structure,
    family: domain.Family,
    given: Iterable[str] | None,
    path: str,
) -> list[str]:
    """Return attributes of the family in stored spelling; strangers are noted."""
    found = findings.refer_all(structure.attributes, given or (), path=path, what="attribute")
    for code in found:
        if code not in family.attributes:
            findings.add(
                "not_in_family",
                path,
                'The attribute "{value}" is not one of the family "{family}".',
                value=code,
                mend="Add it to the family first, or take it out here.",
                family=family.code,
            )
    return [code for code in found if code in family.attributes]


def _check_axis(findings: Findings, attribute: domain.Attribute, path: str) -> None:
    allowed = [kind.code for kind in ATTRIBUTE_TYPES.values() if kind.axis_allowed]
    scoped = attribute.localizable or attribute.scopable or bool(attribute.available_locales)
    if attribute.type not in allowed or scoped or attribute.unique:
        findings.add(
            "invalid_axis",
            path,
            'The attribute "{value}" ({type}) cannot be an axis.',
            value=attribute.code,
            mend="An axis is one of {allowed}, without locales and channels, and not unique.",
            type=attribute.type,
            allowed=", ".join(allowed),
        )


def _place_unique(
    findings: Findings, structure: Structure, family: domain.Family, levels: dict[str, Document]
) -> None:
    """Move the identifier and unique attributes to the last level, where products are."""
    last = max(levels)
    unique = {code for code in family.attributes if structure.attributes[code].unique}
    for number, level in levels.items():
        misplaced = sorted(unique & set(level["attributes"])) if number != last else []
        for code in misplaced:
            findings.add(
                "unique_above",
                f"levels.{number}.attributes",
                'The attribute "{value}" is unique, so it is put at the last level.',
                value=code,
                mend="List it at level {last}.",
                severity="warning",
                last=last,
            )
        level["attributes"] = [code for code in level["attributes"] if code not in misplaced]
    levels[last]["attributes"] = sorted(unique | set(levels[last]["attributes"]))


def _check_placed_once(findings: Findings, levels: dict[str, Document]) -> None:
    both = set(levels["1"]["attributes"]) & set(levels.get("2", {}).get("attributes", ()))
    for code in sorted(both):
        findings.add(
            "placed_twice",
            "levels.2.attributes",
            'The attribute "{value}" is at both levels; a value lives at one.',
            value=code,
            mend="List it at one level only.",
        )


def check_overridable(findings: Findings, structure: Structure, new: Document) -> None:
    """Note attributes that no level below could override."""
    path = "overridable"
    given = _members(findings, structure, structure.families[new["family"]], new[path], path)
    last = new["levels"].get(max(new["levels"], default=""), {})
    axes = {axis for level in new["levels"].values() for axis in (level or {}).get("axes") or ()}
    for code in given:
        if code in axes or code in (last.get("attributes") or ()):
            findings.add(
                "not_overridable",
                path,
                'The attribute "{value}" is an axis or belongs to the last level already.',
                value=code,
                mend="Take it out: only values of a level above can be overridden.",
            )
    new[path] = sorted(given)


def check_axes_kept(findings: Findings, old: Document, new: Document) -> None:
    """Note a change of levels or axes: the variants that exist are told apart by them."""
    for number in sorted({*old["levels"], *new["levels"]}):
        was = old["levels"].get(number, {}).get("axes", [])
        now = (new["levels"].get(number) or {}).get("axes") or []
        if was != now:
            findings.add(
                "immutable",
                f"levels.{number}.axes",
                'The axes of level {number} are "{was}" since its creation and stay so.',
                value=",".join(now),
                mend="Create another family variant with the axes that you want.",
                number=number,
                was=",".join(was),
            )


def deserted(old: Document, new: Document) -> Iterator[tuple[str, int]]:
    """Yield each attribute with a level that could hold values of it and no longer can."""
    last = len(old["levels"])
    codes = {
        code for d in (old, new) for level in d["levels"].values() for code in level["attributes"]
    }
    for code in sorted({*codes, *old["overridable"]}):
        for level in sorted(_holders(old, code, last) - _holders(new, code, last)):
            yield code, level


def _holders(document: Document, code: str, last: int) -> set[int]:
    """Return the levels that may hold values of an attribute: its owner and overriding ones."""
    levels = document["levels"].items()
    owner = next((int(n) for n, level in levels if code in level["attributes"]), 0)
    return set(range(owner, last + 1)) if code in document["overridable"] else {owner}
