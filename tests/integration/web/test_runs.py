import io
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text as sql

from pim.db.queue import enqueue_run
from pim.db.run_locks import carrying_out
from pim.db.runs import Cancelled, Run
from pim.db.unit_of_work import unit_of_work
from pim.jobs import tasks, tick, trying
from pim.jobs.tidying import remove_old_uploads
from pim.jobs.watch import Watch
from pim.settings import Settings

SHEET = (
    "sku,family,name-en_GB,price-GBP,colour\n"
    "NEW-1,bags_belts,A new bag,99.00,black\n"
    "AC-1001,bags_belts,Renamed,100.00,black\n"
    "AC-1002,bags_belts,No such colour,100.00,nosuch\n"
)


def upload(browser, name="products.csv", content=SHEET, **more):
    data = {"file": (io.BytesIO(content.encode()), name), "entity": "auto", "blank": "keep", **more}
    return browser.post("/imports", data=data, content_type="multipart/form-data")


def number_of(answer) -> int:
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return int(answer.location.rsplit("/", 1)[1])


def page_of(browser, number: int) -> str:
    return re.sub(r"\s+", " ", browser.get(f"/runs/{number}").get_data(as_text=True))


def folder_of(site, number: int) -> Path:
    path = site.one("SELECT parameters->'paths'->>0 FROM run WHERE id = :run", run=number)
    return Path(path).parent


def finish(site, folder: Path, *, ago: str) -> None:
    with site.engine.begin() as connection:
        connection.execute(
            sql(
                "UPDATE run SET state = 'done', finished = now() - CAST(:ago AS interval)"
                " WHERE parameters->'paths'->>0 LIKE :folder"
            ),
            {"folder": f"{folder}/%", "ago": ago},
        )


def figure(page: str, name: str) -> int:
    return int(re.search(rf"<dt>{name}</dt>\s*<dd[^>]*>\s*([\d,]+)", page)[1].replace(",", ""))


def test_an_upload_is_looked_at_first_and_then_imported(site, browser):
    looked = number_of(upload(browser))
    assert "Waiting for a worker" in page_of(browser, looked)
    site.work_off(looked)
    prediction = page_of(browser, looked)

    assert "This was a dry run" in prediction
    assert site.one("SELECT count(*) FROM product WHERE identifier = 'NEW-1'") == 0

    done = number_of(browser.post(f"/imports/{looked}/confirm"))
    site.work_off(done)
    outcome = page_of(browser, done)

    for name in ("rows", "created", "updated", "unchanged", "rejected", "warnings"):
        assert figure(prediction, name) == figure(outcome, name)
    assert (figure(outcome, "created"), figure(outcome, "rejected")) == (1, 1)
    assert site.one("SELECT count(*) FROM product WHERE identifier = 'NEW-1'") == 1
    assert "nosuch" in outcome
    assert "Administrator" in outcome

    errors = browser.get(f"/runs/{done}/errors/0")
    assert errors.headers["Content-Disposition"].startswith("attachment")
    assert "products.errors.csv" in errors.headers["Content-Disposition"]
    assert "AC-1002" in errors.get_data(as_text=True)
    assert "NEW-1" not in errors.get_data(as_text=True)


def test_the_author_of_a_change_is_whoever_uploaded(site):
    number = number_of(upload(site.client("editor"), now="1"))
    site.work_off(number)

    who = site.one(
        "SELECT u.email FROM change_set c JOIN app_user u ON u.id = c.author_id"
        " WHERE c.run_id = :run",
        run=number,
    )

    assert who in {"editor@example.com", None}
    assert site.one("SELECT author_id FROM run WHERE id = :run", run=number)


@pytest.mark.parametrize("name", ["notes.pdf", "", "run.exe"])
def test_other_files_are_not_taken(browser, name):
    answer = upload(browser, name=name)

    assert answer.status_code == 422


def test_an_uploads_name_cannot_choose_its_place(site, browser):
    number = number_of(upload(browser, name="../../../products.csv"))

    path = site.one("SELECT parameters->'paths'->>0 FROM run WHERE id = :run", run=number)
    assert str(path).startswith(str(site.settings.runs / "uploads"))
    assert ".." not in str(path)


def test_uploads_stay_until_a_day_after_their_last_run(site, browser):
    waiting, ended, recent = (folder_of(site, number_of(upload(browser))) for _ in range(3))
    stray = site.settings.uploads / "stray"
    stray.mkdir()
    for folder in (waiting, ended, recent, stray):
        (folder / "part").touch()
        os.utime(folder, (0, 0))
    fresh = folder_of(site, number_of(upload(browser)))
    finish(site, ended, ago="25 hours")
    finish(site, recent, ago="23 hours")

    remove_old_uploads(site.engine, site.settings)

    assert {f for f in (waiting, ended, recent, stray, fresh) if f.exists()} == {
        waiting, recent, fresh,
    }  # fmt: skip
    assert remove_old_uploads(site.engine, site.settings) == 0


def test_without_uploads_there_is_nothing_to_remove(site, tmp_path):
    assert remove_old_uploads(site.engine, Settings(home=tmp_path)) == 0


def test_a_run_that_fails_says_why_in_words(site, browser):
    number = number_of(upload(browser, name="unknown.csv", content="a,b\n1,2\n", now="1"))
    site.work_off(number)
    page = page_of(browser, number)

    assert "failed" in page
    assert "neither its name nor its header" in page


def test_a_queued_run_is_cancelled_at_once_and_its_job_does_nothing(site, browser):
    number = number_of(upload(browser, now="1"))

    browser.post(f"/runs/{number}/cancel")
    site.work_off(number)

    assert site.one("SELECT state FROM run WHERE id = :run", run=number) == "cancelled"


def test_a_run_that_goes_on_hears_that_it_is_cancelled_at_its_next_step(site, browser):
    with unit_of_work(site.engine) as work:
        number = enqueue_run(work, kind="project", label="long", parameters={}).id
    watch = Watch(site.engine, number, writes=True)
    with site.engine.begin() as connection:
        connection.execute(sql("UPDATE run SET state = 'running' WHERE id = :n"), {"n": number})
    with carrying_out(site.engine, number):
        watch(10, 100, "products")
        assert "10 of 100" in page_of(browser, number)

        browser.post(f"/runs/{number}/cancel")

        assert "Stopping at the end of the present step" in page_of(browser, number)
        with pytest.raises(Cancelled):
            replace(watch, _last=0.0)(20, 100, "products")


def test_a_job_is_in_the_queue_only_if_its_change_was_committed(site):
    before = site.one("SELECT count(*) FROM procrastinate_jobs")
    with pytest.raises(ZeroDivisionError), unit_of_work(site.engine) as work:
        enqueue_run(work, kind="project", label="x", parameters={})
        raise ZeroDivisionError

    assert site.one("SELECT count(*) FROM procrastinate_jobs") == before


class Dead(BaseException):
    """The process that carries a run out has been killed."""


def die(*_: object) -> tuple[str, None]:
    raise Dead


def fetched(site, number: int) -> None:
    """Say that a worker, which is alive, has taken a run's job."""
    with site.engine.begin() as connection:
        connection.execute(
            sql(
                "WITH w AS (INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id)"
                " UPDATE procrastinate_jobs SET status = 'doing', worker_id = (SELECT id FROM w)"
                " WHERE (args->>'run_id')::int = :n"
            ),
            {"n": number},
        )


def test_a_run_that_kills_its_workers_is_tried_a_few_times_and_then_fails(site, monkeypatch):
    with unit_of_work(site.engine) as work:
        number = enqueue_run(work, kind="project", label="poison", parameters={}).id
    monkeypatch.setattr(tasks, "HANDLERS", {"project": die})

    for _ in range(trying.MOST):
        fetched(site, number)
        with pytest.raises(Dead):
            site.work_off(number)
        assert site.one("SELECT state FROM run WHERE id = :run", run=number) == "running"
        assert tick.take_over(site.engine) >= 1
        assert site.one("SELECT state FROM run WHERE id = :run", run=number) == "queued"
    site.work_off(number)

    assert site.one("SELECT state FROM run WHERE id = :run", run=number) == "failed"
    assert "without coming further" in site.one("SELECT error FROM run WHERE id = :n", n=number)


def test_a_run_is_shown_as_queued_again_as_soon_as_its_worker_is_gone(site, browser, monkeypatch):
    with unit_of_work(site.engine) as work:
        number = enqueue_run(work, kind="project", label="shown", parameters={}).id
    fetched(site, number)
    monkeypatch.setattr(tasks, "HANDLERS", {"project": die})
    with pytest.raises(Dead):
        site.work_off(number)

    assert "Waiting for a worker" in page_of(browser, number)
    assert (
        site.one(
            "SELECT status::text FROM procrastinate_jobs WHERE (args->>'run_id')::int = :n",
            n=number,
        )
        == "todo"
    )


def test_a_run_of_a_busy_worker_is_left_to_it(site):
    with unit_of_work(site.engine) as work:
        number = enqueue_run(work, kind="project", label="busy", parameters={}).id
    fetched(site, number)
    with site.engine.begin() as connection:
        connection.execute(sql("UPDATE run SET state = 'running' WHERE id = :n"), {"n": number})
        connection.execute(sql("DELETE FROM procrastinate_workers"))

    with carrying_out(site.engine, number):
        assert tick.take_over(site.engine) == 0

    assert site.one("SELECT state FROM run WHERE id = :run", run=number) == "running"


def test_a_run_of_a_command_that_was_killed_is_interrupted_and_resumed_by_a_worker(site, browser):
    with unit_of_work(site.engine) as work:
        run = Run(kind="project", label="old", state="running", started=work.clock())
        work.session.add(run)
        work.session.flush()
        number = run.id

    page = page_of(browser, number)

    assert "interrupted" in page
    assert f"pim run resume {number}" in page
    assert "Go on with the run" in page
    assert browser.post(f"/runs/{number}/resume").status_code == 303
    site.work_off(number)
    assert site.one("SELECT state FROM run WHERE id = :run", run=number) == "done"
    assert browser.post(f"/runs/{number}/resume").status_code == 422


def test_the_changing_part_of_the_page_can_be_asked_for_alone(site, browser):
    number = number_of(upload(browser, now="1"))

    part = browser.get(f"/runs/{number}/progress").get_data(as_text=True)

    assert part.lstrip().startswith("<div data-poll=")
    assert "data-ended" not in part


def test_the_list_can_be_narrowed_to_a_kind(browser):
    page = browser.get("/runs?kind=publish").get_data(as_text=True)

    assert "Import:" not in page
