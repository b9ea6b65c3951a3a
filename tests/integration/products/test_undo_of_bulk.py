"""A bulk edit goes back as a whole, whatever its operations wrote."""

from __future__ import annotations

from pim.db.unit_of_work import unit_of_work
from pim.editing.bulk import BulkEdit
from pim.projection import Projection
from pim.structure.queries import current
from tests.factories.catalogue import Catalogue

WHERE = {"field": "sku", "operator": "STARTS WITH", "value": "DRB"}
DO = (
    {"type": "calculate", "field": "price", "percent": 10},
    {"type": "disable"},
    {"type": "categorize", "add": ["men"]},
)


def test_a_bulk_edit_is_undone_at_the_level_it_was_written(catalogue: Catalogue) -> None:
    before = catalogue.state()
    projection = Projection(catalogue.settings.projection, catalogue.engine)
    try:
        with unit_of_work(catalogue.engine) as work:
            edit = BulkEdit(work, projection, current(work.session), WHERE, DO).run()
    finally:
        projection.close()
    assert catalogue.value("derby-black", "price") == {"EUR": "110", "GBP": "99.55"}

    undone = catalogue.undo(edit.change_set)

    assert undone.kept == 0
    assert catalogue.state() == before
