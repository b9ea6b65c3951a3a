"""The guide explains every key of a drop, its example is valid, and documents come back."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pim.campaigns.definition import Definition
from pim.campaigns.drops import EVER, DropSchema, drop_document, is_drop, read_drop
from pim.campaigns.models import CampaignVersion
from pim.domain.structure import Channel, Codes, Structure
from tests.factories.structure import footwear

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "seasons.md").read_text("utf-8")
MOON = {
    "code": "moon", "label": "Moon", "color": "#d62828", "at": "2031-10-26T01:30",
    "time_zone": "Europe/London", "fold": "later", "channels": ["ecommerce"],
    "where": {"field": "family", "operator": "NOT EMPTY"}, "live": False,
}  # fmt: skip


@pytest.fixture
def structure() -> Structure:
    plain = footwear()
    shop = Channel(id=3, code="ecommerce", locales=("en_GB",), currencies=("EUR",), tree="master")
    return replace(plain, channels=Codes([*plain.channels, shop]))


def read(document: Any, structure: Structure) -> Definition:
    definition, violations = read_drop(document, structure)
    assert definition is not None, violations
    return definition


def test_every_key_of_a_drop_is_explained():
    explained = set(re.findall(r"`([a-z_]+)`", GUIDE))
    assert set(DropSchema().fields) - explained == set()


def test_a_drop_is_a_campaign_that_withholds_from_ever_to_its_moment(structure):
    found = read(MOON, structure)
    assert (found.starts_at, found.ends_at) == (EVER, datetime(2031, 10, 26, 1, 30, tzinfo=UTC))
    assert is_drop(found.document)
    assert found.document["do"] == [{"type": "withhold"}]
    earlier = read({**MOON, "fold": {"at": "earlier"}}, structure)
    assert earlier.ends_at == datetime(2031, 10, 26, 0, 30, tzinfo=UTC)


def test_the_document_that_is_shown_means_the_same_when_it_is_applied_again(structure):
    found = read(MOON, structure)
    shown = drop_document(CampaignVersion(document=dict(found.document)))
    assert shown == MOON
    assert read(shown, structure) == found


def test_the_example_of_the_guide_is_valid_but_for_its_attribute(structure):
    (text,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
    example = json.loads(text)
    _, violations = read_drop(example, structure)
    assert {violation.path for violation in violations} <= {"where.field"}
    assert read({**example, "where": {}}, structure).code == "moon_2031"


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"at": "2031-03-30T01:30"}, "campaign.time_skipped", "at"),
        ({"fold": None}, "campaign.time_twice", "at"),
        ({"at": "2031-03-02T09:00+01:00"}, "campaign.time_with_offset", "at"),
        ({"time_zone": "London"}, "campaign.unknown_time_zone", "time_zone"),
        ({"channels": ["moon"]}, "campaign.unknown_name", "channels[0]"),
        ({"do": []}, "campaign.document", "do"),
        ({"fold": {"ends_at": "later"}}, "wrong_type", "fold"),
    ],
)
def test_what_a_drop_cannot_mean_is_named_at_its_place(structure, changes, code, path):
    definition, violations = read_drop({**MOON, **changes}, structure)
    assert definition is None
    assert (code, path) in {(each.code, each.path) for each in violations}


def test_a_drop_that_is_no_object_is_refused_with_the_page_that_shows_one(structure):
    definition, (violation,) = read_drop(["moon"], structure)
    assert definition is None
    assert "docs/guides/seasons.md" in violation.mend_text
