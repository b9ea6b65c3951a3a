"""Workers on two machines: a shared queue, and one of them killed at bad moments."""

from __future__ import annotations

import io
import signal
import threading
import time
import zipfile
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image
from werkzeug.datastructures import FileStorage

from pim.db.queue import enqueue_run
from pim.db.runs import find_run
from pim.db.unit_of_work import unit_of_work
from pim.errors import Retryable
from pim.jobs.context import JobContext
from pim.jobs.tasks import carry_out
from pim.staging.processing import Processor
from pim.storage import run_files
from pim.web.imports import uploads

HEADER = "sku;family;stock;name-en_GB;price-EUR\n"


def sheet(first, count, stock=1):
    rows = (f"lace-{n};shoes;{stock};Lace {n};2.50\n" for n in range(first, first + count))
    return HEADER + "".join(rows)


def upload(machine, content, name="more.csv"):
    """Do what the page does with an uploaded file."""
    sent = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    path = uploads.keep(machine.settings, FileStorage(sent, filename=name))
    parameters = {"paths": [str(path)], "entity": "auto", "profile": None, "blank": "keep"}
    with unit_of_work(machine.engine) as work:
        return enqueue_run(
            work, kind="import", label=name, parameters={**parameters, "dry_run": False}
        ).id


def ask(machine, code):
    with unit_of_work(machine.engine) as work:
        return enqueue_run(work, kind="publish", label=code, parameters={"feed": code}).id


def ended(machine, *runs, within=90.0):
    """Return the runs once they have come to an end."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        with unit_of_work(machine.engine) as work:
            found = [find_run(work.session, run) for run in runs]
            if all(run.finished and run.state not in ("queued", "running") for run in found):
                work.session.expunge_all()
                return found
        time.sleep(0.2)
    raise AssertionError([(run.id, run.state, run.error) for run in found])


def kill_when(machine, worker, moment):
    """Kill a worker without warning once something has happened."""
    until = time.monotonic() + 60
    while not moment() and time.monotonic() < until:
        time.sleep(0.005)
    assert moment(), (machine.settings.home / "errors.log").read_text()[-3000:]
    worker.send_signal(signal.SIGKILL)
    worker.wait()


def test_a_file_that_one_machine_takes_in_is_imported_by_the_other(one, other):
    run = upload(one, sheet(0, 40) + "laces;shoes;many;;\n")
    one.hide()
    other.worker()

    (imported,) = ended(one, run)

    assert imported.state == "done", imported.error
    assert (imported.result["created"], imported.result["rejected"]) == (40, 1)
    noted = imported.result["error_files"]
    assert noted
    assert all(path.startswith(str(other.settings.home)) for path in noted)
    one.projection.refresh()
    assert one.stock()["lace-39"] == 1


def test_what_was_rejected_on_one_machine_is_downloaded_from_the_other(one, other):
    run = upload(one, sheet(0, 1) + "laces;shoes;many;;\n")
    other.worker()
    (imported,) = ended(one, run)
    other.die()
    other.hide()

    path = run_files.here(one.settings, Path(imported.result["error_files"][0]))

    assert path.is_relative_to(one.settings.home)
    assert "many" in path.read_text(encoding="utf-8")


@pytest.mark.slow
def test_two_machines_publish_different_feeds_of_one_queue_at_once(one, other):
    codes = [f"shop_{number}" for number in range(8)]
    for code in codes:
        one.feed(code=code)
    runs = [ask(one, code) for code in codes]
    one.worker()
    other.worker()

    found = ended(one, *runs)

    assert {run.state for run in found} == {"done"}
    assert {one.latest(code) for code in codes} == {other.text(codes[0])}
    publishers = [
        sum(1 for code in codes if (machine.settings.feeds / code).exists())
        for machine in (one, other)
    ]
    assert min(publishers) >= 1
    assert one.folder(codes[0]).pointed() == other.folder(codes[0]).pointed()


@pytest.mark.slow
def test_readers_see_whole_files_only_while_machines_publish_and_die(one, other):
    one.load({"products.csv": sheet(0, 400)})
    one.publish()
    whole = {one.latest()}
    seen, torn, stop = set(), [], threading.Event()

    def poll():
        while not stop.is_set():
            text = one.latest()
            seen.add(text)
            if text.count("\n") not in (412, 413) or not text.endswith("\n"):
                torn.append(text)

    reader = threading.Thread(target=poll)
    reader.start()
    try:
        for round_ in range(4):
            dying = (one, other)[round_ % 2]
            one.load({"products.csv": f"sku;stock\nlaces;{round_}\n"})
            worker = dying.worker()
            run = ask(one, "shop")
            sent = "feeds/shop/publications/"
            before = {each.key for each in one.bucket.list(sent)}
            kill_when(dying, worker, lambda: {e.key for e in one.bucket.list(sent)} - before)  # noqa: B023
            survivor = (other, one)[round_ % 2]
            survivor.worker()
            (done,) = ended(one, run)
            assert done.state == "done", done.error
            whole.add(one.latest())
            survivor.die()
    finally:
        stop.set()
        reader.join()

    assert torn == []
    assert seen <= whole
    assert f"{3}" in one.latest()


@pytest.mark.slow
def test_a_machine_killed_while_it_projects_leaves_the_projection_to_the_other(one, other):
    one.projection.refresh()
    for round_ in range(3):
        worker = one.worker()
        pointer = one.bucket.read("projection/current").tag
        sent = {each.key for each in one.bucket.list("projection/segments")}
        other.load({"products.csv": sheet(1000 * round_, 300)})
        kill_when(
            one,
            worker,
            lambda: {e.key for e in one.bucket.list("projection/segments")} - sent,  # noqa: B023
        )
        one.die()

        other.projection.refresh()

        assert other.bucket.read("projection/current").tag != pointer
        assert f"lace-{1000 * round_ + 299}" in other.stock()
    assert one.projection.refresh() == other.projection.refresh()
    assert one.stock() == other.stock()


@pytest.mark.slow
def test_an_import_goes_on_on_the_other_machine_where_a_killed_one_stopped(one, other):
    worker = one.worker()
    run = upload(one, sheet(0, 25_000))

    def some_are_in():
        with one.engine.connect() as connection:
            return 5_000 < connection.scalar(sa.text("SELECT count(*) FROM product")) < 25_000

    kill_when(one, worker, some_are_in)
    one.die()
    one.hide()
    other.worker()

    (imported,) = ended(one, run, within=120)

    assert imported.state == "done", imported.error
    assert imported.result["created"] == 25_000
    with one.engine.connect() as connection:
        assert connection.scalar(sa.text("SELECT count(*) FROM product")) == 25_011
    assert not list(one.bucket.list(f"runs/{run}/staged"))


@pytest.mark.slow
def test_a_bulk_edit_goes_on_on_the_other_machine(one, other):
    one.load({"products.csv": sheet(0, 25_000)})
    one.projection.refresh()
    worker = one.worker()
    with unit_of_work(one.engine) as work:
        run = enqueue_run(
            work,
            kind="bulk",
            label="stock",
            parameters={
                "where": {"all": []},
                "do": [{"type": "set", "field": "stock", "value": 5}],
            },
        ).id

    def begun():
        with unit_of_work(one.engine) as work:
            return find_run(work.session, run).parameters.get("chunk", 0) > 0

    kill_when(one, worker, begun)
    one.die()
    one.hide()
    other.worker()

    (edited,) = ended(one, run, within=120)

    assert edited.state == "done", edited.error
    other.projection.refresh()
    assert set(other.stock().values()) == {5}


def test_pictures_of_an_unpacked_archive_come_along_to_the_other_machine(one, other, monkeypatch):
    one.load(
        {
            "attributes.csv": "code;type;group\nphoto;pim_catalog_image;all\n",
            "families.csv": "code;attributes\nshoes;sku,name,price,colour,size,stock,photo\n",
        }
    )
    run = upload(one, archive("photos/derby.png"), name="shoes.zip")
    monkeypatch.setattr(Processor, "carry_out", refuse)
    with pytest.raises(Retryable):
        work_off(one, "import", run)
    monkeypatch.undo()
    one.hide()

    work_off(other, "import", run)

    (imported,) = ended(one, run)
    assert imported.state == "done", imported.error
    assert imported.result["warnings"] == 0
    stored = [each.key for each in one.bucket.list("media")]
    assert [key.rsplit("_")[-1] for key in stored] == ["derby.png"]


def archive(name):
    """Return a ZIP with a sheet and the picture that it names."""
    picture, packed = io.BytesIO(), io.BytesIO()
    Image.new("RGB", (8, 8), "darkred").save(picture, "PNG")
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("products.csv", f"sku;family;photo\nboot;shoes;{name}\n")
        file.writestr(name, picture.getvalue())
    return packed.getvalue()


def refuse(*_):
    raise Retryable("The machine has no time now.")


def work_off(machine, task, run):
    """Carry out a queued run as a worker of the machine would."""
    context = JobContext(machine.settings, machine.settings.database_url)
    try:
        carry_out(context, task, run)
    finally:
        context.projection.close()
        context.engine.dispose()
