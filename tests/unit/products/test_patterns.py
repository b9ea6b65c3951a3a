from __future__ import annotations

import time
from contextlib import suppress

import pytest

from pim.domain import patterns
from pim.domain.attribute_types import check
from pim.domain.patterns import OutOfTime, Pattern
from pim.products.patterns import PATIENCE, TimedMatcher
from tests.factories.structure import attribute, footwear

ENDLESS = Pattern("^(a|a)*$")
VICTIM = "a" * 40 + "b"


def test_patterns_are_searched_for_unless_anchored() -> None:
    assert patterns.matches("[0-9]", "size 42")
    assert not patterns.matches("^[0-9]+$", "size 42")


def test_patterns_may_stand_between_delimiters_with_flags() -> None:
    assert patterns.matches("/^[a-z]+$/i", "ABC")
    assert patterns.matches("#^a/b$#", "a/b")
    assert patterns.read("/a\\/b/") == Pattern("a/b")
    assert patterns.read("/usr/bin") == Pattern("/usr/bin")


def test_a_pattern_that_backtracks_for_ever_is_stopped() -> None:
    started = time.perf_counter()
    with pytest.raises(OutOfTime):
        TimedMatcher().search(ENDLESS, VICTIM)
    assert time.perf_counter() - started < 2


def test_a_pattern_that_overran_often_is_not_tried_again() -> None:
    matcher = TimedMatcher()
    matcher._overruns[ENDLESS] = PATIENCE
    with pytest.raises(OutOfTime, match="times"):
        matcher.search(ENDLESS, "a")


def test_a_value_that_cannot_be_checked_in_time_is_a_violation() -> None:
    slow = attribute("x", "text", validation_rule="regexp", validation_regexp=ENDLESS.source)
    found = check(VICTIM, slow, footwear())
    assert [violation.code for violation in found.violations] == ["pattern_too_slow"]


def test_faults_of_patterns_and_replacements_are_told() -> None:
    assert patterns.fault("(") is not None
    assert patterns.fault(r"\p{Lu}") is None
    assert patterns.replacement_fault("(a)", r"\1") is None
    assert patterns.replacement_fault("a", r"\1") is not None


@pytest.mark.parametrize(
    "source",
    [
        "((a{1000}){1000}){1000}", "(?:a{5000}){5000}", "a{10000000}", "((((a{99}){99}){99}){99})",
        "([()]{200}){200}", r"(\(\){200}){200}", "a{99999999999999999999}", "(" * 900 + ")" * 900,
        "a?" * 400 + "a" * 400,
    ],
)  # fmt: skip
def test_a_pattern_that_would_take_the_memory_or_the_time_of_the_machine_is_refused(
    source: str,
) -> None:
    started = time.perf_counter()
    assert TimedMatcher().fault(Pattern(source)) is not None
    assert time.perf_counter() - started < 2


@pytest.mark.parametrize(
    "source",
    ["^[0-9]{13}$", r"(?:\d{1,3}\.){3}\d{1,3}", ".{0,255} .{0,255}", r"\p{Lu}{2}[{}()]{3}",
     "a{5000}", "(ab?){2,}|c{,3}"],
)  # fmt: skip
def test_patterns_of_the_usual_size_are_taken(source: str) -> None:
    assert TimedMatcher().fault(Pattern(source)) is None


@pytest.mark.parametrize(
    "source",
    ["(a+)+$", "(a|aa)+$", "(.*a){20}$", r"(\w+\s?)+$", "(a*)*b$", "(?:a?){30}a{30}c",
     "^(([a-z])+.)+[A-Z]([a-z])+$"],
)  # fmt: skip
def test_a_catastrophic_replacement_ends_in_time(source: str) -> None:
    """Some of them are harmless to this matcher; none may run on."""
    started = time.perf_counter()
    with suppress(OutOfTime):
        TimedMatcher().replace(Pattern(source), "x", "a" * 5_000 + "!")
    assert time.perf_counter() - started < 2
