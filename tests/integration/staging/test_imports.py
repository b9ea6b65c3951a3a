"""Imports of products and models: what is written, what is refused, and what both say."""

from __future__ import annotations

from tests.factories.catalogue import MODELS, PRODUCTS, Catalogue


def test_what_was_imported_is_stored_at_its_level(catalogue: Catalogue) -> None:
    assert len(catalogue.names()) == len(MODELS) + len(PRODUCTS)
    assert catalogue.value("derby", "name", locale="de_DE") == "Derbyschuh"


def test_the_same_rows_again_write_nothing_but_the_run(catalogue: Catalogue) -> None:
    before, written = catalogue.state(), catalogue.written()

    models = catalogue.rows("product_models", *MODELS)
    products = catalogue.rows("products", *PRODUCTS)

    assert models.counts.unchanged == len(MODELS)
    assert products.counts.unchanged == len(PRODUCTS)
    assert (models.change_set, products.change_set) == (None, None)
    assert catalogue.state() == before
    assert catalogue.written() == written | {"run": written["run"] + 2}
