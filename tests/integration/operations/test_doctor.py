"""The doctor finds what was harmed, says how to mend it, and mends what is safe."""

from __future__ import annotations

import json
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from channels.feeds.service import apply_feed
from channels.publication.publish import PublishOptions
from channels.publication.service import publish_feed
from pim.cli.main import commands
from pim.db.engine import create_engine
from pim.db.unit_of_work import unit_of_work
from pim.operations.doctor import Finding, examine
from pim.operations.doctor.environment import KNOWN
from pim.projection import Projection
from pim.structure.queries import current

FEED = {
    "code": "shop",
    "channel": "web",
    "locale": "en_GB",
    "currency": "EUR",
    "exporter": "csv_feed",
    "mapping": {"sku": "sku", "stock": "stock"},
}
ROOT = Path(__file__).parents[3]


@pytest.fixture
def shop(catalogue):
    """Return a catalogue with a projection and a published feed."""
    engine, settings = catalogue.engine, catalogue.settings
    with unit_of_work(engine) as work:
        apply_feed(work, FEED, current(work.session))
    with unit_of_work(engine) as work:
        projection = Projection(settings.projection, engine)
        publish_feed(work, settings, projection, "shop", PublishOptions())
        projection.close()
    return catalogue


def findings(shop, check: str, **options: bool) -> list[Finding]:
    report = examine(shop.engine, shop.settings, **options)
    return [f for f in report.findings if f.check == check and f.level != "ok"]


def only(shop, check: str, **options: bool) -> Finding:
    (found,) = findings(shop, check, **options)
    assert found.mend
    return found


def execute(shop, statement: str, **values: object) -> None:
    with shop.engine.begin() as connection:
        connection.execute(sa.text(statement), values)


def test_a_sound_system_has_no_errors(shop, monkeypatch):
    monkeypatch.delenv("PIM_SHARED_DATA", raising=False)
    report = examine(shop.engine, shop.settings)
    assert [f for f in report.findings if f.level == "error"] == []
    found = {f.check: f.words for f in report.findings if f.level == "ok"}
    assert "6 of them built anew are equal" in found["projection"]
    assert {"database", "revision", "clock", "feeds", "media", "orphans", "versions"} <= set(found)


def test_every_setting_is_known_to_the_doctor():
    explained = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(PIM_[A-Z_]+)`", explained, re.MULTILINE)) == KNOWN


def test_a_misspelled_setting_is_named_with_its_neighbour(shop, monkeypatch):
    monkeypatch.setenv("PIM_DATABSE_URL", "x")
    words = [f"{f.words} {f.mend}" for f in findings(shop, "settings")]
    assert "PIM_DATABSE_URL is set, and nobody reads it. Did you mean PIM_DATABASE_URL?" in words


def test_settings_that_cannot_be_read_or_contradict_are_told(shop, monkeypatch):
    monkeypatch.setenv("PIM_LOG_FORMAT", "xml")
    settings = replace(
        shop.settings,
        keep_history="5d",
        storage_url="s3://bucket/prefix",
        metrics_token="short",
    )
    report = examine(shop.engine, replace(settings, database_url=None))
    told = " ".join(f.words for f in report.findings if f.check == "settings")
    assert "less than 31 days are always kept" in told
    assert "PIM_LOG_FORMAT is 'xml'" in told
    assert "each has a database of its own" in told
    assert "PIM_METRICS_TOKEN should have 16" in told


def test_a_database_that_is_gone_is_an_error_and_its_password_is_not_told(shop):
    url = "postgresql+psycopg://polka:hunter22@127.0.0.1:1/polka"
    engine = create_engine(url)
    report = examine(engine, replace(shop.settings, database_url=url))
    assert report.exit_code == 3
    assert "hunter22" not in json.dumps(report.document())
    assert report.findings[-1].words.startswith("It does not answer")
    engine.dispose()


def test_a_database_of_another_version_is_told_with_what_to_do(shop):
    execute(shop, "UPDATE alembic_version SET version_num = '0003'")
    assert "run pim db upgrade" in only(shop, "revision").words


def test_lost_bytes_of_the_projection_are_found(shop):
    segment = next((shop.settings.projection / "segments").iterdir())
    os.truncate(segment / "items.arrow", 100)
    assert "lacks files" in only(shop, "projection").words


def test_rows_that_the_projection_does_not_know_are_found(shop):
    execute(shop, "DELETE FROM product WHERE identifier = 'wax'")
    assert "It has 6 products" in only(shop, "projection").words


def test_values_that_differ_from_the_database_are_found(shop):
    execute(
        shop,
        "UPDATE product SET values = jsonb_set(values, '{stock}', "
        """'{"<all>": {"<all>": "4711"}}') WHERE identifier = 'DRB-BLK-41'""",
    )
    assert "stock differ" in only(shop, "projection").words


def test_a_projection_of_another_database_is_told(shop):
    execute(shop, "UPDATE horizon SET log_before = '99999999'::xid8")
    assert "before a restore" in only(shop, "projection").words


def test_published_files_are_compared_with_their_manifest(shop):
    current_folder = shop.settings.feeds / "shop" / "current"
    file = next(path for path in current_folder.iterdir() if path.suffix == ".csv")
    os.truncate(file, 3)
    (current_folder / "ledger.parquet").write_bytes(b"nothing")
    words = " ".join(f.words for f in findings(shop, "feeds"))
    assert "is missing or cut short" in words
    assert "no ledger that can be read" in words


def test_a_pointer_that_the_database_does_not_know_is_told(shop):
    execute(shop, "DELETE FROM publication")
    assert "which the database calls unknown" in only(shop, "feeds").words


def test_media_that_values_name_and_nobody_has_are_told(shop):
    key = f"a/b/c/d/abcd{'0' * 36}_boot.jpg"
    execute(
        shop,
        "UPDATE product SET values = values || jsonb_build_object('image', jsonb_build_object("
        "'<all>', jsonb_build_object('<all>', CAST(:key AS text)))) WHERE identifier = 'wax'",
        key=key,
    )
    assert key in only(shop, "media").words


def test_folders_that_belong_to_nothing_are_removed_when_asked(shop):
    left = [shop.settings.feeds / "gone", shop.settings.runs / "4711"]
    for folder in left:
        (folder / "files").mkdir(parents=True)
        os.utime(folder, (0, 0))
    kept = shop.settings.runs / "4712"
    kept.mkdir()

    assert "2 folders" in only(shop, "orphans").words
    assert all(folder.exists() for folder in left)
    assert only(shop, "orphans", fix=True).fixed == "2 folders were removed."
    assert findings(shop, "orphans") == []
    assert kept.exists()


def test_runs_of_dead_processes_are_closed_when_asked(shop):
    execute(shop, "INSERT INTO run (kind, state, started) VALUES ('bulk', 'running', now())")
    assert only(shop, "runs").level == "warning"
    assert "1 runs were closed" in only(shop, "runs", fix=True).fixed
    assert findings(shop, "runs") == []


def test_workers_that_are_gone_are_forgotten_when_asked(shop):
    execute(
        shop,
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '1 hour')",
    )
    said = [f.words for f in findings(shop, "workers")]
    assert any("No worker is at work" in words for words in said)
    assert any("1 workers are registered" in words for words in said)
    examine(shop.engine, shop.settings, fix=True)
    assert len(findings(shop, "workers")) == 1


def test_a_job_that_waits_for_long_is_told(shop):
    execute(
        shop,
        "WITH r AS (INSERT INTO run (kind, created) VALUES ('project', now() - interval '1 hour') "
        "RETURNING id) INSERT INTO procrastinate_jobs (queue_name, task_name, args) "
        "SELECT 'default', 'project', jsonb_build_object('run_id', id) FROM r",
    )
    assert "A job has waited for 60 minutes" in only(shop, "queue").words


def test_a_sequence_that_fell_behind_is_set_right_when_asked(shop):
    execute(shop, "SELECT setval('entity_id', 1)")
    assert only(shop, "sequences").level == "error"
    assert only(shop, "sequences", fix=True).fixed.startswith("entity_id goes on behind")
    assert findings(shop, "sequences") == []


def test_a_restore_that_was_not_finished_is_an_error(shop):
    (shop.settings.home / "restore.unfinished").write_text("x")
    assert only(shop, "restore").level == "error"


def test_a_worn_table_is_vacuumed_when_asked(shop, monkeypatch):
    monkeypatch.setattr("pim.operations.doctor.database.FEW", 3)
    execute(shop, "ALTER TABLE history SET (autovacuum_enabled = off)")
    with shop.engine.begin() as connection:
        connection.execute(sa.text("SELECT pg_stat_force_next_flush()"))
        connection.execute(sa.text("DELETE FROM history"))
    found = next(f for f in findings(shop, "tables", fix=True) if "history has" in f.words)
    assert "history was vacuumed" in found.fixed
    with shop.engine.connect() as connection:
        vacuumed = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'history'"
        assert connection.scalar(sa.text(vacuumed)) == 1


def test_a_key_that_others_can_read_is_an_error(shop):
    key = shop.settings.home / "secret.key"
    key.write_text("x")
    key.chmod(0o644)
    assert only(shop, "home", fix=True).level == "error"
    assert key.stat().st_mode & 0o777 == 0o600


def test_a_check_that_breaks_is_a_finding_and_the_others_go_on(shop, monkeypatch):
    monkeypatch.setattr("pim.operations.doctor.columns.manifest.load", lambda _: 1 / 0)
    report = examine(shop.engine, shop.settings)
    broken = [f for f in report.findings if f.words.startswith("The check itself failed")]
    assert [f.check for f in broken] == ["columns.projection"]
    assert any(f.check == "orphans" for f in report.findings)


def test_the_command_tells_it_to_people_and_machines(shop, monkeypatch):
    monkeypatch.setenv("PIM_HOME", str(shop.settings.home))
    monkeypatch.setenv("PIM_DATABASE_URL", shop.settings.database_url)
    shutil.rmtree(shop.settings.feeds / "shop" / "publications")

    shown = CliRunner().invoke(commands(), ["doctor", "--quiet"])
    told = CliRunner().invoke(commands(), ["doctor", "--json"])

    assert shown.exit_code == told.exit_code == 3
    assert "error   feeds: shop: current names publication" in shown.stdout
    assert "pim feed publish shop" in shown.stdout
    document = json.loads(told.stdout)
    assert document["error"] >= 1
    assert {"check", "level", "words", "mend", "fixable", "fixed"} == set(document["findings"][0])
