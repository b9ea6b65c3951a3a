"""Upper, lower, title and sentence case, as languages write them."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pim.domain.letters import CASES, Case, changed


@pytest.mark.parametrize(
    ("text", "case", "locale", "expected"),
    [
        ("izmir ışığı", "upper", "tr_TR", "İZMİR IŞIĞI"),
        ("IŞIK İYİ", "lower", "tr_TR", "ışık iyi"),
        ("istanbul IŞIĞI", "title", "tr_TR", "İstanbul Işığı"),
        ("iyi. işte", "sentence", "az_AZ", "İyi. İşte"),
        ("izmir", "upper", "en_GB", "IZMIR"),
        ("große Straße", "upper", "de_DE", "GROSSE STRASSE"),
        ("die Tasche. der Schuh", "sentence", "de_DE", "Die Tasche. Der Schuh"),
        ("зимние САПОГИ", "title", "ru_RU", "Зимние Сапоги"),
        ("ЗИМНИЕ сапоги. НОВЫЕ", "sentence", "ru_RU", "Зимние сапоги. Новые"),
        ("ЁЛКА", "lower", "ru_RU", "ёлка"),
        ("ijs en ijzer", "title", "nl_NL", "IJs En IJzer"),
        ("MEN'S slip-on", "title", "en_GB", "Men's Slip-On"),
        ("MEN’S 5XL boots", "title", "", "Men’s 5XL Boots"),
        ("SIZE 5XL. new at nike.com! (yes)\nlast LINE", "sentence", "en_GB",
         "Size 5XL. New at nike.com! (Yes)\nLast line"),
        ("", "title", "en_GB", ""),
    ],
)  # fmt: skip
def test_each_language_has_its_letters(text: str, case: Case, locale: str, expected: str) -> None:
    assert changed(text, case, locale) == expected


def test_tags_and_references_stay_as_they_are() -> None:
    text = '<p class="a">hello <b>WORLD</b>&nbsp;a.</p><p>next\ue000ONE</p>'

    assert changed(text, "upper", "en_GB", html=True) == (
        '<p class="a">HELLO <b>WORLD</b>&nbsp;A.</p><p>NEXT\ue000ONE</p>'
    )
    assert changed(text, "sentence", "en_GB", html=True) == (
        '<p class="a">Hello <b>world</b>&nbsp;a.</p><p>Next\ue000one</p>'
    )


LETTERS = st.text("aAiIıİßöÉ żЖж'’ .!-\n5<b>&;", max_size=40)


@given(LETTERS, st.sampled_from(CASES), st.sampled_from(["", "tr_TR", "de_DE", "nl_NL"]))
def test_what_is_in_a_case_stays_in_it(text: str, case: Case, locale: str) -> None:
    once = changed(text, case, locale)
    assert changed(once, case, locale) == once


@pytest.mark.parametrize("part", [".", "\n", "<", "!", " ", "a", "&", ".a"])
def test_no_text_takes_long(part: str) -> None:
    started = time.perf_counter()
    for case in CASES:
        changed(part * (60_000 // len(part)), case, "en_GB", html=True)
    assert time.perf_counter() - started < 5
