"""Rules at work: in their order, until nothing changes, each undone by its own change set."""

from __future__ import annotations

import pytest

from pim.db.queue import requeue_run
from pim.db.runs import find_run
from pim.db.unit_of_work import unit_of_work
from pim.jobs import tasks
from pim.jobs.rules import begin_due
from pim.jobs.watch import Watch
from tests.factories.ruler import Ruler, asks, put, rule

WAX = asks("identifier", "=", "wax")
CARE = asks("family", "IN", ["care"])
SHOES = asks("family", "IN", ["shoes"])


def test_a_rule_writes_at_the_level_that_owns_and_is_a_change_set_of_its_own(ruler: Ruler) -> None:
    ruler.save(rule("acme_shoes", put("brand", "acme"), where=SHOES))

    [done] = ruler.run("acme_shoes")["rules"]

    assert (done["selected"], done["written"], done["reached"]) == (4, 2, 4)
    assert ruler.catalogue.value("derby", "brand") == "acme"
    kind, label = ruler.catalogue.query(
        "SELECT kind, label FROM change_set WHERE id = :id", id=done["change_set"]
    )[0]
    assert (kind, label) == ("rule", "acme_shoes")


def test_undo_takes_back_what_a_rule_has_written(ruler: Ruler) -> None:
    before = ruler.catalogue.state()
    ruler.save(rule("acme_shoes", put("brand", "acme"), where=SHOES))
    [done] = ruler.run("acme_shoes")["rules"]

    ruler.catalogue.undo(done["change_set"])

    assert ruler.catalogue.state() == before


def test_running_a_rule_twice_changes_nothing_the_second_time(ruler: Ruler) -> None:
    ruler.save(rule("stocked", put("stock", 5), where=CARE))
    ruler.run("stocked")
    before = ruler.catalogue.state()

    [again] = ruler.run("stocked")["rules"]

    assert (again["changed"], again["change_set"]) == (0, None)
    assert ruler.catalogue.state() == before


def test_a_copied_price_is_lowered_once_however_often_the_rule_runs(ruler: Ruler) -> None:
    ruler.save(
        rule(
            "web_offer",
            {"type": "copy", "from_field": "price", "to_field": "offer", "to_scope": "web"},
            {"type": "calculate", "field": "offer", "scope": "web", "percent": -20},
            where=asks("identifier", "=", "DRB-COG-41"),
        )
    )

    ruler.run("web_offer")
    [again] = ruler.run("web_offer")["rules"]

    assert ruler.catalogue.value("derby-cognac", "offer", "web") == {"EUR": "96"}
    assert (again["changed"], again["unchanged"]) == (0, 1)


def test_the_higher_priority_wins_a_cell_and_the_other_rule_keeps_the_rest(ruler: Ruler) -> None:
    ruler.save(
        rule("strong", put("stock", 1), where=WAX, priority=20),
        rule("weak", put("stock", 2), where=CARE, priority=5),
    )

    result = ruler.run()

    assert ruler.catalogue.value("wax", "stock") == "1"
    assert ruler.catalogue.value("laces", "stock") == "2"
    assert result["unsettled"] == []
    assert [each["changed"] for each in ruler.run()["rules"]] == [0, 0]


def test_a_model_that_a_stronger_rule_sets_through_one_variant_stays_its(ruler: Ruler) -> None:
    first = asks("identifier", "=", "DRB-BLK-41")
    ruler.save(
        rule("strong", put("brand", "acme"), where=first, priority=20),
        rule("weak", put("brand", "polka"), where=SHOES, priority=5),
    )

    ruler.run()

    assert ruler.catalogue.value("derby", "brand") == "acme"
    assert ruler.catalogue.value("moc", "brand") == "polka"


def test_a_rule_wakes_those_that_read_what_it_writes_whatever_their_order(ruler: Ruler) -> None:
    ruler.save(
        rule("second", put("heel", 3), where=asks("stock", "=", "7"), priority=20),
        rule("first", put("stock", 7), where=WAX, priority=5),
    )

    foretold = ruler.foretell()
    result = ruler.run()

    assert "heel" not in ruler.catalogue.structure.families["care"].attributes
    assert [each["rule"] for each in result["rules"]] == ["first", "second"]
    assert [each["rule"] for each in foretold["rules"]] == ["first", "second"]
    assert result["rules"][1]["violations"][0]["code"] == "not_in_family"


def test_a_dry_run_shows_the_cells_and_writes_nothing(ruler: Ruler) -> None:
    before = ruler.catalogue.state()
    ruler.save(rule("stocked", put("stock", 5), where=WAX))

    [foretold] = ruler.foretell("stocked")["rules"]

    assert foretold["cells"] == [
        {"identifier": "wax", "field": "stock", "before": None, "after": "5"}
    ]
    assert ruler.catalogue.state() == before
    [done] = ruler.run("stocked")["rules"]
    figures = ("selected", "changed", "unchanged", "written", "reached")
    assert [done[name] for name in figures] == [foretold[name] for name in figures]


def test_a_circle_is_warned_of_when_saved_and_stopped_when_run(ruler: Ruler) -> None:
    written = ruler.save(
        rule("ping", put("vegan", value=False), where=asks("vegan", "=", value=True)),
        rule("pong", put("stock", 1), {"type": "set", "field": "vegan", "value": True},
             where={"all": [CARE, asks("vegan", "=", value=False)]}, priority=5),
    )  # fmt: skip

    [circle] = [each for each in written.warnings if each.code == "rule.cycle"]
    assert "ping writes vegan, which pong reads, pong writes" in circle.text
    assert ruler.run()["unsettled"] == ["ping", "pong"]


def test_rules_that_never_come_to_rest_are_stopped_and_named(ruler: Ruler) -> None:
    raising = {"type": "calculate", "field": "stock", "add": 1}
    ruler.save(
        rule("zero", put("stock", 0), where=WAX),
    )
    ruler.run("zero")
    ruler.save(
        rule("zero", put("stock", 0), where=WAX, enabled=False),
        rule("raise", raising, where={"all": [WAX, asks("stock", ">=", "0")]}),
    )

    result = ruler.run("raise")

    assert result["unsettled"] == ["raise"]
    assert result["violations"][0]["code"] == "rule.unsettled"
    assert len(result["rules"]) == 10
    assert ruler.catalogue.value("wax", "stock") == "10"


def test_a_disabled_rule_does_nothing_and_says_so_when_it_is_named(ruler: Ruler) -> None:
    ruler.save(rule("stocked", put("stock", 5), where=WAX, enabled=False))

    assert ruler.run()["rules"] == []
    assert ruler.foretell("stocked")["rules"][0]["changed"] == 1
    number = ruler.ask("stocked")
    tasks.carry_out(ruler.context, "rules", number)
    assert "is disabled" in str(ruler.run_of(number).error)


def test_after_an_import_rules_look_at_what_it_has_touched_alone(ruler: Ruler) -> None:
    ruler.save(rule("stocked", put("stock", 5), where=CARE, triggers=["import"]))

    imported = ruler.catalogue.rows("products", {"sku": "wax", "name-en_GB": "Beeswax"})
    assert imported.rules_run is not None
    [done] = ruler.work_at(imported.rules_run)["rules"]

    assert (done["selected"], done["changed"]) == (1, 1)
    assert ruler.catalogue.value("wax", "stock") == "5"
    assert ruler.catalogue.value("laces", "stock") is None


def test_an_import_of_a_model_starts_rules_on_its_variants(ruler: Ruler) -> None:
    named = asks("name", "=", "Oxford", locale="en_GB")
    ruler.save(rule("stocked", put("stock", 9), where=named, triggers=["import"]))

    imported = ruler.catalogue.rows("product_models", {"code": "derby", "name-en_GB": "Oxford"})
    assert imported.rules_run is not None
    [done] = ruler.work_at(imported.rules_run)["rules"]

    assert (done["selected"], done["changed"]) == (3, 3)
    assert ruler.catalogue.value("DRB-COG-41", "stock") == "9"


def test_an_import_without_such_rules_asks_for_none(ruler: Ruler) -> None:
    ruler.save(rule("stocked", put("stock", 5), where=CARE))

    assert ruler.catalogue.rows("products", {"sku": "wax", "stock": "1"}).rules_run is None


def test_a_save_starts_rules_in_its_transaction(ruler: Ruler) -> None:
    ruler.save(
        rule(
            "vegan_stock", put("stock", 4), where=asks("vegan", "=", value=False), triggers=["save"]
        )
    )

    saved, applied, violations = ruler.type_in("wax", {"vegan": False})

    assert saved.results[0].saved == ("vegan",)
    assert [(each.rule, each.counts["changed"]) for each in applied] == [("vegan_stock", 1)]
    assert violations == []
    assert ruler.catalogue.value("wax", "stock") == "4"
    assert ruler.catalogue.value("DRB-BLK-41", "stock") == "3"


def test_saving_a_model_starts_rules_on_its_variants(ruler: Ruler) -> None:
    ruler.save(
        rule(
            "vegan_stock", put("stock", 4), where=asks("vegan", "=", value=True), triggers=["save"]
        )
    )

    _, [applied], _ = ruler.type_in("derby", {"vegan": True})

    assert applied.counts["selected"] == 3
    assert ruler.catalogue.value("DRB-BLK-41", "stock") == "4"


def test_a_schedule_begins_its_rules_once_when_it_is_due(ruler: Ruler) -> None:
    ruler.save(
        rule("stocked", put("stock", 5), where=WAX, triggers=["schedule"],
             schedule={"every_minutes": 60}),
        rule("other", put("stock", 6), where=WAX, priority=1),
    )  # fmt: skip
    assert begin_due(ruler.catalogue.engine) == []
    ruler.catalogue.execute("UPDATE rule SET updated = now() - interval '2 hours'")

    assert begin_due(ruler.catalogue.engine) == ["stocked"]
    assert begin_due(ruler.catalogue.engine) == []
    number = ruler.catalogue.query("SELECT id FROM run WHERE kind = 'rules'")[0][0]
    [done] = ruler.work_at(number)["rules"]
    assert (done["rule"], done["changed"]) == ("stocked", 1)


class Killed(BaseException):
    """The worker's process dies."""


def test_a_run_that_was_killed_goes_on_and_equals_one_that_was_not(
    ruler: Ruler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pim.editing.selection.CHUNK", 1)
    ruler.save(
        rule("stocked", put("stock", 5), priority=20),
        rule("branded", put("brand", "acme"), where=asks("stock", "=", "5")),
    )
    number = ruler.ask()
    begun = []

    def die(*_: object) -> None:
        begun.append(1)
        if len(begun) == 2:
            raise Killed

    monkeypatch.setattr(tasks, "Watch", lambda engine, run: Watch(engine, run, show=die))
    with pytest.raises(Killed):
        tasks.carry_out(ruler.context, "rules", number)
    ruler.catalogue.execute("UPDATE run SET state = 'interrupted' WHERE kind = 'bulk'")
    monkeypatch.undo()

    result = ruler.work_at(number)

    assert result["rules"][0]["rule"] == "stocked"
    names = ("wax", "laces", "DRB-BLK-41", "DRB-COG-41", "MOC-41")
    assert {ruler.catalogue.value(name, "stock") for name in names} == {"5"}
    assert ruler.catalogue.value("derby", "brand") == "acme"


def test_a_cancelled_run_stops_after_its_chunk_and_goes_on_when_it_is_resumed(
    ruler: Ruler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pim.editing.selection.CHUNK", 1)
    ruler.save(
        rule("stocked", put("stock", 5), priority=20),
        rule("branded", put("brand", "acme"), where=SHOES),
    )
    number = ruler.ask()

    def cancel(*_: object) -> None:
        ruler.catalogue.execute(
            "UPDATE run SET cancel_requested = true WHERE id = :run", run=number
        )

    with monkeypatch.context() as patched:
        patched.setattr(tasks, "Watch", lambda engine, run: Watch(engine, run, show=cancel))
        tasks.carry_out(ruler.context, "rules", number)

    assert ruler.run_of(number).state == "cancelled"
    states = ruler.catalogue.query("SELECT state FROM run WHERE kind = 'bulk'")
    assert [state for (state,) in states] == ["cancelled"]
    assert ruler.catalogue.query("SELECT state FROM change_set WHERE kind = 'rule'") == [
        ("cancelled",)
    ]
    with unit_of_work(ruler.catalogue.engine) as work:
        requeue_run(work, find_run(work.session, number))
    result = ruler.work_at(number)

    assert result["rules"][0]["rule"] == "stocked"
    assert ruler.catalogue.value("MOC-41", "stock") == "5"
    assert ruler.catalogue.value("derby", "brand") == "acme"
