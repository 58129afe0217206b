"""Plans compared by their evacuation: every mean and interval is drawn and written, plans without a value say so."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
from matplotlib.text import Text

from viz.figures.comparison import comparison_figure, evacuation_rows, write_comparison


def kpi(key: str, means: dict[str, float | None], half: float = 10.0, n: int = 20) -> dict[str, Any]:
    return {"key": key, "name": key, "name_zh": "用时(分)", "unit": "min", "means": means,
            "ci95": {plan: None if mean is None else [mean - half, mean + half] for plan, mean in means.items()},
            "n": {plan: 0 if mean is None else n for plan, mean in means.items()}}


RESULT: dict[str, Any] = {
    "plans": ["today", "contraflow", "staged"], "replications": 20,
    "kpis": [
        kpi("casualties.dead", {"today": 1.0, "contraflow": 1.0, "staged": 1.0}),
        kpi("traffic.lost_vehh", {"today": 5200.0, "contraflow": 2600.0, "staged": 4100.0}, 300.0),
        kpi("evacuation.clear_p90_min", {"today": 320.0, "contraflow": 210.0, "staged": None}, n=17),
        kpi("evacuation.clear_p95_min", {"today": None, "contraflow": None, "staged": None}),
    ],
}


def test_what_has_a_value_is_shown_in_order() -> None:
    assert [row["key"] for row in evacuation_rows(RESULT)] == ["evacuation.clear_p90_min", "traffic.lost_vehh"]


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_means_and_intervals_are_drawn_and_written(lang: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        figure = comparison_figure(RESULT, lang)
        figure.draw_without_rendering()
    clear = figure.axes[0]
    assert [list(line.get_xdata()) for line in clear.lines] == [[310, 330], [320], [200, 220], [210]]
    texts = [text.get_text() for text in figure.findobj(Text)]
    assert any(text.startswith("320 [310, 330]") and "17" in text for text in texts)
    assert any(text.startswith("–") for text in texts)                  # staged never reached it
    assert "2,600 [2,300, 2,900]" in texts


def test_nothing_to_compare_is_no_picture(tmp_path: Path) -> None:
    assert write_comparison(RESULT | {"kpis": RESULT["kpis"][:1]}, "en", tmp_path) is None
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ValueError, match="no evacuation"):
        comparison_figure(RESULT | {"kpis": []}, "en")
    path = write_comparison(RESULT, "zh", tmp_path)
    assert path == tmp_path / "evacuation.png"
    assert [p.name for p in tmp_path.iterdir()] == ["evacuation.png"]
