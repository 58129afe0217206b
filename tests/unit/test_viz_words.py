"""Both languages have every word, figures are written as a reader expects, unknown languages are refused."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from sim.errors import InputError
from viz.words import LANGUAGES, NONE, Words, full_width, number, table

HAN = re.compile(r"[\u4e00-\u9fff]")
SAME_IN_BOTH = {
    "report.title",
    "lead.onset_at",
    "lead.onset",
    "list.join",
    "unit.count",
    "unit.share",
    "unit.per mille",
    "replay.since_start",
    "tell.other",
    "none.does_not_apply",
}


def test_every_word_is_in_both_languages() -> None:
    for key, row in table().items():
        assert set(row) == set(LANGUAGES), key


def test_chinese_words_are_chinese_and_english_words_are_not() -> None:
    for key, row in table().items():
        if key not in SAME_IN_BOTH:
            assert HAN.search(row["zh"]), key
            assert not HAN.search(row["en"]), key


def test_both_languages_fill_in_the_same_parts() -> None:
    for key, row in table().items():
        parts = {
            lang: {name for _, name, _, _ in Formatter().parse(text) if name} for lang, text in row.items()
        }
        assert parts["zh"] <= parts["en"] | {"place"}, key
        assert parts["en"] - parts["zh"] <= {"what"}, key


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (0.8123, "share", "81.2\xa0%", "81.2\xa0%"),
        (1.0, "share", "100\xa0%", "100\xa0%"),
        (67.0, "min", "67\xa0min", "67\xa0分钟"),
        (1284.36, "ha", "1,284\xa0ha", "1,284\xa0公顷"),
        (570123.0, "persons", "570,123\xa0people", "570,123\xa0人"),
        (4.0, "count", "4", "4"),
        (0.0, "persons", "0\xa0people", "0\xa0人"),
        (None, "min", NONE, NONE),
        (2.345, "h", "2.3\xa0h", "2.3\xa0小时"),
        (12.0, "furlong", "12\xa0furlong", "12\xa0furlong"),
    ],
)
def test_values_carry_their_unit(value: float | None, unit: str, en: str, zh: str) -> None:
    assert Words("en").value(value, unit) == en
    assert Words("zh").value(value, unit) == zh


@pytest.mark.parametrize(
    ("value", "text"), [(0.0123456, "0.0123"), (9.96, "10.0"), (123.4, "123"), (-2500.0, "-2,500")]
)
def test_numbers_have_as_many_figures_as_they_bear(value: float, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (59.0, "1 min", "1分钟"),
        (3600.0, "1 h 00 min", "1小时00分"),
        (5430.0, "1 h 30 min", "1小时30分"),
        (None, NONE, NONE),
    ],
)
def test_spans_are_hours_and_minutes(seconds: float | None, en: str, zh: str) -> None:
    assert Words("en").span(seconds) == en
    assert Words("zh").span(seconds) == zh


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("覆盖率(白天)", "覆盖率（白天）"),
        ("畅通时,自接警起30分钟内(决策,加行车)到达;", "畅通时，自接警起30分钟内（决策，加行车）到达；"),
        ("名称(如A-V05)、共1,234人,其中5:30到达", "名称（如A-V05）、共1,234人，其中5:30到达"),
        ("增长3.5%,其他", "增长3.5%，其他"),
        ("“十四五”规划 IV(3)6", "“十四五”规划 IV(3)6"),
        ("Shiqiao (hill), 5:30", "Shiqiao (hill), 5:30"),
    ],
)
def test_chinese_from_outside_gets_full_width_stops_and_figures_stay(given: str, read: str) -> None:
    assert full_width(given) == read
    assert Words("zh").clean(given) == Words("zh").pick({"name_zh": given}) == read
    assert Words("en").clean(given) == given


def test_an_unknown_language_is_refused_with_what_is_allowed() -> None:
    with pytest.raises(InputError) as caught:
        Words("fr")
    assert str(caught.value) == (
        "unknown language\n  value:   'fr'\n  where:   lang\n  allowed: en, zh\n"
        "  mend:    give lang=en or lang=zh")


def test_an_unknown_word_is_an_error_not_a_gap() -> None:
    with pytest.raises(KeyError):
        Words("en")("no.such.word")


def test_the_shipped_font_can_letter_every_word() -> None:
    from matplotlib.ft2font import FT2Font

    from viz.fonts import FONT_FILE

    known = FT2Font(str(FONT_FILE)).get_charmap()
    written = {character for row in table().values() for text in row.values() for character in text}
    assert sorted(character for character in written if ord(character) not in known) == []
