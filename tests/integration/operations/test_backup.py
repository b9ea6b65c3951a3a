"""The drill: back up under load, wreck the home, restore, and compare everything."""

from __future__ import annotations

import json
import os
import shutil
import tarfile
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from channels.feeds.service import apply_feed, find_feed
from channels.publication.files import FeedFolder
from pim.access.service import create_user
from pim.cli.main import commands
from pim.db.embedded import EmbeddedServer, remove_cluster
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.errors import Refused
from pim.operations.backup import back_up, restore, verify
from pim.settings import Settings
from pim.structure.queries import current
from tests.factories.drill import FEED, digests, publish, published, set_stock, tree


@pytest.fixture
def shop(catalogue) -> tuple[sa.Engine, Settings]:
    """Return a shop with products, media, a person and a published feed."""
    engine, settings = catalogue.engine, catalogue.settings
    with unit_of_work(engine) as work:
        create_user(work, email="ann@example.com", role="administrator", password="a long one")
        apply_feed(work, FEED, current(work.session))
    media = settings.storage / "a/b/c/d" / f"abcd{'0' * 36}_boot.jpg"
    media.parent.mkdir(parents=True)
    media.write_bytes(os.urandom(300_000))
    publish(engine, settings)
    return engine, settings


@pytest.fixture
def elsewhere(server, home) -> Iterator[tuple[sa.Engine, Settings]]:
    """Return an empty database and home, on another disk so to say."""
    place = home.with_name(f"{home.name}-new")
    place.mkdir(mode=0o755)
    with server.database() as url:
        engine = create_engine(url)
        yield engine, Settings(home=place, database_url=url, secret_key="only-for-tests")
        engine.dispose()
    shutil.rmtree(place)


def test_a_drill_under_load_brings_everything_back_and_the_next_delta_tells_only_what_changed(
    shop, elsewhere, tmp_path
):
    engine, settings = shop
    stop, going = threading.Event(), threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            set_stock(engine, number)
            going.set()

    writer = threading.Thread(target=write)
    writer.start()
    going.wait()
    try:
        made = back_up(engine, settings, tmp_path / "polka.tar")
    finally:
        stop.set()
        writer.join()
    new_engine, new_settings = elsewhere
    verified = verify(tmp_path / "polka.tar")
    assert verified.whole
    assert made.rows["product"] == 6
    assert made.media == verified.manifest["media"] >= 1
    seen = published(settings)
    shutil.rmtree(settings.feeds)

    done = restore(new_engine, new_settings, tmp_path / "polka.tar")

    assert done.rows == made.rows
    assert published(new_settings) == seen
    with new_engine.connect() as connection:
        stocks = set(
            connection.scalars(sa.text("SELECT values #>> '{stock,<all>,<all>}' FROM product"))
        )
    assert len(stocks) == 1  # one moment: the writer changed all products at once
    record = publish(new_engine, new_settings, delta=True)
    assert record.items == record.changed <= 6
    set_stock(new_engine, 77_777, sku="DRB-BLK-41")
    again = publish(new_engine, new_settings, delta=True)
    assert (again.added, again.changed, again.removed) == (0, 1, 0)


def test_what_is_restored_equals_what_was_backed_up_row_by_row(shop, elsewhere, tmp_path):
    engine, settings = shop
    before = digests(engine)
    back_up(engine, settings, tmp_path / "folder")

    new_engine, new_settings = elsewhere
    restore(new_engine, new_settings, tmp_path / "folder")

    assert digests(new_engine) == before
    files = {p.relative_to(settings.storage): p.read_bytes() for p in tree(settings.storage)}
    there = {
        p.relative_to(new_settings.storage): p.read_bytes() for p in tree(new_settings.storage)
    }
    assert files == there
    with new_engine.begin() as connection:  # sequences go on where they were
        newest = connection.scalar(sa.text("SELECT max(id) FROM product"))
        assert connection.scalar(sa.text("SELECT nextval('entity_id')")) > newest
    record = publish(new_engine, new_settings)
    assert (record.added, record.changed, record.removed) == (0, 0, 0)


def test_indexes_and_keys_are_there_again(shop, elsewhere, tmp_path):
    engine, settings = shop
    query = sa.text(
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL "
        "SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f' "
        "ORDER BY 1"
    )
    with engine.connect() as connection:
        before = list(connection.scalars(query))
    back_up(engine, settings, tmp_path / "polka.tar", with_media=False)
    new_engine, new_settings = elsewhere
    restore(new_engine, new_settings, tmp_path / "polka.tar")
    with new_engine.connect() as connection:
        assert list(connection.scalars(query)) == before
    assert tree(new_settings.storage) == []


def test_nothing_is_written_over_unless_asked_for(shop, tmp_path):
    engine, settings = shop
    back_up(engine, settings, tmp_path / "polka.tar")
    before = digests(engine)
    set_stock(engine, 5)

    with pytest.raises(Refused, match=r"There is something already: .*the table product"):
        restore(engine, settings, tmp_path / "polka.tar")
    assert digests(engine) != before

    engine.dispose()
    restore(engine, settings, tmp_path / "polka.tar", replace=True)
    assert digests(engine) == before


def test_a_projection_of_before_is_not_taken_for_the_restored_database(shop, tmp_path):
    engine, settings = shop
    back_up(engine, settings, tmp_path / "polka.tar")
    aside = settings.home / "aside"
    set_stock(engine, 4711)
    publish(engine, settings)
    shutil.copytree(settings.projection, aside, symlinks=True)
    engine.dispose()
    restore(engine, settings, tmp_path / "polka.tar", replace=True)

    shutil.copytree(aside, settings.projection, symlinks=True)  # as another machine has it

    record = publish(engine, settings)
    assert (record.added, record.changed, record.removed) == (0, 0, 0)


def test_pages_and_workers_must_be_stopped(shop, elsewhere, tmp_path):
    engine, settings = shop
    back_up(engine, settings, tmp_path / "polka.tar")
    new_engine, new_settings = elsewhere
    other = create_engine(new_settings.database_url or "")
    with other.connect(), pytest.raises(Refused, match="stop all pages and workers first"):
        restore(new_engine, new_settings, tmp_path / "polka.tar")
    other.dispose()


@pytest.mark.parametrize("harm", ["flip", "cut", "drop"])
def test_a_damaged_backup_is_named_and_nothing_is_touched(shop, elsewhere, tmp_path, harm):
    engine, settings = shop
    path = tmp_path / ("folder" if harm == "drop" else "polka.tar")
    back_up(engine, settings, path)
    if harm == "drop":
        (path / "database" / "product.000001.zst").unlink()
    elif harm == "cut":
        os.truncate(path, path.stat().st_size // 2)
    else:
        with tarfile.open(path) as tar:
            at = tar.getmember("database/product.000001.zst").offset_data
        with path.open("r+b") as file:
            file.seek(at + 20)
            byte = file.read(1)
            file.seek(at + 20)
            file.write(bytes([byte[0] ^ 1]))
    new_engine, new_settings = elsewhere
    before = digests(new_engine)

    with pytest.raises(Refused) as refusal:
        restore(new_engine, new_settings, path)

    words = {"flip": "product.000001.zst is damaged", "drop": "product.000001.zst is missing"}
    assert words.get(harm, str(path)) in str(refusal.value)
    assert digests(new_engine) == before
    assert not (new_settings.home / "restore.unfinished").exists()


def test_a_restore_that_was_killed_is_simply_run_again(shop, elsewhere, tmp_path, monkeypatch):
    engine, settings = shop
    before = digests(engine)
    back_up(engine, settings, tmp_path / "polka.tar")
    new_engine, new_settings = elsewhere

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("pim.operations.backup.restoring._finish", die)
    with pytest.raises(KeyboardInterrupt):
        restore(new_engine, new_settings, tmp_path / "polka.tar")
    assert tree(new_settings.feeds)
    monkeypatch.undo()

    restore(new_engine, new_settings, tmp_path / "polka.tar")

    assert digests(new_engine) == before
    assert FeedFolder(new_settings.feeds / "shop").pointed() is not None
    with unit_of_work(new_engine) as work:
        assert find_feed(work.session, "shop")


@pytest.mark.skipif(
    "PIM_TEST_DATABASE_URL" not in os.environ, reason="PIM_TEST_DATABASE_URL names no other server"
)
def test_a_backup_goes_from_one_server_to_another_and_back(shop, elsewhere, tmp_path):
    engine, settings = shop
    before = digests(engine)
    back_up(engine, settings, tmp_path / "there.tar")
    home = settings.home.with_name(f"{settings.home.name}-e")
    home.mkdir(mode=0o755)
    with EmbeddedServer(home, fsync=False, memory="128MB") as url:
        embedded = create_engine(url)
        other = replace(settings, home=home, database_url=url)
        restore(embedded, other, tmp_path / "there.tar")
        assert digests(embedded) == before
        back_up(embedded, other, tmp_path / "back.tar")
        embedded.dispose()
    new_engine, new_settings = elsewhere
    restore(new_engine, new_settings, tmp_path / "back.tar")
    assert digests(new_engine) == before
    remove_cluster(home)
    shutil.rmtree(home)


def test_the_commands_tell_people_and_machines(shop, tmp_path, monkeypatch):
    engine, settings = shop
    monkeypatch.setenv("PIM_HOME", str(settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", settings.database_url)
    path = tmp_path / "polka.tar"

    def pim(*arguments: str, answer: str = "") -> tuple[int, str]:
        done = CliRunner().invoke(commands(), [*arguments], input=answer)
        return done.exit_code, done.stdout + done.stderr

    assert pim("backup")[0] == 2
    code, told = pim("backup", "--out", str(path), "--json")
    assert (code, json.loads(told)["rows"]["product"]) == (0, 6)
    code, told = pim("backup", "verify", str(path))
    assert (code, f"{path} is whole" in told) == (0, True)
    engine.dispose()
    code, told = pim("restore", str(path))
    assert code == 2
    assert "There is something already" in told
    code, told = pim("restore", str(path), "--replace", answer="no\n")
    assert code == 2
    assert "Nothing was changed." in told
    code, told = pim("restore", str(path), "--replace", answer=f"{settings.home.name}\n")
    assert (code, "Everything is as it was at" in told) == (0, True)
    with path.open("r+b") as file:
        file.seek(515)  # in the first member, behind its header
        file.write(b"harm")
    code, told = pim("backup", "verify", str(path), "--json")
    assert code == 3
    assert json.loads(told)["whole"] is False


def test_what_was_going_on_is_told_to_have_ended(shop, elsewhere, tmp_path):
    engine, settings = shop
    with engine.begin() as connection:
        run = connection.scalar(
            sa.text("INSERT INTO run (kind, state) VALUES ('bulk', 'running') RETURNING id")
        )
        connection.execute(
            sa.text("INSERT INTO change_set (kind, run_id) VALUES ('bulk', :run)"), {"run": run}
        )
    back_up(engine, settings, tmp_path / "polka.tar")
    new_engine, new_settings = elsewhere
    restore(new_engine, new_settings, tmp_path / "polka.tar")
    with new_engine.connect() as connection:
        state, error = connection.execute(
            sa.text("SELECT state, error FROM run WHERE id = :run"), {"run": run}
        ).one()
        change_set = connection.scalar(
            sa.text("SELECT state FROM change_set WHERE run_id = :run"), {"run": run}
        )
    assert (state, change_set) == ("failed", "failed")
    assert "The backup was made while this was going on" in error


def test_a_backup_never_overwrites_and_a_failed_one_leaves_nothing(shop, tmp_path, monkeypatch):
    engine, settings = shop
    (tmp_path / "there.tar").write_bytes(b"precious")
    with pytest.raises(Refused, match="exists already"):
        back_up(engine, settings, tmp_path / "there.tar")
    assert (tmp_path / "there.tar").read_bytes() == b"precious"

    monkeypatch.setattr("pim.operations.backup.dumping._media", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        back_up(engine, settings, tmp_path / "new.tar")
    assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == []
    assert list(settings.home.glob(".backup-*")) == []


def test_a_backup_of_a_newer_version_is_refused_by_name(shop, elsewhere, tmp_path):
    engine, settings = shop
    with engine.begin() as connection:
        revision = connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    back_up(engine, settings, tmp_path / "polka.tar")
    with engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE alembic_version SET version_num = :known"), {"known": revision}
        )
    new_engine, new_settings = elsewhere
    with pytest.raises(Refused, match=r"revision 9999.*a newer one"):
        restore(new_engine, new_settings, tmp_path / "polka.tar")
