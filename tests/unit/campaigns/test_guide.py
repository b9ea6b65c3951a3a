"""The guide explains every key of a campaign, and its examples are valid."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from pim.campaigns.definition import read_campaign
from pim.campaigns.schemas import CampaignSchema
from pim.domain.structure import Channel, Codes, Family
from tests.factories.structure import footwear

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "campaigns.md").read_text("utf-8")


def examples() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for text in re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL):
        given = json.loads(text)
        found += given if isinstance(given, list) else [given]
    return found


def test_every_key_of_a_campaign_is_explained():
    explained = set(re.findall(r"`([a-z_]+)`", GUIDE))
    assert set(CampaignSchema().fields) - explained == set()


def test_the_examples_are_valid():
    plain = footwear()
    shop = Channel(id=3, code="ecommerce", locales=("en_GB",), currencies=("EUR",), tree="master")
    structure = replace(
        plain,
        channels=Codes([*plain.channels, shop]),
        families=Codes([*plain.families, Family(id=3, code="shoes")]),
    )
    for document in examples():
        definition, violations = read_campaign(document, structure)
        assert definition is not None, violations
    assert len(examples()) == 3
