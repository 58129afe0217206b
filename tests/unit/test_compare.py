"""Compare and sweep on a toy task: the JSON they print, verdicts, failures, design, exit codes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from scipy import stats

from experiments import compose as composing
from experiments import statistics as st
from experiments.compare import compare_verb, verdict
from experiments.sweep import design_value, grid, main_kpis, sweep_verb
from sim.errors import InputError, SandtableError
from sim.kpi import KpiSpec
from sim.settings.root import RunSettings
from tests import tinyconf, toytasks

N = 12
LOWER = KpiSpec("x", "X", "某", "min", "", "", "run", "lower")
HIGHER = KpiSpec("x", "X", "某", "share", "", "", "run", "higher")
NEITHER = KpiSpec("x", "X", "某", "persons", "", "", "run", "neither")
PLAN = KpiSpec("x", "X", "某", "share", "", "", "plan", "higher")


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    folder = tinyconf.write(tmp_path / "conf")
    base = (folder / "mine/plan/tiny/baseline.yaml").read_text(encoding="utf-8")
    for name, crew in (("bigger", 40), ("biggest", 60)):
        text = base.replace("id: baseline", f"id: {name}").replace("crew: 30", f"crew: {crew}")
        (folder / f"mine/plan/tiny/{name}.yaml").write_text(text, encoding="utf-8")
    (folder / "mine/targets/tiny.yaml").write_text(
        tinyconf.TARGETS
        + '  - {key: first, kpi: arrival.first_min, op: "<=", value: 30, unit: min, source: made up}\n',
        encoding="utf-8",
    )
    return folder


def composer(folder: Path) -> Callable[[list[str]], RunSettings]:
    def compose(words: Sequence[str]) -> RunSettings:
        return composing.compose(
            [*tinyconf.WORDS, *words], config_dir=folder / "mine", hazard_paths=(folder / "hazards",)
        )

    return compose


def compared(folder: Path, capsys: pytest.CaptureFixture[str], *plans: str, **more: Any) -> dict[str, Any]:
    arguments = {"replications": N, "jobs": 1, "json_": True, "function": toytasks.toy, **more}
    hazards = (folder / "hazards",)
    code = compare_verb([], plans=plans, compose=composer(folder), hazard_paths=hazards, **arguments)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    return {"code": code, **json.loads(out)}


def kpi(result: dict[str, Any], key: str) -> dict[str, Any]:
    return next(row for row in result["kpis"] if row["key"] == key)


def values(folder: Path, plan: str, key: str) -> list[float | None]:
    settings = composer(folder)([f"plan={plan}"])
    return [toytasks.toy(settings.model_dump_json(), r, (), None)[key] for r in range(N)]


def test_means_and_paired_difference(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = compared(tiny, capsys, "baseline", "bigger")
    a, b = values(tiny, "baseline", "arrival.first_min"), values(tiny, "bigger", "arrival.first_min")
    row = kpi(result, "arrival.first_min")
    assert row["means"] == pytest.approx({"baseline": sum(a) / N, "bigger": sum(b) / N})
    test = stats.ttest_rel(b, a)
    assert row["p"] == row["p_holm"] == pytest.approx(test.pvalue)
    assert row["diff_ci95"] == pytest.approx(list(test.confidence_interval(0.95)))
    assert row["verdict"] == "bigger better"
    # Ten more in the crew, half a minute each; shared noise of sd 10 leaves, own noise of sd 1 stays.
    assert row["diff"] == pytest.approx(-5, abs=4 * 2**0.5 / N**0.5)
    assert row["crn_variance_ratio"] < 0.05
    assert (row["unit"], row["n"]) == ("min", {"baseline": N, "bigger": N})
    assert (result["code"], result["failed"], result["plans"]) == (0, [], ["baseline", "bigger"])


def test_a_missing_value_is_counted_not_guessed(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = kpi(compared(tiny, capsys, "baseline", "bigger"), "evacuation.clear_p90_min")
    n = sum(v is not None for v in values(tiny, "baseline", "evacuation.clear_p90_min"))
    assert 0 < n < N
    assert (row["n"], row["diff_n"]) == ({"baseline": n, "bigger": n}, n)


def test_same_luck_same_deaths(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert kpi(compared(tiny, capsys, "baseline", "bigger"), "casualties.dead")["verdict"] == "identical"


def test_targets_met(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = compared(tiny, capsys, "baseline", "biggest")
    first, reach = {t["key"]: t for t in result["targets"]}["first"], result["targets"][0]
    met = {plan: sum(v <= 30 for v in values(tiny, plan, "arrival.first_min")) for plan in result["plans"]}
    assert first["met_share"] == {plan: met[plan] / N for plan in met}
    assert first["met_ci95"] == {plan: list(st.wilson(met[plan], N)) for plan in met}
    assert first["n"] == {"baseline": N, "biggest": N}
    # Coverage rests on the plan alone: no chance, hence no interval.
    assert reach["met_share"] == {"baseline": 0.0, "biggest": 1.0}
    assert reach["met_ci95"] == {"baseline": None, "biggest": None} == reach["miss_upper95"]


def test_a_target_without_a_value_is_not_met(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tiny / "mine/targets/tiny.yaml").write_text(
        tinyconf.TARGETS
        + '  - {key: clear, kpi: evacuation.clear_p90_min, op: "<=", value: 1000, unit: min, source: made up}\n',
        encoding="utf-8",
    )
    clear = {t["key"]: t for t in compared(tiny, capsys, "baseline", "bigger")["targets"]}["clear"]
    cleared = sum(v is not None for v in values(tiny, "baseline", "evacuation.clear_p90_min"))
    assert clear["met_share"] == {"baseline": cleared / N, "bigger": cleared / N}
    assert clear["without_value"] == {"baseline": N - cleared, "bigger": N - cleared}


def test_three_plans_are_corrected_for_two_looks(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = kpi(compared(tiny, capsys, "baseline", "bigger", "biggest"), "arrival.first_min")
    assert [c["plan"] for c in row["comparisons"]] == ["bigger", "biggest"]
    ps = [c["p"] for c in row["comparisons"]]
    assert [c["p_holm"] for c in row["comparisons"]] == st.holm(ps) != ps
    assert "diff" not in row


def test_independent_seeds_lose_the_pairing(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    common = kpi(compared(tiny, capsys, "baseline", "bigger"), "arrival.first_min")
    result = compared(tiny, capsys, "baseline", "bigger", independent=True)
    alone = kpi(result, "arrival.first_min")
    assert (result["seeds"], alone["crn_variance_ratio"]) == ("independent", None)
    assert alone["sd"]["baseline"] == common["sd"]["baseline"]
    assert alone["means"]["bigger"] != common["means"]["bigger"]
    assert alone["diff_sd"] > 5 * common["diff_sd"]
    assert alone["verdict"] == "no difference shown"


@pytest.mark.parametrize(
    ("spec", "diff", "p", "said"),
    [
        (LOWER, -1.0, 0.01, "B better"), (LOWER, 1.0, 0.01, "A better"),
        (HIGHER, 1.0, 0.01, "B better"), (HIGHER, -1.0, 0.01, "A better"),
        (NEITHER, 1.0, 0.01, "differs"), (PLAN, 0.1, None, "B better"), (LOWER, None, None, "no value"),
        (LOWER, -1.0, 0.2, "no difference shown"), (LOWER, -1.0, None, "no difference shown"),
    ],
)
def test_verdicts(spec: KpiSpec, diff: float | None, p: float | None, said: str) -> None:
    difference = st.Difference(5, diff, 1.0, None, None, p, None, False)
    assert verdict(difference, p, spec, ("A", "B")) == said


def test_a_store_is_kept_and_used_again(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tiny / "store"
    first = compared(tiny, capsys, "baseline", "bigger", out=out)
    monkeypatch.setattr(toytasks, "toy", None)  # nothing may run now
    again = compared(tiny, capsys, "baseline", "bigger", out=out, function=toytasks.failing)
    assert first == again
    assert json.loads((out / "comparison.json").read_text(encoding="utf-8")) == {
        key: value for key, value in first.items() if key != "code"
    }
    assert sum(1 for _ in csv.reader((out / "results.csv").open(encoding="utf-8"))) == 2 * N + 1


def test_failed_replications_are_told_and_left_out(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = compared(tiny, capsys, "baseline", "bigger", function=toytasks.failing)
    assert result["code"] == 1
    failed = [(f["design"]["plan"], f["replication"]) for f in result["failed"]]
    assert failed == [("baseline", 1), ("bigger", 1)]
    assert result["failed"][0]["error"] == "ZeroDivisionError: a fault planted by the test"
    assert kpi(result, "arrival.first_min")["diff_n"] == N - 1


def test_input_that_every_task_refuses_is_an_input_error(
    tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SandtableError, match="no such place in the county"):
        compared(tiny, capsys, "baseline", "bigger", function=toytasks.refusing)


def test_a_passing_fault_is_tried_again(
    tiny: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(toytasks.KILL, str(tmp_path))
    result = compared(tiny, capsys, "baseline", "bigger", function=toytasks.passing_fault)
    assert (result["code"], result["failed"]) == (0, [])
    assert len(list(tmp_path.glob("tried-*"))) == N


@pytest.mark.parametrize(("lang", "title", "said"), [("en", "first team on scene", "bigger better"),
                                                     ("zh", "接警至首支队伍到场", "bigger较优")])
def test_the_terminal_speaks_both_languages(
    tiny: Path, capsys: pytest.CaptureFixture[str], lang: str, title: str, said: str
) -> None:
    out = tiny / "store"
    compare_verb(
        [f"lang={lang}"], plans=["baseline", "bigger"], replications=N, compose=composer(tiny), jobs=1,
        out=out, hazard_paths=(tiny / "hazards",), function=toytasks.toy,
    )
    shown = capsys.readouterr().out
    assert title in shown and said in shown
    assert shown.rstrip().splitlines()[-1] == str(out / "comparison.json")


def test_sweep_over_a_grid(tiny: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = partial(
        sweep_verb, ["scenario.duration=3h"], replications=3, compose=composer(tiny), jobs=1,
        hazard_paths=(tiny / "hazards",), function=toytasks.toy, json_=True,
    )
    space = ["plan=baseline,bigger", "plan.command.review=5min,10min"]
    assert run(space=space, out=tiny / "sweep") == 0
    result = json.loads(capsys.readouterr().out)
    assert [tuple(p["design"].values()) for p in result["points"]] == [
        ("baseline", "5min"), ("baseline", "10min"), ("bigger", "5min"), ("bigger", "10min"),
    ]
    with open(result["results"][1], encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12 and rows[0]["plan"] == "baseline"
    mean = sum(float(row["arrival.first_min"]) for row in rows[:3]) / 3
    assert result["points"][0]["kpis"]["arrival.first_min"]["mean"] == pytest.approx(mean)
    with pytest.raises(InputError, match="the store belongs to another study: settings or design differ"):
        run(space=space[:1], out=tiny / "sweep")


def test_sweep_without_out_finds_its_store_again(
    tiny: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tiny)
    for _ in range(2):
        sweep_verb([], space=["plan=baseline,bigger"], compose=composer(tiny), jobs=1, function=toytasks.toy,
                   hazard_paths=(tiny / "hazards",))
    assert len(list((tiny / "runs").iterdir())) == 1
    shown = capsys.readouterr()
    assert "2 of 2 replications are done already" in shown.err
    assert "results.csv" in shown.out


def test_a_shuffled_sweep_is_refused() -> None:
    with pytest.raises(InputError, match="a shuffled sweep has another design each time"):
        grid(["seed=shuffle(1,2,3)"])


def test_a_grid_too_large_is_refused_before_composing() -> None:
    def never(words: list[str]) -> RunSettings:
        raise AssertionError("composed")

    with pytest.raises(InputError, match="a grid of too many design points"):
        sweep_verb([], space=["seed=range(0,1000)", "replication=range(0,1000)"], compose=never)


@pytest.mark.parametrize(("word", "value"), [
    ("a=3", 3), ("a=0.5", 0.5), ("a=true", True), ("a=5min", "5min"), ("a='T+01:00'", "T+01:00"),
    ("a=null", None), ("a=大云山", "大云山"), ("a=[1,2]", "[1, 2]"),
])
def test_design_values_keep_their_type(word: str, value: object) -> None:
    found = design_value(word)
    assert found == value and type(found) is type(value)


def test_main_kpis_are_those_the_sweep_moves() -> None:
    rows = [
        {"kpis": {key: {"mean": mean} for key, mean in zip("abc", means)}} for means in ((1, 2, 3), (1, 2, 4))
    ]
    assert main_kpis(rows, ["b"]) == ["c", "b", "a"]
