"""The guide explains every key of a rule."""

from __future__ import annotations

import re
from pathlib import Path

from pim.rules.schemas import TRIGGERS, RuleSchema

GUIDE = (Path(__file__).parents[3] / "docs" / "guides" / "rules.md").read_text("utf-8")


def test_every_key_and_trigger_of_a_rule_is_explained():
    explained = set(re.findall(r"`([a-z_]+)`", GUIDE))
    assert (set(RuleSchema().fields) | set(TRIGGERS)) - explained == set()
