from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
import sqlalchemy as sa

from pim.db.runs import Cancelled
from pim.domain.conditions import parse
from pim.projection import extract, manifest
from pim.projection.manifest import Manifest


def one(data):
    return {"<all>": {"<all>": data}}


def names(projection, column="name"):
    with projection.read() as reading:
        frame = reading.frame(["identifier", column])
    return dict(frame.iter_rows())


def test_a_first_refresh_shows_every_product_with_what_it_inherits(shop, projection):
    style = shop.model("derby", {"name": one("Derby")})
    red = shop.model("derby-red", {"colour": one("red")}, style)
    shop.product("derby-red-42", {"stock": one("7.5")}, parent=red)
    shop.product("polish", {"name": one("Polish")})

    projection.refresh()

    with projection.read() as reading:
        frame = reading.frame(
            ["identifier", "level", "name", "stock", "colour", "parent_code", "root_code", "family"]
        )
        red_option = reading.structure.attributes["colour"].options["red"].id
    assert frame.rows() == [
        ("derby-red-42", "variant", "Derby", Decimal("7.5"), red_option,
         "derby-red", "derby", shop.family),
        ("polish", "simple", "Polish", None, None, None, None, shop.family),
    ]  # fmt: skip


def test_a_refresh_without_changes_writes_nothing(shop, projection):
    shop.product("derby", {})
    first = projection.refresh()

    assert projection.refresh() == first


def test_a_changed_product_becomes_a_delta_and_the_base_stays(shop, projection):
    derby = shop.product("derby", {"name": one("Old")})
    shop.product("boot", {"name": one("Boot")})
    first = projection.refresh()

    shop.set("product", derby, {"name": one("New")})
    second = projection.refresh()

    assert second.base == first.base
    assert [delta.items for delta in second.deltas] == [1]
    assert names(projection) == {"derby": "New", "boot": "Boot"}


def test_a_changed_style_reaches_every_product_below_it(shop, projection):
    style = shop.model("derby", {"name": one("Old")})
    red = shop.model("derby-red", {}, style)
    shop.product("derby-red-42", {}, parent=red)
    shop.product("boot", {"name": one("Boot")})
    projection.refresh()

    shop.set("product_model", style, {"name": one("New")})
    projection.refresh()

    assert names(projection) == {"derby-red-42": "New", "boot": "Boot"}
    with projection.read() as reading:
        models = reading.frame(["identifier", "name"], levels=("model", "sub_model"))
    assert models.rows() == [("derby", "New"), ("derby-red", "New")]


def test_deleted_products_are_gone_and_stay_gone_when_deltas_merge(shop, projection):
    derby, boot = shop.product("derby", {}), shop.product("boot", {"name": one("Boot")})
    projection.refresh()

    shop.delete(derby)
    projection.refresh()
    assert names(projection) == {"boot": "Boot"}

    shop.set("product", boot, {"name": one("Better")})
    merged = projection.refresh()
    assert [(delta.items, delta.gone) for delta in merged.deltas] == [(1, 1)]
    assert names(projection) == {"boot": "Better"}


def test_new_products_keep_the_order_of_ids_between_older_ones(shop, projection):
    first = shop.many(5)
    projection.refresh()
    later = shop.many(3, prefix="later")
    shop.set("product", first[2], {"stock": one("99")})
    projection.refresh()

    with projection.read() as reading:
        frame = reading.frame(["id", "stock"])
        page = reading.search(sort="stock", descending=True, limit=2)
    assert frame["id"].to_list() == [*first, *later]
    assert frame["stock"].to_list() == [1, 2, 99, 4, 5, 1, 2, 3]
    assert page.ids.to_list() == [first[2], first[4]]
    assert page.total == 8


def test_deltas_stay_few_however_many_edits_there_are(shop, projection):
    products = shop.many(60)
    projection.refresh()

    for number in products[:24]:
        shop.set("product", number, {"stock": one("0")})
        state = projection.refresh()

    assert len(state.deltas) <= 5
    with projection.read() as reading:
        zero = reading.matching(parse({"field": "stock", "operator": "=", "value": 0}))
    assert zero.to_list() == products[:24]


def test_a_change_of_more_than_a_fifth_writes_a_new_base(shop, projection):
    products = shop.many(1200)
    first = projection.refresh()

    with shop.engine.begin() as connection:
        connection.execute(sa.text("UPDATE product SET enabled = false WHERE id % 2 = 0"))
        shop.log(connection, "product", products)
    second = projection.refresh()

    assert second.base != first.base
    assert second.deltas == ()
    with projection.read() as reading:
        assert reading.counts("enabled") == {True: 600, False: 600}


def test_a_commit_that_began_before_a_refresh_and_ended_after_it_is_not_lost(shop, projection):
    early, late = shop.product("early", {}), shop.product("late", {})
    projection.refresh()

    with shop.engine.connect() as slow, slow.begin() as transaction:
        shop.write(slow, "product", late, {"name": one("slow")})  # a lower transaction id, open
        shop.set("product", early, {"name": one("quick")})  # a higher one, committed
        projection.refresh()
        assert names(projection) == {"early": "quick", "late": None}
        transaction.commit()

    projection.refresh()
    assert names(projection) == {"early": "quick", "late": "slow"}


def test_orders_of_text_go_with_their_base(shop, projection):
    shop.many(3)
    for _ in range(2):
        projection.close()
        state = projection.refresh(rebuild=True)
        with projection.read() as reading:
            assert reading.search(sort="identifier", limit=1).total == 3
        orders = projection.folder / manifest.ORDERS
        assert [path.name for path in orders.iterdir()] == [state.base.name]


def test_a_rolled_back_change_never_shows(shop, projection):
    derby = shop.product("derby", {})
    projection.refresh()
    with shop.engine.connect() as connection, connection.begin() as transaction:
        shop.write(connection, "product", derby, {"name": one("never")})
        transaction.rollback()

    projection.refresh()

    assert names(projection) == {"derby": None}


@pytest.mark.parametrize(
    "elsewhere", [{"system": "1"}, {"database": 1}, {"snapshot": "900000000:900000000:"}]
)
def test_the_projection_of_another_cluster_or_time_is_rebuilt(shop, projection, elsewhere):
    shop.product("derby", {"name": one("Derby")})
    foreign = replace(projection.refresh(), **elsewhere, number=2)
    manifest.publish(projection.folder, foreign)

    rebuilt = projection.refresh()

    assert rebuilt.base != foreign.base
    assert names(projection) == {"derby": "Derby"}


@pytest.mark.parametrize(
    "damage", ["no manifest", "half a manifest", "short segment", "no segment"]
)
def test_damage_is_repaired_by_a_new_base(shop, projection, damage):
    shop.product("derby", {"name": one("Derby")})
    state = projection.refresh()
    items = projection.folder / manifest.SEGMENTS / state.base.name / "items.arrow"
    current = projection.folder / manifest.CURRENT
    if damage == "no manifest":
        current.unlink()
    elif damage == "half a manifest":
        current.write_bytes(current.read_bytes()[:100])
    elif damage == "short segment":
        items.write_bytes(items.read_bytes()[:200])
    else:
        items.unlink()

    assert names(projection) == {"derby": "Derby"}
    assert projection.refresh().base != state.base


def test_reading_builds_what_is_not_there_yet(shop, projection):
    shop.product("derby", {"name": one("Derby")})

    assert names(projection) == {"derby": "Derby"}


def test_an_empty_catalogue_reads_as_no_rows(shop, projection):
    with projection.read() as reading:
        frame = reading.frame(["id", "name", "stock", "categories", "level"])
        page = reading.search(text="x", sort="name")

    assert frame.rows() == []
    assert frame.schema["stock"] == pl.Decimal(38, 10)
    assert (page.ids.to_list(), page.total) == ([], 0)


def test_a_running_change_set_is_named_as_unfinished(shop, projection):
    with shop.engine.begin() as connection:
        running = connection.execute(
            sa.text("INSERT INTO change_set (kind) VALUES ('bulk') RETURNING id")
        ).scalar_one()

    assert projection.refresh().unfinished == (running,)


def test_a_product_that_leaves_its_model_shows_what_it_owns(shop, projection):
    style = shop.model("derby", {"name": one("Derby")})
    red = shop.model("derby-red", {}, style)
    derby = shop.product("derby-red-42", {"stock": one("4")}, parent=red)
    projection.refresh()
    with shop.engine.begin() as connection:
        connection.execute(sa.text("UPDATE product SET parent_id = NULL"))
        shop.log(connection, "product", [derby])

    projection.refresh()

    with projection.read() as reading:
        frame = reading.frame(["level", "name", "stock", "root_code"])
    assert frame.rows() == [("simple", None, 4, None)]


def test_a_changed_family_variant_hides_what_moved_to_another_level(shop, projection):
    style = shop.model("derby", {})
    red = shop.model("derby-red", {}, style)
    shop.product("derby-red-42", {"stock": one("4")}, parent=red)
    assert names(projection, "stock") == {"derby-red-42": 4}
    with shop.engine.begin() as connection:
        connection.execute(sa.text("UPDATE family_variant_attribute SET level = 1"))
        connection.execute(sa.text("UPDATE structure_version SET version = version + 1"))
        shop.log(connection, "family_variant", [shop.variant])

    projection.refresh()

    assert names(projection, "stock") == {"derby-red-42": None}


def test_a_change_of_a_family_projects_its_products_again(shop, projection):
    shop.many(4)
    projection.refresh()
    with shop.engine.begin() as connection:
        connection.execute(sa.text("UPDATE product SET enabled = false"))
        shop.log(connection, "family", [shop.family])

    projection.refresh()

    with projection.read() as reading:
        assert reading.counts("enabled") == {False: 4}


def test_members_of_a_change_set_are_found(shop, projection):
    derby, _ = shop.product("derby", {}), shop.product("boot", {})
    with shop.engine.begin() as connection:
        change = connection.execute(
            sa.text("INSERT INTO change_set (kind) VALUES ('bulk') RETURNING id")
        ).scalar_one()
        connection.execute(
            sa.text(
                "INSERT INTO history (entity_id, change_set_id, kind, action)"
                " VALUES (:derby, :change, 0, 0)"
            ),
            {"derby": derby, "change": change},
        )

    with projection.read() as reading:
        asked = parse({"field": "change_set", "operator": "IN", "value": [change]})
        assert reading.matching(asked).to_list() == [derby]


def test_a_progress_is_told_while_a_base_is_written(shop, projection):
    shop.many(3)
    told: list[tuple[int, int]] = []

    projection.refresh(progress=lambda done, total: told.append((done, total)))

    assert told[-1] == (3, 3)


def test_a_manifest_survives_writing_and_reading(tmp_path: Path, shop, projection):
    state: Manifest = projection.refresh()

    assert manifest.load(projection.folder) == state
    assert json.loads((projection.folder / manifest.CURRENT).read_text())["format"] == 1


def test_a_refresh_that_stops_between_two_chunks_lets_go_of_its_connection(
    shop, projection, monkeypatch
):
    monkeypatch.setattr(extract, "CHUNK", 2)
    for number in range(5):
        shop.product(f"derby-{number}", {"name": one("Derby")})

    def told(done: int, _total: int) -> None:
        raise Cancelled(f"stopped after {done}")

    def refresh() -> str:
        with pytest.raises(Cancelled, match="stopped after 2"):
            projection.refresh(progress=told)
        return "stopped"

    stopped = ThreadPoolExecutor(1).submit(refresh)

    assert stopped.result(timeout=30) == "stopped"
    assert projection.refresh().base.rows == 5
