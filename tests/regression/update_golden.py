"""Writes the golden baseline anew: ``python -m tests.regression.update_golden``. Say in the commit why."""

from __future__ import annotations

from pathlib import Path

import yaml

from experiments.measure import measure
from experiments.scoring import rounded
from tests.smallworld import Home, drill, shelter, straight, water

GOLDEN = Path(__file__).with_name("golden.yaml")
ROAD = (0.0, 1500.0, 4000.0, 9000.0, 15_000.0)


def golden_kpis() -> dict[str, float | None]:
    """KPIs of a drill on a straight road: the engine alone, whatever the builders of Worlds do."""
    homes = [
        Home(
            i % 4,
            (40, 38, 9, 70)[: 1 + i % 4],
            cars=i % 3 == 0,
            wheels=i % 5 == 0,
            day_node=(i + 1) % 5 if i % 2 else None,
        )
        for i in range(300)
    ]
    plan = {
        "command": {"place": "u4", "decision": {"median": "5min", "sigma": 0.3}, "review": "10min"},
        "warning": {"delay": {"median": "15min", "sigma": 0.5}},
        "teams": [{"id": "squad", "type": "squad", "place": "u4", "crew": 30, "count": 2}],
        "shelters": [shelter("hall", "u4", 300), shelter("school", "u3", 120)],
        "warehouses": [
            {
                "id": "depot",
                "place": "u4",
                "area_m2": 800,
                "stock_packs": 600,
                "trucks": 2,
                "truck_load_packs": 100,
                "loading": {"median": "20min", "sigma": 0.2},
                "truck_turnout": {"median": "15min", "sigma": 0.2},
            }
        ],
    }
    run = drill(
        straight(ROAD, homes, gateways=(4,)),
        plan=plan,
        duration="12h",
        start="2026-04-04T10:00+08:00",
        hazards=[water("u0", speed_mps=0.3, most_m=4500, deadly_share=0.05)],
        behaviour={"preparation": {"median": "20min", "sigma": 0.5}, "compliance": 0.85},
    )
    run.run()
    try:
        return {key: rounded(value) for key, value in sorted(measure(run).items())}
    finally:
        run.close()


if __name__ == "__main__":
    GOLDEN.write_text(yaml.safe_dump(golden_kpis(), sort_keys=True), "utf-8")
    print(f"written: {GOLDEN}")
