"""Figures show what the run holds, letter Chinese without gaps and leave matplotlib as it was."""

from __future__ import annotations

import io
import warnings

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from tests.runfolders import make_run_folder
from viz.facts import RunFacts
from viz.figures import FIGURES
from viz.figures.spread_map import band_hours, view_box
from viz.figures.style import STATUS_COLOURS, png
from viz.folder import RunFolder
from viz.fonts import FAMILY, FONT_FILE, cjk_font, lettered


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return RunFolder(make_run_folder(tmp_path_factory.mktemp("runs") / "run", with_traffic=True))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    return RunFolder(make_run_folder(tmp_path_factory.mktemp("runs") / "bare", with_shelters=False))


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_is_drawn_without_a_warning_and_rcparams_stay(run: RunFolder, name: str, lang: str) -> None:
    before = dict(mpl.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")     # a glyph the font lacks is a warning
        data = png(FIGURES[name](RunFacts(run, lang)))
    assert dict(mpl.rcParams) == before
    pixels = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), float)
    assert pixels.shape[1] == 1196
    assert pixels.std() > 15


@pytest.mark.parametrize("name", FIGURES)
def test_a_run_without_shelters_still_has_every_figure(bare: RunFolder, name: str) -> None:
    assert len(png(FIGURES[name](RunFacts(bare, "en")))) > 4000


def test_a_figure_is_the_same_twice(run: RunFolder) -> None:
    assert png(FIGURES["map"](RunFacts(run, "zh"))) == png(FIGURES["map"](RunFacts(run, "zh")))


def _texts(figure: object) -> str:
    from matplotlib.text import Text

    return "\n".join(item.get_text() for item in figure.findobj(Text))  # type: ignore[attr-defined]


def test_the_scorecard_tells_met_from_missed_by_word(run: RunFolder) -> None:
    texts = _texts(FIGURES["scorecard"](RunFacts(run, "zh")))
    assert texts.count("未达标") == 2
    assert texts.count("达标") == 2 + 2 + 1          # two met, two missed (which contain it), the title
    assert "≤ 30\xa0分钟" in texts


def test_the_arrival_curve_has_its_target_and_every_team_that_arrived(run: RunFolder) -> None:
    figure = FIGURES["arrival"](RunFacts(run, "en"))
    ax = figure.axes[0]
    texts = _texts(figure)
    assert "target 30 min" in texts
    assert "County part-time team" in texts
    assert [line.get_ydata()[-1] for line in ax.lines[:2]] == [4, 4]
    assert ax.lines[0].get_xdata()[1] == pytest.approx(67.0)


def test_the_gantt_bars_are_the_spells_of_the_tracks(run: RunFolder) -> None:
    figure = FIGURES["gantt"](RunFacts(run, "en"))
    bars = [p for p in figure.axes[0].patches if to_hex(p.get_facecolor()) == STATUS_COLOURS[1].lower()]
    assert sorted(bar.get_width() for bar in bars) == pytest.approx([1200, 1500, 1500, 1800])


def test_the_map_shows_the_fire_and_the_villages_ordered_out(run: RunFolder) -> None:
    facts = RunFacts(run, "zh")
    west, east, south, north = view_box(facts)
    rows, cols = np.nonzero(np.isfinite(run.layer("forest_fire.arrival_s")))
    x = run.grid.x0_m + cols * run.grid.cell_m
    y = run.grid.y0_m - rows * run.grid.cell_m
    assert west < x.min() < x.max() < east
    assert south < y.min() < y.max() < north
    texts = _texts(FIGURES["map"](facts))
    for name in ("青石村", "黄泥村", "上湾村"):
        assert name in texts


@pytest.mark.parametrize(("hours", "bounds"), [(0.9, [0, 0.25, 0.5, 0.75, 1.0]), (4.8, [0, 1, 2, 3, 4, 5]),
                                               (23.0, [0, 4, 8, 12, 16, 20, 24])])
def test_bands_of_spread_are_round_and_few(hours: float, bounds: list[float]) -> None:
    assert band_hours(300 + hours * 3600, 300) == bounds


def test_the_shipped_font_has_every_gb2312_character_and_its_own_name() -> None:
    from matplotlib.ft2font import FT2Font

    from viz.fonts.make_subset import characters

    known = FT2Font(str(FONT_FILE)).get_charmap()
    assert [chr(c) for c in characters() if c not in known] == []
    assert cjk_font().get_name() == FAMILY
    assert FONT_FILE.stat().st_size < 1.8e6
    assert "Reserved Font Name 'Source'" in FONT_FILE.with_name("OFL.txt").read_text(encoding="utf-8")


def test_lettering_is_undone_after_use() -> None:
    before = list(mpl.rcParams["font.family"])
    with lettered():
        assert mpl.rcParams["font.family"] == [FAMILY]
    assert list(mpl.rcParams["font.family"]) == before
