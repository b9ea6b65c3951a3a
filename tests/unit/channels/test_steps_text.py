"""Steps that change text."""

from __future__ import annotations

import polars as pl
import pytest

from .conftest import rows

FAMILY = "👩\u200d👩\u200d👧"
FLAGS = "🇬🇧🇩🇪"
E_ACUTE = "e\u0301"


def one(mapped, text, step):
    return mapped(rows(note=[text, None]), "note", step)


@pytest.mark.parametrize(
    ("text", "parameters", "expected"),
    [
        ("Derby shoe in calf", {"length": 18}, "Derby shoe in calf"),
        ("Derby shoe in calf", {"length": 13}, "Derby shoe in"),
        ("Derby shoe in calf", {"length": 12}, "Derby shoe"),
        ("Derby shoe in calf", {"length": 12, "whole_words": False}, "Derby shoe i"),
        ("Derby shoe in calf", {"length": 13, "ending": "..."}, "Derby shoe..."),
        ("Derby shoe in calf", {"length": 13, "ending": "…"}, "Derby shoe…"),
        ("Unbreakable", {"length": 4}, "Unbr"),
        ("革靴のダービーシューズ", {"length": 4}, "革靴のダ"),
        ("a 革靴のダービーシューズ黒い", {"length": 10}, "a 革靴のダービーシ"),
        ("caf" + E_ACUTE + "s", {"length": 4, "whole_words": False}, "caf"),
        ("ab" + FAMILY, {"length": 4, "whole_words": False}, "ab"),
        ("ab" + FAMILY, {"length": 7, "whole_words": False}, "ab" + FAMILY),
        ("👍🏽👍🏽", {"length": 3, "whole_words": False}, "👍🏽"),
        (FLAGS, {"length": 3, "whole_words": False}, "🇬🇧"),
        ("Größe 42", {"length": 5, "unit": "bytes", "whole_words": False}, "Grö"),
        ("Größe 42", {"length": 7, "unit": "bytes", "whole_words": False}, "Größe"),
        ("日本語", {"length": 7, "unit": "bytes"}, "日本"),
        ("日本語", {"length": 9, "unit": "bytes"}, "日本語"),
        ("日本語テキスト", {"length": 10, "unit": "bytes", "ending": "…"}, "日本…"),
        ("a🙂b", {"length": 4, "unit": "bytes"}, "a"),
        ("a🙂b", {"length": 5, "unit": "bytes", "whole_words": False}, "a🙂"),
        ("🙂", {"length": 1, "unit": "bytes"}, None),
    ],
)
def test_truncate_keeps_whole_words_and_whole_characters(mapped, text, parameters, expected):
    assert one(mapped, text, {"type": "truncate", **parameters}) == [expected, None]


@pytest.mark.parametrize("unit", ["characters", "bytes"])
def test_truncated_text_is_never_longer_than_allowed(mapped, unit):
    awkward = f"Ä{E_ACUTE} {FAMILY} {FLAGS} 日本 語 x\u0301\u0302 👍🏽 end of it"
    size = {"characters": len, "bytes": lambda text: len(text.encode())}[unit]
    for length in range(1, size(awkward) + 2):
        for words in (True, False):
            step = {"type": "truncate", "length": length, "unit": unit, "whole_words": words}
            (cut,) = mapped(rows(note=[awkward]), "note", step)
            assert size(cut or "") <= length
            assert awkward.startswith(cut or "")


@pytest.mark.parametrize(
    ("html", "blocks", "expected"),
    [
        ("<p>One</p><p>Two</p>", "newline", "One\nTwo"),
        ("<p>One</p>\n<p>Two</p>", "blank", "One Two"),
        ("a<br/>b<BR>c", "newline", "a\nb\nc"),
        ("<ul><li>x</li><li>y</li></ul>", "newline", "x\ny"),
        ("<b>bold</b> and <i class='a>b'>thin</i>", "newline", "bold and thin"),
        ("heel < 5 cm, sole > 1 cm", "newline", "heel < 5 cm, sole > 1 cm"),
        ("Tom &amp; J&eacute;r&ocirc;me &#8364; &#x1F600; &lt;b&gt;", "newline",
         "Tom & Jérôme € 😀 <b>"),
        ("&nope; &amp;amp; R&D", "newline", "&nope; &amp; R&D"),
        ("<script>if (a<b) {}</script>x<!-- no -->y<style>p{}</style>", "newline", "xy"),
        ("<pre>x</pre><param name=1>y<table><tr><td>1</td><td>2</td></tr></table>", "blank",
         "x y 1 2"),
        ("<p> </p>", "newline", None),
    ],
)  # fmt: skip
def test_strip_html_leaves_plain_text(mapped, html, blocks, expected):
    assert one(mapped, html, {"type": "strip_html", "blocks": blocks}) == [expected, None]


@pytest.mark.parametrize(
    ("text", "step", "expected"),
    [
        ("Derby", {"type": "prefix", "value": "The "}, "The Derby"),
        ("Derby", {"type": "append", "value": " shoe"}, "Derby shoe"),
        ("a.b.c", {"type": "replace", "search": ".", "replace": "$1"}, "a$1b$1c"),
        ("Red red", {"type": "replace", "search": "red", "replace": "$", "ignore_case": True},
         "$ $"),
        ("redder red", {"type": "replace", "search": "red", "replace": "x", "whole_word": True},
         "redder x"),
        ("EU 42", {"type": "replace", "search": r"EU (\d+)", "replace": "$1 EU", "regex": True},
         "42 EU"),
        ("abc", {"type": "replace", "search": "abc"}, None),
        ("women's CHELSEA boot", {"type": "case", "to": "title"}, "Women's Chelsea Boot"),
        ("l’été", {"type": "case", "to": "title"}, "L’été"),
        ("größe", {"type": "case", "to": "upper"}, "GRÖSSE"),
        ("ÉLAN", {"type": "case", "to": "lower"}, "élan"),
        ("eLAN Vital", {"type": "case", "to": "sentence"}, "Elan vital"),
        ("éLAN Vital", {"type": "case", "to": "capitalise"}, "ÉLAN Vital"),
        ("  a \u00a0\n b\u3000", {"type": "trim"}, "a b"),
        ("  a  b ", {"type": "trim", "collapse": False}, "a  b"),
        (" a \n  b  c", {"type": "trim", "keep_lines": True}, "a\nb c"),
        (" \u00a0 ", {"type": "trim"}, None),
        ("Größe 42, Émile's", {"type": "slug"}, "grosse-42-emiles"),
        ("Щётка Жёлтая", {"type": "slug"}, "shchyotka-zhyoltaya"),
        ("日本語", {"type": "slug"}, None),
        ("日本 語!", {"type": "slug", "letters": "unicode"}, "日本-語"),
        ("123", {"type": "pad", "length": 5}, "00123"),
        ("ab", {"type": "pad", "length": 3, "fill": "é", "side": "end"}, "abé"),
        ("Size 42 EU", {"type": "extract", "pattern": r"\d+"}, "42"),
        ("Size 42 EU", {"type": "extract", "pattern": r"(\w+) (\d+)", "group": 1}, "Size"),
        ("none", {"type": "extract", "pattern": r"\d+"}, None),
        ("Polka Derby Polka", {"type": "remove_duplicate_words"}, "Polka Derby"),
        ("x", {"type": "constant", "value": "new"}, "new"),
        ("a/b c#é.jpg", {"type": "image_url"},
         "https://media.example.com/files/a/b%20c%23%C3%A9.jpg"),
        ("http://x.org/a b", {"type": "image_url", "base": "http://y.org"}, "http://x.org/a b"),
    ],
)  # fmt: skip
def test_text_steps(mapped, text, step, expected):
    nothing = "new" if step["type"] == "constant" else None
    assert one(mapped, text, step) == [expected, nothing]


def test_text_steps_work_on_every_element_of_a_list(mapped):
    frame = rows(gallery=[["a b", "c"], None, []])

    assert mapped(frame, "gallery", {"type": "image_url"}) == [
        ["https://media.example.com/files/a%20b", "https://media.example.com/files/c"],
        None,
        None,
    ]
    assert mapped(frame, "gallery", {"type": "case", "to": "upper"})[0] == ["A B", "C"]
    assert mapped(frame, "gallery", {"type": "strip_html"})[0] == ["a b", "c"]


def test_split_limit_first_and_join_of_lists(mapped):
    frame = rows(note=["a, b,, c ,", " ", None])
    split = {"type": "split"}

    assert mapped(frame, "note", split) == [["a", "b", "c"], None, None]
    assert mapped(frame, "note", split, {"type": "list_limit", "length": 1, "skip": 1})[0] == ["b"]
    assert mapped(frame, "note", split, {"type": "list_first", "number": 3}) == ["c", None, None]
    assert mapped(frame, "note", split, {"type": "list_first", "number": 4}) == [None] * 3
    joined = mapped(frame, "note", split, {"type": "list_join", "separator": "|"})
    assert joined == ["a|b|c", None, None]


def test_default_fills_what_is_empty(mapped):
    assert mapped(rows(note=["x", None]), "note", {"type": "default", "value": "y"}) == ["x", "y"]


def test_output_is_text_whatever_the_frame_lacks(mapped):
    frame = pl.DataFrame({"id": [1, 2]})

    assert mapped(frame, "note", {"type": "strip_html"}) == [None, None]
    assert mapped(frame, {"value": "x"}) == ["x", "x"]
