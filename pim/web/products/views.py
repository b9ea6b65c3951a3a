"""The list of products and models, and the page of one."""

from __future__ import annotations

import uuid as uuids

from flask import Blueprint, render_template, request

from pim.products.history import product_history
from pim.products.models import MODEL, PRODUCT
from pim.products.queries import Detail, find_detail
from pim.web import state
from pim.web.products import facets as facet_queries
from pim.web.products import listing, relations, values
from pim.web.products.feeds import standings
from pim.web.products.labels import label, value_of
from pim.web.products.query import PER_PAGE, ListQuery
from pim.web.rules import allowed

pages = Blueprint("products", __name__)

HISTORY_SHOWN = 50


@pages.get("/products")
@allowed("products.view")
def index() -> str:
    """List products or models."""
    query = ListQuery.from_arguments(request.args)
    chosen = state.chosen()
    with state.reading() as reading:
        condition, wrong = query.condition(reading.structure, chosen)
        page = listing.read_page(reading, query, condition, chosen, wrong)
        facets = facet_queries.facets(reading, query, chosen.locale)
    return render_template(
        "products/list.html",
        query=query,
        page=page,
        facets=facets,
        behind=page.behind,
        per_page=PER_PAGE,
    )


@pages.get("/products/<uuid:uuid>")
@allowed("products.view")
def product(uuid: uuids.UUID) -> str:
    """Show a product's values."""
    return _values(uuid, PRODUCT)


@pages.get("/product-models/<uuid:uuid>")
@allowed("products.view")
def model(uuid: uuids.UUID) -> str:
    """Show a product model's values and children."""
    return _values(uuid, MODEL)


@pages.get("/products/<uuid:uuid>/history")
@allowed("products.view")
def product_changes(uuid: uuids.UUID) -> str:
    """Show what happened to a product."""
    return _history(uuid, PRODUCT)


@pages.get("/product-models/<uuid:uuid>/history")
@allowed("products.view")
def model_changes(uuid: uuids.UUID) -> str:
    """Show what happened to a product model."""
    return _history(uuid, MODEL)


@pages.get("/products/<uuid:uuid>/feeds")
@allowed("products.view")
def product_feeds(uuid: uuids.UUID) -> str:
    """Show where a product stands in every feed."""
    detail = _find(uuid, PRODUCT)
    found = standings(detail.entity.id)
    return render_template("products/feeds.html", tab="feeds", standings=found, **_head(detail))


def _find(uuid: uuids.UUID, kind: int) -> Detail:
    return find_detail(state.work().session, uuid, kind, state.structure())


def _head(detail: Detail) -> dict[str, object]:
    """Return what the head of the page shows on every tab."""
    structure, chosen = state.structure(), state.chosen()
    document = detail.resolved.document()
    family = detail.family
    name = value_of(family.attribute_as_label if family else None, document, structure, chosen)
    picture = value_of(family.attribute_as_image if family else None, document, structure, chosen)
    return {
        "detail": detail,
        "title": name or detail.entity.name,
        "family": label(family, chosen.locale),
        "picture": picture if values.is_picture(picture) else None,
    }


def _values(uuid: uuids.UUID, kind: int) -> str:
    detail = _find(uuid, kind)
    structure, chosen = state.structure(), state.chosen()
    listed = (detail.children, detail.axes_below()) if kind == MODEL else ()
    beside = listed or (detail.siblings, detail.axes_here())
    return render_template(
        "products/values.html",
        tab="values",
        groups=values.groups(detail, structure, chosen),
        tasks=values.tasks(detail, structure),
        pictures=values.pictures(detail, structure),
        categories=relations.memberships(detail, structure, chosen),
        associations=relations.associations(state.work().session, detail, structure, chosen),
        variants=relations.variants(detail, *beside, structure, chosen),
        axes=[label(structure.attributes.get(code), chosen.locale) for code in beside[1]],
        in_groups=[
            label(structure.groups.by_id.get(n), chosen.locale) for n in detail.entity.groups
        ],
        **_head(detail),
    )


def _history(uuid: uuids.UUID, kind: int) -> str:
    detail = _find(uuid, kind)
    before = request.args.get("before", type=int)
    entries = product_history(
        state.work().session,
        detail.entity.id,
        state.structure(),
        limit=HISTORY_SHOWN + 1,
        before=before,
    )
    return render_template(
        "products/history.html",
        tab="history",
        entries=entries[:HISTORY_SHOWN],
        older=entries[HISTORY_SHOWN - 1].change_set if len(entries) > HISTORY_SHOWN else None,
        **_head(detail),
    )
