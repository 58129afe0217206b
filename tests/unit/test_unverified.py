"""A verdict that hangs on an unverified road says so."""

from experiments import unverified
from experiments.assemble import assemble
from experiments.compose import compose
from sim.settings.target import Target


def _drill(share: float):
    settings = compose(["county=yueyang", "plan=five_year", "scenario.duration=1h"])
    target = Target(key="t", kpi="coverage.residents_30min", op=">=", value=share, unit="share", source="test")
    settings = settings.model_copy(update={"targets": settings.targets.model_copy(update={"targets": (target,)})})
    return assemble(settings), settings


def test_a_target_just_met_flips_without_some_road_and_the_footnote_names_it():
    drill, settings = _drill(0.0)
    base = unverified.coverage_values(drill.world, drill.teams, drill.post.settings, 4)["coverage.residents_30min"]
    drill, settings = _drill(base)
    found = unverified.flips(drill, settings)
    assert found
    assert all(flip.without < base == flip.value for flip in found)
    note = unverified.footnote(found, 26)
    assert found[0].road in note["en"] and found[0].road_zh in note["zh"]


def test_a_target_that_is_missed_cannot_flip():
    drill, settings = _drill(1.0)
    assert unverified.flips(drill, settings) == []
    assert "26 unverified roads flips no verdict" in unverified.footnote([], 26)["en"]
