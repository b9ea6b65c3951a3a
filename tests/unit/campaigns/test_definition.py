"""Documents of campaigns: understood, or refused with every problem at its place."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from pim.campaigns.definition import parse_campaign, read_campaign
from pim.campaigns.overlaid import SheetCells
from pim.domain import operations
from pim.domain.operations import Calculate, SetValue
from pim.errors import Refused
from tests.factories.structure import footwear

STRUCTURE = footwear()
CHEAPER = {
    "type": "calculate", "field": "price", "percent": -20,
    "round": {"ending": "0.99", "direction": "nearest"},
}  # fmt: skip


def document(**more: Any) -> dict[str, Any]:
    return {
        "code": "winter_sale",
        "label": "Winter sale",
        "starts_at": "2026-12-26T00:00",
        "ends_at": "2027-01-09T00:00",
        "time_zone": "Europe/London",
        "channels": ["web"],
        "where": {"field": "family", "operator": "IN", "value": ["Shoes"]},
        "do": [CHEAPER],
        **more,
    }


def problems(**more: Any) -> dict[str, tuple[str, str]]:
    """Return the code and the text of each problem, by path."""
    definition, violations = read_campaign(document(**more), STRUCTURE)
    assert definition is None
    return {v.path: (v.code, f"{v.text} {v.mend_text}") for v in violations}


def test_a_document_gets_defaults_stored_spelling_and_instants():
    found = parse_campaign(document(channels=["WEB", "web"], locales=["DE_de"]), STRUCTURE)

    assert found.starts_at == datetime(2026, 12, 26, tzinfo=UTC)
    assert found.ends_at == datetime(2027, 1, 9, tzinfo=UTC)
    assert (found.channels, found.locales) == (("web",), ("de_DE",))
    assert (found.live, found.priority) == (True, 10)
    assert isinstance(found.overlays[0], Calculate)
    assert found.document["channels"] == ["web"]
    assert "fold" not in found.document


def test_a_campaign_without_a_label_is_called_by_its_code():
    assert parse_campaign(document(label=""), STRUCTURE).label == "winter_sale"


def test_a_document_in_canonical_form_says_the_same_again():
    once = parse_campaign(document(starts_at="2026-12-26", time_zone="europe/london"), STRUCTURE)
    assert once.document["starts_at"] == "2026-12-26T00:00"
    assert once.document["time_zone"] == "Europe/London"
    assert parse_campaign(once.document, STRUCTURE) == once


def test_an_overlay_of_one_channel_may_lie_over_what_does_not_vary_by_channel():
    do = [{"type": "set", "field": "name", "locale": "*", "value": "Sale"}]
    assert isinstance(parse_campaign(document(do=do), STRUCTURE).overlays[0], SetValue)


def test_an_operation_may_name_a_channel_where_its_attribute_does_not_vary_by_it():
    do = [{"type": "set", "field": "waterproof", "scope": "web", "value": True}]
    found = parse_campaign(document(do=do, channels=[]), STRUCTURE)
    assert found.document["do"] == do


def test_scopes_and_locales_that_are_not_named_mean_all():
    do = [{"type": "append", "field": "description", "text": "!"}]
    (overlay,) = parse_campaign(document(do=do), STRUCTURE).overlays
    assert len(operations.cells(overlay, STRUCTURE)) == 3


@pytest.mark.parametrize(
    "operation", [{"type": "disable"}, {"type": "categorize", "add": ["sales"]}]
)
def test_categories_and_status_can_be_laid_over(operation):
    assert parse_campaign(document(do=[operation]), STRUCTURE).document["do"] == [operation]


def test_every_problem_is_named_at_its_place():
    found = problems(
        code="winter sale",
        starts_at="26.12.2026",
        time_zone="London",
        channels=["shop"],
        where={"field": "famly", "operator": "=", "value": "x"},
        do=[{"type": "calculate", "field": "name", "percent": 5}, {"type": "delete_all"}],
        priority="high",
        colour="red",
    )
    assert {path: code for path, (code, _) in found.items()} == {
        "code": "campaign.document",
        "priority": "campaign.document",
        "colour": "campaign.document",
        "starts_at": "campaign.not_a_time",
        "time_zone": "campaign.unknown_time_zone",
        "channels[0]": "campaign.unknown_name",
        "where.field": "unknown_field",
        "do[0].field": "type_not_allowed",
        "do[1].type": "unknown_operation",
    }
    assert "Did you mean Europe/London?" in found["time_zone"][1]


def test_what_is_missing_is_asked_for():
    definition, violations = read_campaign({}, STRUCTURE)
    assert definition is None
    missing = {v.path for v in violations}
    assert missing == {"code", "starts_at", "ends_at", "time_zone", "do"}


def test_something_that_is_no_object_is_refused():
    definition, violations = read_campaign(["sale"], STRUCTURE)
    assert definition is None
    assert [v.code for v in violations] == ["campaign.document"]


def test_a_skipped_time_is_refused_with_the_gap_and_the_nearest_times():
    code, text = problems(starts_at="2026-03-29T01:30")["starts_at"]
    assert code == "campaign.time_skipped"
    assert text == (
        "2026-03-29T01:30 does not exist in Europe/London: clocks go from 2026-03-29T01:00 "
        "straight to 2026-03-29T02:00. The nearest times are 2026-03-29T00:59 and "
        "2026-03-29T02:00; write one of them."
    )


def test_a_time_that_comes_twice_is_asked_with_both_offsets():
    code, text = problems(ends_at="2027-10-31T01:30")["ends_at"]
    assert code == "campaign.time_twice"
    assert "first at BST, UTC+01:00, then at GMT, UTC+00:00" in text
    assert '"fold": {"ends_at": "earlier"}' in text


@pytest.mark.parametrize(
    ("fold", "hour"),
    [("earlier", 0), ("later", 1), ({"starts_at": "later"}, 1), ({"starts_at": "earlier"}, 0)],
)
def test_fold_says_which_of_two_times_is_meant(fold, hour):
    found = parse_campaign(document(starts_at="2026-10-25T01:30", fold=fold), STRUCTURE)
    assert found.starts_at == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
    assert found.document["fold"] == fold


def test_fold_of_one_end_leaves_the_other_asked():
    found = problems(starts_at="2026-10-25T01:30", fold={"ends_at": "later"})
    assert [code for code, _ in found.values()] == ["campaign.time_twice"]


@pytest.mark.parametrize("fold", ["first", 1, {"starts_at": "first"}, {"begin": "later"}])
def test_a_fold_that_means_nothing_is_refused(fold):
    assert problems(fold=fold)["fold"][0] == "wrong_type"


@pytest.mark.parametrize("text", ["2026-12-26T00:00Z", "2026-12-26T00:00+01:00"])
def test_an_offset_is_refused_for_the_zone_says_it(text):
    assert problems(starts_at=text)["starts_at"][0] == "campaign.time_with_offset"


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "2026-12-26T25:00", "1066-10-14"])
def test_what_is_no_time_is_refused(text):
    assert problems(starts_at=text)["starts_at"][0] == "campaign.not_a_time"


@pytest.mark.parametrize("end", ["2026-12-26T00:00", "2026-12-25"])
def test_an_end_that_is_not_after_the_start_is_refused(end):
    assert problems(ends_at=end)["ends_at"][0] == "campaign.ends_before_start"


def test_an_hour_that_passes_twice_can_hold_a_campaign():
    found = parse_campaign(
        document(
            starts_at="2026-10-25T01:30",
            ends_at="2026-10-25T01:30",
            fold={"starts_at": "earlier", "ends_at": "later"},
        ),
        STRUCTURE,
    )
    assert (found.ends_at - found.starts_at).total_seconds() == 3600


@pytest.mark.parametrize(
    ("operation", "path", "code"),
    [
        ({"type": "set_groups", "add": ["promo"]}, "do[0].type", "campaign.no_overlay"),
        ({"type": "set_family", "family": "Bags"}, "do[0].type", "campaign.no_overlay"),
        ({"type": "copy", "from_field": "name", "from_locale": "en_GB", "to_field": "ean"},
         "do[0].to_field", "campaign.identity"),
        ({"type": "set", "field": "pieces", "scope": ["web", "shop"], "value": 2},
         "do[0].scope", "campaign.unknown_name"),
        ({"type": "set", "field": "ean", "value": "4006381333931"}, "do[0].field",
         "campaign.identity"),
        ({"type": "set", "field": "color", "value": "Red"}, "do[0].field", "campaign.identity"),
        ({"type": "clear", "field": "sku"}, "do[0].field", "identifier_not_allowed"),
        ({"type": "cells", "sheet": "gone"}, "do[0]", "campaign.unknown_sheet"),
        ({"type": "cells"}, "do[0]", "campaign.unknown_sheet"),
    ],
)  # fmt: skip
def test_what_an_overlay_cannot_do_is_refused(operation, path, code):
    assert problems(do=[operation])[path][0] == code


def test_a_campaign_that_does_nothing_is_refused():
    assert problems(do=[])["do"][0] == "campaign.nothing_to_do"


def test_a_campaign_does_not_choose_by_other_campaigns():
    where = {"view": "effective", "field": "enabled", "operator": "=", "value": True}
    assert problems(where=where)["where.view"][0] == "campaign.view"


def test_locales_are_those_of_the_channels():
    found = problems(channels=["print"], locales=["de_DE"])
    assert found["locales[0]"][0] == "campaign.unknown_name"


def test_a_sheet_that_is_there_is_an_overlay():
    given = document(do=[{"type": "cells", "sheet": "abc"}])
    found = parse_campaign(given, STRUCTURE, known=lambda digest: digest == "abc")
    assert found.overlays == (SheetCells("abc"),)
    assert found.document["do"] == given["do"]


def test_a_refusal_names_the_campaign_and_carries_all_problems():
    with pytest.raises(Refused, match="winter_sale") as caught:
        parse_campaign(document(starts_at="soon", do=[]), STRUCTURE)
    assert len(caught.value.violations) == 2
