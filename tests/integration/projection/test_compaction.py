"""Patches, folding in the background, and reading beside a projector that is busy."""

from __future__ import annotations

import signal
import time

import pytest
import sqlalchemy as sa

from pim.products.models import ChangeSet
from pim.projection import compaction, manifest, projector
from pim.projection.projector import LOCK
from tests.integration.projection.test_processes import process, stocks


@pytest.fixture(autouse=True)
def always_due(monkeypatch):
    """Fold after any change, and patch however few rows changed."""
    monkeypatch.setattr(compaction, "DUE_SECONDS", 0.0)
    monkeypatch.setattr(compaction, "DUE_PATCHES", 1)
    monkeypatch.setattr(projector, "PATCH_FROM", 0)


def restock(shop, numbers, stock):
    """Give products a stock as a bulk edit does: the log names the attribute."""
    with shop.engine.begin() as connection:
        connection.execute(
            sa.text(
                """UPDATE product SET "values" = "values" || jsonb_build_object('stock',
                jsonb_build_object('<all>', jsonb_build_object('<all>', CAST(:stock AS text))))
                WHERE id = ANY(:ids)"""
            ),
            {"ids": numbers, "stock": str(stock)},
        )
        connection.execute(
            sa.text(
                "INSERT INTO change_log (subject, ids, attributes)"
                " VALUES ('product', :ids, '{stock}')"
            ),
            {"ids": numbers},
        )


def segment_names(projection):
    return {path.name for path in (projection.folder / manifest.SEGMENTS).iterdir()}


def test_an_edit_of_many_writes_the_columns_that_it_touched_and_no_rows(shop, projection):
    products = shop.many(400)
    before = projection.refresh()

    restock(shop, products, 7)
    after = projection.refresh()

    assert after.base == before.base
    assert after.deltas == ()
    (patch,) = after.patches
    assert sum(patch.files.values()) < sum(before.base.files.values()) / 2
    assert stocks(projection) == {7: 400}


def test_a_later_patch_takes_the_place_of_an_earlier_one(shop, projection):
    products = shop.many(300)
    projection.refresh()
    for stock in (1, 2, 3):
        restock(shop, products, stock)
        state = projection.refresh()

    assert len(state.patches) == 1
    assert stocks(projection) == {3: 300}


def test_folding_leaves_one_segment_that_shows_the_same(shop, projection):
    products = shop.many(400)
    before = projection.refresh()
    restock(shop, products[:300], 7)
    projection.refresh()
    shop.delete(products[0])
    shop.set("product", products[1], {"stock": {"<all>": {"<all>": "9"}}})
    projection.refresh()
    expected = stocks(projection)
    projection.close()

    folded = projection.compact()

    assert folded is not None
    assert folded.base != before.base
    assert folded.segments == (folded.base,)
    assert stocks(projection) == expected
    assert segment_names(projection) == {folded.base.name}


def test_what_is_projected_during_a_folding_stays_behind_the_new_base(
    shop, projection, monkeypatch
):
    products = shop.many(400)
    projection.refresh()
    restock(shop, products, 7)
    projection.refresh()
    real = compaction.folding.fold

    def slow(*given):
        base = real(*given)
        shop.set("product", products[5], {"stock": {"<all>": {"<all>": "99"}}})
        projection.refresh()
        return base

    monkeypatch.setattr(compaction.folding, "fold", slow)
    folded = projection.compact()

    assert folded is not None
    assert [delta.items for delta in folded.deltas] == [1]
    assert stocks(projection) == {7: 399, 99: 1}


def test_a_patch_during_a_folding_makes_it_void(shop, projection, monkeypatch):
    products = shop.many(400)
    projection.refresh()
    restock(shop, products, 7)
    before = projection.refresh()
    real = compaction.folding.fold

    def slow(*given):
        base = real(*given)
        restock(shop, products, 8)
        projection.refresh()
        return base

    monkeypatch.setattr(compaction.folding, "fold", slow)

    assert projection.compact() is None
    assert manifest.load(projection.folder).base == before.base
    assert stocks(projection) == {8: 400}


FOLDING = """
from pim.projection import compaction
compaction.DUE_SECONDS, compaction.DUE_PATCHES = 0.0, 1
"""


@pytest.mark.parametrize("moment", ["folding.fold", "_put_in_place", "Draft.publish"])
def test_a_killed_folding_leaves_everything_whole(shop, projection, database, moment):
    products = shop.many(400)
    projection.refresh()
    restock(shop, products, 7)
    before = projection.refresh()
    script = f"""{FOLDING}
import operator
name = "{moment}"
owner = compaction if "." not in name else getattr(compaction, name.split(".")[0])
def die(*given, **more):
    print("dying", flush=True)
    time.sleep(60)
setattr(owner, name.split(".")[-1], die)
projection.compact()
"""
    with process(script, projection.folder, database) as child:
        assert child.stdout.readline() == "dying\n"
        assert manifest.load(projection.folder) == before
        child.send_signal(signal.SIGKILL)
        child.wait()

    assert stocks(projection) == {7: 400}
    projection.close()
    folded = projection.compact()
    assert stocks(projection) == {7: 400}
    assert segment_names(projection) == {folded.base.name}


def test_a_reader_keeps_its_files_while_others_fold(shop, projection, database):
    products = shop.many(400)
    projection.refresh()
    restock(shop, products, 7)
    projection.refresh()
    script = """
with projection.read() as reading:
    print("reading", flush=True)
    sys.stdin.readline()
    stock = reading.frame(["stock"])["stock"]
    print(stock.min(), stock.max(), reading.manifest.number, flush=True)
    time.sleep(60)
"""
    with process(script, projection.folder, database, stdin=True) as child:
        assert child.stdout.readline() == "reading\n"
        held = segment_names(projection)
        projection.close()
        folded = projection.compact()
        assert segment_names(projection) == held | {folded.base.name}
        child.stdin.write("go\n")
        child.stdin.flush()
        assert child.stdout.readline().split() == ["7.0000000000", "7.0000000000", "2"]
        child.send_signal(signal.SIGKILL)
        child.wait()

    shop.set("product", products[0], {})
    state = projection.refresh()
    assert segment_names(projection) == {segment.name for segment in state.segments}


BUSY = f"""
import sqlalchemy
with projection.engine.connect() as connection:
    connection.execute(sqlalchemy.text("SELECT pg_advisory_lock({LOCK})"))
    connection.commit()
    print("busy", flush=True)
    time.sleep(60)
"""


def test_a_reader_sees_what_was_just_written_though_the_projector_is_busy(
    shop, projection, database
):
    products = shop.many(50)
    projection.refresh()
    with process(BUSY, projection.folder, database) as child:
        assert child.stdout.readline() == "busy\n"
        restock(shop, products[:5], 77)
        shop.delete(products[9])
        added = shop.product("added", {"stock": {"<all>": {"<all>": "5000"}}})
        began = time.monotonic()
        with projection.read_newest() as reading:
            page = reading.search(sort="stock", descending=True, limit=3)
            total, behind = page.total, reading.behind
        took = time.monotonic() - began

    assert page.ids.to_list() == [added, *products[:2]]
    assert (total, behind) == (50, 0)
    assert took < 5


def test_a_reader_sees_its_own_and_is_told_how_much_of_others_it_lacks(shop, projection, database):
    products = shop.many(500)
    with shop.engine.begin() as connection:
        person = connection.execute(
            sa.text(
                "INSERT INTO app_user (email, password_hash, role)"
                " VALUES ('a@b.c', 'x', 'admin') RETURNING id"
            )
        ).scalar_one()
        own = connection.execute(
            sa.insert(ChangeSet).values(kind="edit", author_id=person).returning(ChangeSet.id)
        ).scalar_one()
    projection.refresh()
    with process(BUSY, projection.folder, database) as child:
        assert child.stdout.readline() == "busy\n"
        shop.set("product", products[0], {"stock": {"<all>": {"<all>": "-1"}}})
        with shop.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE change_log SET change_set_id = :own WHERE ids[1] = :id"),
                {"own": own, "id": products[0]},
            )
        restock(shop, products[100:450], 77)
        with projection.read_newest(author=person) as reading:
            stock = reading.frame(["stock"], ids=reading.search(limit=500).ids)["stock"]
            behind = reading.behind

    assert stock[0] == -1
    assert 77 not in stock[100:450].to_list()[50:]
    assert behind == 350
