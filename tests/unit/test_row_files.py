"""CSV files that a hazard's settings name: read beside the YAML when settings are composed, and whole in them."""

from pathlib import Path

import pytest

from experiments.compose import compose, dump_settings
from tests import tinyconf

CSV = "\ufeffhour,wind_mps,wind_from_deg,temperature_c,humidity_pct,rain_mm\n0,4,300,20,30,\n3,8,320,15,60,0.5\n"
HAZARD = """\
  - hazard: forest_fire
    settings:
      ignitions: [{place: peak}]
      weather_file: april/day.csv
"""


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    tinyconf.write(tmp_path)
    tinyconf.edit(tmp_path, "mine/scenario/flood/default.yaml", "hazards:\n", "hazards:\n" + HAZARD)
    folder = tmp_path / "mine/scenario/flood/april"
    folder.mkdir()
    (folder / "day.csv").write_text(CSV, encoding="utf-8")
    return tmp_path


def composed(tiny: Path, *words: str, **more: Path):
    return compose([*tinyconf.WORDS, *words], config_dir=tiny / "mine", hazard_paths=(tiny / "hazards",), **more)


def test_rows_are_taken_in_from_beside_the_yaml(tiny):
    entry = composed(tiny).scenario.hazards[0].settings
    assert "weather_file" not in entry
    assert [(row["t"], row["wind_mps"], row["rain_mm"]) for row in entry["weather_series"]] == [
        ("0s", 4.0, 0.0), ("10800s", 8.0, 0.5)]


def test_composed_settings_need_the_file_no_longer(tiny):
    settings = composed(tiny)
    written = tiny / "settings.yaml"
    written.write_text(dump_settings(settings), encoding="utf-8")
    (tiny / "mine/scenario/flood/april/day.csv").unlink()
    again = compose([], config_dir=tiny / "mine", hazard_paths=(tiny / "hazards",), settings_file=written)
    assert dump_settings(again) == dump_settings(settings)


def test_on_the_command_line_a_path_counts_from_the_working_folder(tiny):
    (tiny / "wet.csv").write_text(CSV.replace("300,20,30", "300,20,90"), encoding="utf-8")
    entry = composed(tiny, "scenario.hazards.0.settings.weather_file=wet.csv").scenario.hazards[0].settings
    assert entry["weather_series"][0]["humidity_pct"] == 90.0
