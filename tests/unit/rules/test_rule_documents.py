"""Documents of rules: understood, or refused with every problem at its place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pim.domain.operations import Append, Copy
from pim.domain.values import Cell
from pim.rules.chains import CopyThen, joined
from pim.rules.definition import parse_rule, read_rule
from pim.rules.loops import clashes, cycles
from pim.rules.schedules import read_schedule
from tests.factories.ruler import asks, put, rule
from tests.factories.structure import footwear

STRUCTURE = footwear()
NAME = {"field": "name", "locale": "en_GB"}


def parsed(code: str, *do: Any, **more: Any) -> Any:
    return parse_rule(rule(code, *do, **more), STRUCTURE)


def problems(*do: Any, **more: Any) -> dict[str, str]:
    """Return the code of each problem, by path."""
    definition, violations = read_rule(rule("r", *do, **more), STRUCTURE)
    assert definition is None
    return {violation.path: violation.code for violation in violations}


def test_a_document_is_completed_and_reads_back_as_the_same():
    found = parsed("stocked", put("pieces", 5))

    assert found.document["label"] == "stocked"
    assert (found.priority, found.enabled, found.read_only) == (10, True, False)
    assert parse_rule(found.document, STRUCTURE).document == found.document


def test_every_problem_is_told_at_its_place():
    found = problems(
        put("stok", 5), {"type": "delete"}, where=asks("family", "IS", ["shoes"]),
        triggers=["sometimes"], priority="high",
    )  # fmt: skip

    assert {"priority", "triggers.0", "where.operator", "do[0].field"} <= set(found)


def test_a_rule_does_not_delete():
    assert problems({"type": "delete"}) == {"do[0].type": "rule.operation"}


def test_conditions_read_stored_values():
    where = {**asks("pieces", "EMPTY"), "view": "effective"}

    assert problems(put("pieces", 5), where=where) == {"where.view": "rule.view"}


@pytest.mark.parametrize("more", [{"read_only": True}, {"triggers": ["save"]}])
def test_what_a_save_asks_cannot_hang_on_feeds(more: dict[str, Any]):
    where = asks("rejected_by", "NOT EMPTY")

    assert problems(put("pieces", 5), where=where, **more) == {"where": "rule.feeds"}
    assert read_rule(rule("r", put("pieces", 5), where=where), STRUCTURE)[0] is not None


def test_an_operation_that_does_more_with_every_run_is_refused():
    assert problems({"type": "append", "text": "!", **NAME}) == {"do[0]": "rule.never_settles"}


def test_it_is_taken_if_the_condition_says_when_it_was_done():
    where = asks("name", "DOES NOT CONTAIN", "!", locale="en_GB")

    [step] = parsed("shout", {"type": "append", "text": "!", **NAME}, where=where).steps

    assert isinstance(step, Append)


def test_another_locale_s_condition_does_not_say_it():
    where = asks("name", "DOES NOT CONTAIN", "!", locale="de_DE")

    found = problems({"type": "append", "text": "!", **NAME}, where=where)

    assert found == {"do[0]": "rule.never_settles"}


def test_a_rule_does_not_write_a_cell_and_then_write_over_it():
    found = problems(put("pieces", 5), {"type": "clear", "field": "pieces"})

    assert found == {"do[1]": "rule.written_twice"}


COPY = {"type": "copy", "from_field": "name", "from_locale": "de_DE",
        "to_field": "name", "to_locale": "en_GB"}  # fmt: skip


def test_what_changes_a_copy_is_joined_with_it():
    found = parsed("names", COPY, {"type": "append", "text": "!", **NAME})

    [(place, step)] = joined(found.steps, STRUCTURE)

    assert place == 0
    assert isinstance(step, CopyThen)
    document = {"name": {"<all>": {"de_DE": "Schuh", "en_GB": "Schuh!"}}}
    made = step.apply(Cell("name", "<all>", "en_GB"), document, STRUCTURE)
    assert made.data == "Schuh!"


def test_of_an_empty_source_no_copy_is_changed():
    found = parsed("names", COPY, {"type": "append", "text": "!", **NAME})
    [(_, step)] = joined(found.steps, STRUCTURE)
    document = {"name": {"<all>": {"en_GB": "Shoe"}}}

    assert step.apply(Cell("name", "<all>", "en_GB"), document, STRUCTURE).data == "Shoe"


def test_what_changes_another_cell_stays_by_itself():
    german = {"type": "append", "text": "!", "field": "name", "locale": "de_DE"}
    where = asks("name", "DOES NOT CONTAIN", "!", locale="de_DE")
    found = parsed("names", COPY, german, where=where)

    steps = [step for _, step in joined(found.steps, STRUCTURE)]

    assert [type(step) for step in steps] == [Copy, Append]


def test_a_circle_of_three_is_found_with_its_fields():
    rules = [
        parsed("a", put("pieces", 1), where=asks("name", "EMPTY", locale="en_GB")),
        parsed("b", put("name", "B", locale="de_DE"), where=asks("pieces", "=", "1")),
        parsed("c", put("name", "C", locale="en_GB"), where=asks("name", "=", "B", locale="de_DE")),
    ]

    [circle] = cycles(rules)

    assert [(link.writer, link.fields) for link in circle] == [
        ("a", ("pieces",)),
        ("b", ("name-de_DE",)),
        ("c", ("name-en_GB",)),
    ]
    assert cycles(rules[:2]) == []


def test_a_rule_that_fills_what_is_empty_is_no_circle():
    assert cycles([parsed("a", put("pieces", 1), where=asks("pieces", "EMPTY"))]) == []


def test_of_two_rules_for_a_cell_the_higher_priority_wins_then_the_code():
    rules = [
        parsed("b", put("pieces", 1)),
        parsed("a", put("pieces", 2)),
        parsed("z", put("pieces", 3), priority=20),
        parsed("off", put("pieces", 4), priority=30, enabled=False),
    ]

    assert [(clash.winner, clash.loser) for clash in clashes(rules)] == [
        ("z", "a"),
        ("z", "b"),
        ("a", "b"),
    ]


def moment(day: int, hour: int, minute: int = 0, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_every_so_many_minutes_what_was_missed_comes_once():
    schedule, _ = read_schedule({"every_minutes": 60})
    assert schedule is not None

    assert not schedule.due(moment(1, 10), moment(1, 10, 59))
    assert schedule.due(moment(1, 10), moment(1, 11))
    assert schedule.due(moment(1, 10), moment(1, 10) + timedelta(days=30))


def test_times_of_day_follow_the_clocks_of_their_zone():
    document = {"at": ["03:00"], "time_zone": "europe/london"}
    schedule, _ = read_schedule(document)
    assert schedule is not None

    assert not schedule.due(moment(1, 1), moment(1, 1, 59))
    assert schedule.due(moment(1, 1), moment(1, 2))  # summer: 03:00 in London is 02:00 UTC
    assert not schedule.due(moment(1, 2), moment(2, 1, 59))
    assert schedule.due(moment(1, 2, month=12), moment(1, 3, month=12))


def test_a_time_that_clocks_skip_comes_after_the_gap_and_a_double_one_once():
    schedule, _ = read_schedule({"at": ["01:30"], "time_zone": "Europe/London"})
    assert schedule is not None

    skipped = datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 02:30 in London, which has no 01:30
    assert schedule.due(skipped - timedelta(minutes=1), skipped)
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert schedule.due(first - timedelta(minutes=1), first)
    assert not schedule.due(first, first + timedelta(hours=1))


def test_days_are_kept():
    schedule, _ = read_schedule({"at": ["03:00"], "time_zone": "UTC", "days": ["mon"]})
    assert schedule is not None

    assert schedule.due(moment(1, 2), moment(1, 4))  # 1 June 2026 is a Monday
    assert not schedule.due(moment(2, 2), moment(2, 4))


@pytest.mark.parametrize(
    ("schedule", "path"),
    [
        ({}, "schedule"),
        ({"every_minutes": 1}, "schedule.every_minutes"),
        ({"at": ["25:00"], "time_zone": "UTC"}, "schedule.at"),
        ({"at": ["03:00"], "time_zone": "London"}, "schedule.time_zone"),
        ({"at": ["03:00"], "time_zone": "UTC", "days": ["someday"]}, "schedule.days"),
    ],
)
def test_a_schedule_that_does_not_say_when_is_refused(schedule: dict[str, Any], path: str):
    assert problems(put("pieces", 5), triggers=["schedule"], schedule=schedule) == {
        path: "rule.schedule"
    }


def test_the_trigger_and_the_schedule_go_together():
    assert problems(put("pieces", 5), triggers=["schedule"]) == {"schedule": "rule.schedule"}
    given = {"every_minutes": 60}
    assert problems(put("pieces", 5), schedule=given) == {"triggers": "rule.schedule"}
