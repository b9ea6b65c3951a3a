"""Campaigns are saved with versions, stopped, copied, restored and deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pim.access.service import create_user
from pim.campaigns import queries
from pim.campaigns.describing import summary, traced
from pim.campaigns.running import boundaries, versions_since
from pim.editing.campaigns import service
from pim.errors import Conflict, NotFound, NotPermitted, Refused

from .conftest import BOXING_DAY, Planner, sale


def only(written: service.Written) -> dict[str, Any]:
    (answer,) = written.documents()
    return answer


def log(planner: Planner) -> list[tuple[Any, ...]]:
    rows = planner.catalogue.query(
        "SELECT change_set_id, ids FROM change_log WHERE subject = 'campaign' ORDER BY id"
    )
    return [tuple(row) for row in rows]


def test_a_campaign_is_saved_with_a_version_a_change_set_and_a_row_of_the_log(planner: Planner):
    answer = only(planner.apply(sale()))

    assert (answer["status"], answer["version"]) == ("created", 1)
    assert answer["change_set"] is not None
    found = planner.ask(queries.find_campaign, "SALE")
    assert found.starts_at == BOXING_DAY
    assert log(planner) == [(answer["change_set"], [found.campaign_id])]
    (row,) = planner.catalogue.query(
        "SELECT kind, label, state FROM change_set WHERE id = :id", id=answer["change_set"]
    )
    assert tuple(row) == ("campaign", "Save campaign sale", "done")


def test_the_same_document_again_writes_nothing(planner: Planner):
    planner.apply(sale())
    before = planner.catalogue.count("change_set")
    again = only(planner.apply(sale(starts_at="2026-12-26")))
    assert (again["status"], again["version"], again["change_set"]) == ("unchanged", 1, None)
    assert planner.catalogue.count("change_set") == before


def test_products_are_never_written(planner: Planner):
    before = planner.catalogue.state()
    planner.apply(sale(live=False))
    planner.act(service.stop_campaign, "sale")
    assert planner.catalogue.state() == before
    query = "SELECT 1 FROM history h JOIN change_set c ON c.id = change_set_id WHERE c.kind = :kind"
    assert planner.catalogue.query(query, kind="campaign") == []


def test_a_list_is_saved_as_a_whole_or_not_at_all(planner: Planner):
    ladder = [sale(code="first"), sale(code="second", starts_at="soon"), sale(code="third", do=[])]

    with pytest.raises(Refused) as refusal:
        planner.apply(*ladder)

    assert [v.path for v in refusal.value.violations] == ["[1].starts_at", "[2].do"]
    assert planner.ask(queries.list_campaigns) == []
    written = planner.apply(sale(code="first"), sale(code="second", priority=20))
    assert [d["status"] for d in written.documents()] == ["created", "created"]
    assert {row[0] for row in log(planner)} == {written.change_set}


def test_a_code_comes_once_in_a_list(planner: Planner):
    with pytest.raises(Refused) as refusal:
        planner.apply(sale(), sale(code="SALE"))
    assert [v.code for v in refusal.value.violations] == ["campaign.twice"]


def test_what_runs_comes_with_the_winner_first(planner: Planner):
    planner.apply(
        sale(code="early"),
        sale(code="late", starts_at="2026-12-31T00:00"),
        sale(code="strong", priority=20),
        sale(code="same", starts_at="2026-12-31T00:00"),
        sale(code="retail", channels=["retail"]),
        sale(code="everywhere", channels=[], priority=1),
    )
    day = datetime(2027, 1, 1, tzinfo=UTC)

    assert [c.code for c in planner.running(day, "WEB")] == [
        "strong", "same", "late", "early", "everywhere",
    ]  # fmt: skip
    assert [c.code for c in planner.running(day, "retail")] == ["retail", "everywhere"]
    assert len(planner.running(day)) == 6


def test_a_campaign_runs_from_its_start_to_just_before_its_end(planner: Planner):
    planner.apply(sale())
    end = datetime(2027, 1, 9, tzinfo=UTC)
    moment = timedelta(microseconds=1)
    running = [
        bool(planner.running(at)) for at in (BOXING_DAY - moment, BOXING_DAY, end - moment, end)
    ]
    assert running == [False, True, True, False]


def test_boundaries_are_starts_and_ends_after_one_moment_until_another(planner: Planner):
    planner.apply(sale(), sale(code="later", starts_at="2027-01-02", channels=["retail"]))

    def codes(after: datetime, until: datetime, channel: str | None = None) -> list[str]:
        found = planner.ask(boundaries, after, until, channel=channel)
        return [campaign.code for campaign in found]

    second = timedelta(seconds=1)
    assert codes(BOXING_DAY - second, BOXING_DAY) == ["sale"]
    assert codes(BOXING_DAY, BOXING_DAY + second) == []
    assert codes(BOXING_DAY, datetime(2027, 1, 9, tzinfo=UTC)) == ["later", "sale"]
    assert codes(BOXING_DAY, datetime(2027, 1, 9, tzinfo=UTC), "web") == ["sale"]


def test_a_campaign_that_is_not_live_keeps_the_products_of_its_save(planner: Planner):
    where = {"field": "stock", "operator": ">", "value": 0}
    planner.apply(sale(live=False, where=where), sale(code="live", where=where))
    planner.catalogue.rows("products", {"sku": "MOC-41", "stock": "9"})

    known = {c.code: c.members for c in planner.running(BOXING_DAY)}
    assert known["live"] is None
    assert len(known["sale"] or ()) == 1

    planner.apply(sale(live=False, where=where, label="Renamed"))
    assert planner.running(BOXING_DAY)[-1].members == known["sale"]
    planner.apply(sale(live=False, where={**where, "value": 1}))
    (changed,) = (c for c in planner.running(BOXING_DAY) if c.code == "sale")
    assert len(changed.members or ()) == 2


def test_stopping_ends_a_campaign_now_and_restoring_lets_it_go_on(planner: Planner):
    planner.apply(sale())
    planner.now = BOXING_DAY + timedelta(days=1)

    stopped = only(planner.act(service.stop_campaign, "sale"))

    assert (stopped["status"], stopped["version"]) == ("stopped", 2)
    assert planner.running(planner.now) == ()
    assert len(planner.running(planner.now - timedelta(seconds=1))) == 1
    state = queries.state_of(planner.ask(queries.find_campaign, "sale"), planner.now)
    assert state == "stopped"
    assert only(planner.apply(sale()))["status"] == "unchanged"
    assert only(planner.act(service.restore_campaign, "sale"))["status"] == "restored"
    assert len(planner.running(planner.now)) == 1


def test_a_planned_campaign_that_is_stopped_never_runs(planner: Planner):
    planner.apply(sale())
    planner.act(service.stop_campaign, "sale")
    assert planner.running(BOXING_DAY) == ()
    assert planner.ask(boundaries, planner.now, datetime(2028, 1, 1, tzinfo=UTC)) == ()
    assert planner.ask(queries.between, *queries.ALWAYS) == []


@pytest.mark.parametrize("days", [60, None])
def test_what_has_ended_is_not_stopped_again(planner: Planner, days: int | None):
    planner.apply(sale())
    if days is None:
        planner.act(service.stop_campaign, "sale")
    else:
        planner.now = BOXING_DAY + timedelta(days=days)
    with pytest.raises(Refused, match="already, so nothing was changed"):
        planner.act(service.stop_campaign, "sale")


def test_a_new_document_starts_a_stopped_campaign_again(planner: Planner):
    planner.apply(sale())
    planner.act(service.stop_campaign, "sale")
    assert only(planner.apply(sale(priority=11)))["status"] == "updated"
    assert len(planner.running(BOXING_DAY)) == 1


def test_restoring_goes_back_to_any_version(planner: Planner):
    for priority in (1, 2, 3):
        planner.apply(sale(priority=priority))

    planner.act(service.restore_campaign, "sale")
    assert planner.ask(queries.find_campaign, "sale").priority == 2
    planner.act(service.restore_campaign, "sale", number=1)
    assert planner.ask(queries.find_campaign, "sale").priority == 1
    assert planner.ask(queries.find_version, "sale", 3).document["priority"] == 3
    with pytest.raises(NotFound, match="version 9"):
        planner.act(service.restore_campaign, "sale", number=9)


def test_the_first_version_has_none_before_it(planner: Planner):
    planner.apply(sale())
    with pytest.raises(Refused, match="one version only"):
        planner.act(service.restore_campaign, "sale")


def test_a_deleted_campaign_comes_back_as_it_was(planner: Planner):
    planner.apply(sale(live=False))
    before = planner.running(BOXING_DAY)
    planner.act(service.delete_campaign, "sale")
    assert planner.running(BOXING_DAY) == ()
    with pytest.raises(NotFound, match="none yet"):
        planner.ask(queries.find_campaign, "sale")

    planner.act(service.restore_campaign, "SALE")

    (after,) = planner.running(BOXING_DAY)
    assert (after.id, after.members) == (before[0].id, before[0].members)
    actions = [v.action for v in planner.ask(queries.versions_of, "sale")]
    assert actions == ["restored", "deleted", "created"]


def test_a_code_may_be_used_again_after_its_campaign_was_deleted(planner: Planner):
    planner.apply(sale())
    planner.act(service.delete_campaign, "sale")
    assert only(planner.apply(sale(label="Another")))["version"] == 1
    assert planner.ask(queries.find_campaign, "sale").label == "Another"


def test_undoing_a_save_takes_back_all_that_it_did(planner: Planner):
    planner.apply(sale())
    written = planner.apply(sale(priority=99), sale(code="new"))
    assert written.change_set is not None

    undone = planner.act(service.undo_change_set, written.change_set)

    assert [c.priority for c in planner.running(BOXING_DAY)] == [10]
    assert undone.change_set is not None
    planner.act(service.undo_change_set, undone.change_set)
    assert {c.code: c.priority for c in planner.running(BOXING_DAY)} == {"sale": 99, "new": 10}


def test_an_undo_that_would_lose_a_newer_version_is_refused(planner: Planner):
    written = planner.apply(sale())
    planner.apply(sale(priority=11))
    assert written.change_set is not None
    with pytest.raises(Refused, match="newer versions were saved since: sale"):
        planner.act(service.undo_change_set, written.change_set)


def test_the_undo_of_products_leaves_campaigns_to_their_own(planner: Planner):
    written = planner.apply(sale())
    with pytest.raises(Refused, match="holds versions of campaigns"):
        planner.catalogue.undo(written.change_set)
    assert len(planner.running(BOXING_DAY)) == 1


def test_two_people_do_not_overwrite_each_other(planner: Planner):
    planner.apply(sale(), expected=0)
    planner.apply(sale(priority=11), expected=1)
    with pytest.raises(Conflict, match="is at version 2, not 1"):
        planner.apply(sale(priority=12), expected=1)
    with pytest.raises(Conflict, match="not 0"):
        planner.apply(sale(priority=12), expected=0)


def test_a_copy_has_its_own_code_and_dates(planner: Planner):
    planner.apply(sale(live=False))
    planner.copy("sale", new="next", starts_at="2027-12-26", ends_at="2028-01-09")
    copied = planner.ask(queries.find_campaign, "next")
    assert copied.document["starts_at"] == "2027-12-26T00:00"
    assert {**copied.document, "code": "", "starts_at": "", "ends_at": ""} == {
        **planner.ask(queries.find_campaign, "sale").document,
        "code": "", "starts_at": "", "ends_at": "",
    }  # fmt: skip
    with pytest.raises(Refused, match="already"):
        planner.copy("sale", new="NEXT", starts_at="2028-12-26", ends_at="2029-01-09")


def test_a_copy_to_a_time_that_does_not_exist_is_refused(planner: Planner):
    planner.apply(sale())
    with pytest.raises(Refused) as refusal:
        planner.copy("sale", new="next", starts_at="2027-03-28T01:30", ends_at="2027-04-01")
    assert [v.code for v in refusal.value.violations] == ["campaign.time_skipped"]


def test_the_calendar_shows_what_runs_between_two_days(planner: Planner):
    planner.apply(
        sale(),
        sale(code="march", starts_at="2027-03-01", ends_at="2027-04-01", channels=[]),
        sale(code="retail", channels=["retail"]),
    )

    def codes(first: datetime, last: datetime, **more: Any) -> list[str]:
        return [v.code for v in planner.ask(queries.between, first, last, **more)]

    new_year, spring = datetime(2027, 1, 1, tzinfo=UTC), datetime(2027, 3, 20, tzinfo=UTC)
    assert codes(new_year, spring) == ["retail", "sale", "march"]
    assert codes(new_year, spring, channel="WEB") == ["sale", "march"]
    assert codes(datetime(2027, 1, 9, tzinfo=UTC), spring) == ["march"]


def test_changed_versions_come_with_the_one_that_was_valid_before(planner: Planner):
    def snapshot() -> str:
        (row,) = planner.catalogue.query("SELECT pg_current_snapshot()::text")
        return str(row[0])

    planner.apply(sale(), sale(code="quiet"))
    planner.apply(sale(priority=11))
    before = snapshot()
    assert planner.ask(versions_since, before) == ()

    planner.apply(sale(priority=12))
    planner.act(service.delete_campaign, "sale")
    planner.apply(sale(code="fresh"))

    found = [(c.code, c.version) for c in planner.ask(versions_since, before)]
    assert sorted(found) == [("fresh", 1), ("sale", 2), ("sale", 3)]


def test_a_trace_tells_who_changed_what(planner: Planner):
    planner.apply(sale())
    planner.actor = user(planner, "editor")
    planner.apply(sale(priority=11, label="Sale"))
    planner.act(service.stop_campaign, "sale")

    stopped, updated, created = planner.ask(
        lambda session: traced(session, queries.versions_of(session, "sale"))
    )

    assert [c["field"] for c in stopped["changes"]] == ["stopped"]
    assert {c["field"]: (c["before"], c["after"]) for c in updated["changes"]} == {
        "priority": (10, 11), "label": ("Winter sale", "Sale"),
    }  # fmt: skip
    assert (updated["author"], created["author"]) == ("editor@example.com", None)
    assert created["action"] == "created"


def test_a_list_tells_state_and_frozen_products(planner: Planner):
    planner.apply(sale(live=False))

    def listed(now: datetime) -> dict[str, Any]:
        return planner.ask(
            lambda session: summary(session, queries.find_campaign(session, "sale"), now)
        )

    states = [listed(BOXING_DAY + timedelta(days=day))["state"] for day in (-1, 0, 14)]
    assert states == ["planned", "running", "ended"]
    told = listed(BOXING_DAY)
    assert (told["products"], told["does"], told["starts"]) == (4, ["calculate"], BOXING_DAY)


def user(planner: Planner, role: str, *, active: bool = True) -> int:
    with planner.work() as work:
        email = f"{role}@example.com"
        made = create_user(work, email=email, password="long enough words", role=role)
        made.active = active
        work.session.flush()
        return made.id


@pytest.mark.parametrize(
    "verb", ["apply", "stop_campaign", "delete_campaign", "restore_campaign", "undo", "copy"]
)
def test_who_may_not_edit_campaigns_changes_nothing(planner: Planner, verb: str):
    planner.apply(sale())
    written = planner.apply(sale(priority=11))
    for actor in (user(planner, "viewer"), user(planner, "editor", active=False), 999_999):
        planner.actor = actor
        with pytest.raises(NotPermitted, match="These roles may: Administrator"):
            if verb == "apply":
                planner.apply(sale(priority=12))
            elif verb == "copy":
                planner.copy("sale", new="next", starts_at="2027-12-26", ends_at="2028-01-09")
            elif verb == "undo":
                planner.act(service.undo_change_set, written.change_set)
            else:
                planner.act(getattr(service, verb), "sale")
    assert [c.priority for c in planner.running(BOXING_DAY)] == [11]
