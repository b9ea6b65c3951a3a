"""The alert rules of the docs parse, and name figures that exist."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from prometheus_client import generate_latest

from pim.operations.figures import names
from pim.web import metrics

GUIDES = Path(__file__).parents[2] / "docs" / "guides"
FIGURE = r"\bpolka_[a-z_]+"


def exported() -> set[str]:
    """Return every name that a scrape may show."""
    metrics.observe_request(method="GET", route="/", status="200", seconds=0.01)
    own = re.findall(FIGURE, generate_latest(metrics._own).decode())
    return {*own, *names()}


def rules() -> list[dict]:
    document = yaml.safe_load((GUIDES / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in document["groups"] for rule in group["rules"]]


def test_every_rule_has_what_prometheus_and_people_need():
    for rule in rules():
        assert re.fullmatch(r"Polka[A-Za-z]+", rule["alert"])
        assert rule["expr"].count("(") == rule["expr"].count(")")
        assert rule["labels"]["severity"] in {"warning", "critical"}
        assert set(rule["annotations"]) == {"summary", "mend"}
    assert len({rule["alert"] for rule in rules()}) == len(rules()) > 8


def test_rules_name_figures_that_exist():
    for rule in rules():
        named = set(re.findall(FIGURE, rule["expr"]))
        assert named
        assert named <= exported(), rule["alert"]


def test_the_guide_lists_all_figures_and_no_others():
    rows = re.findall(r"^\| (`polka_.*?) \|", (GUIDES / "monitoring.md").read_text(), re.MULTILINE)
    listed = {name for row in rows for name in re.findall(FIGURE, row)}
    derived = r"_(bucket|count|sum|created)$"
    assert listed == {name for name in exported() if not re.search(derived, name)} - {
        "polka_http_requests"
    }
