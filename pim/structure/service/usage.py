"""Find out what uses a part of the structure, to say why it cannot go.

Products are named by table, not imported: their room lies above this one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from pim.structure.service.findings import Findings

SHOWN = 5


def note_names(findings: Findings, kind: str, names: Sequence[str]) -> None:
    """Note the things of the structure that use it."""
    if names:
        shown = ", ".join(names[:SHOWN])
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        findings.add(
            "in_use",
            "code",
            "It is used by these {kind}: {names}.",
            mend="Take it out of them first.",
            kind=kind,
            names=shown + more,
        )


def note_products(findings: Findings, products: int, models: int, what: str = "use it") -> None:
    """Note how many products and product models use it."""
    if products or models:
        findings.add(
            "in_use",
            "code",
            "{products} and {models} {what}.",
            mend="Change these products first; a bulk edit finds them by a condition.",
            products=counted(products, "product"),
            models=counted(models, "product model"),
            what=what,
        )


def note_values(findings: Findings, session: Session, path: str, name: str) -> None:
    """Note how many hold a value under a name at a path of their document (`$.*.*` and name)."""
    where = (
        """jsonb_path_exists("values", (:path || '.' || to_json(CAST(:name AS text)))::jsonpath)"""
    )
    products = count(session, "product", where, path=path, name=name)
    models = count(session, "product_model", where, path=path, name=name)
    note_products(findings, products, models, "hold a value of it")


def note_data(findings: Findings, session: Session, attribute: str, data: str) -> None:
    """Note how many hold a text, alone or in a list, as value of an attribute."""
    where = """jsonb_path_exists("values" -> :attribute, '$.*.* ? (@ == $data)',
                                 jsonb_build_object('data', CAST(:data AS text)))"""
    products = count(session, "product", where, attribute=attribute, data=data)
    models = count(session, "product_model", where, attribute=attribute, data=data)
    note_products(findings, products, models, "have it as a value")


def note_rows(
    findings: Findings,
    session: Session,
    product: str,
    model: str,
    *,
    what: str = "use it",
    **given: Any,
) -> None:
    """Note how many rows of products and of models fulfil a condition each."""
    note_products(
        findings,
        count(session, "product", product, **given),
        count(session, "product_model", model, **given),
        what,
    )


def counted(number: int, what: str) -> str:
    """Return "1 product" or "2 products"."""
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def count_level(
    session: Session, variant_id: int, attribute: str, level: int, last: int
) -> tuple[int, int]:
    """Return how many products and models of a family variant hold a value at one level."""
    given: dict[str, Any] = {"variant": variant_id, "attribute": attribute}
    holds = '"values" ? :attribute'
    if level == last:
        models = "SELECT id FROM product_model WHERE family_variant_id = :variant"
        return count(session, "product", f"{holds} AND parent_id IN ({models})", **given), 0
    place = "parent_id IS NULL" if level == 0 else "parent_id IS NOT NULL"
    where = f"{holds} AND family_variant_id = :variant AND {place}"
    return 0, count(session, "product_model", where, **given)


def count(session: Session, table: str, where: str, **given: Any) -> int:
    """Return how many rows of `product` or `product_model` fulfil a condition of ours."""
    query = f"SELECT count(*) FROM {table} WHERE {where}"  # noqa: S608 - our own text, bound values
    return int(session.execute(text(query), given).scalar_one())
