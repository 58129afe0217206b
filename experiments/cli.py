"""The command ``sandtable``: finds the verb, reads its words, and hands over; imports what a verb needs.

Exit codes: 0 done, 1 a fault of the program or a benchmark's bar missed under ``--strict``, 2 bad input,
130 stopped by Ctrl-C.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from experiments import guard

if TYPE_CHECKING:
    from experiments.verbs import Given
    from sim.settings.root import RunSettings

BAD_INPUT = 2
PLAN_ACTIONS = ("coverage",)
"""What can be asked of a plan without a run."""
COMPARE_REPLICATIONS = 10
"""Replications of each plan where none are asked for: enough for an interval."""
CHECKED_EARLY = 8
"""Values of a swept setting composed before anything heavy is imported; sweep composes all before it runs."""
ALL_CORES = 0
"""Number of workers that stands for one a core."""
STOPPED = 130
KEPT = {
    "run": "no half-written run folder is left; Worlds and kernels already built are kept",
    "compare": "with out=, finished replications are kept and the same command goes on from there",
    "sweep": "finished replications are kept; the same command goes on from there",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if sentence := guard.foreign_package():
        print(f"sandtable: error: {sentence}", file=sys.stderr)
        return BAD_INPUT
    from sim.errors import SandtableError

    debug = "--debug" in words or "debug" in words
    try:
        return _main(words)
    except SandtableError as error:
        if debug:
            import traceback

            traceback.print_exc()
        print(f"sandtable: error: {error}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        kept = KEPT.get(words[0] if words else "", "nothing half-written is left")
        print(f"\nsandtable: stopped: {kept}", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if debug:
            raise
        print(
            f"sandtable: a fault of Sandtable's own: {type(error).__name__}: {error}\n"
            "  mend:    --debug shows where; please report it with the command",
            file=sys.stderr,
        )
        return 1


def _main(argv: list[str]) -> int:
    from experiments import verbs
    from sim.errors import InputError, did_you_mean

    if not argv or argv[0] in ("-h", "--help", "help"):
        if len(argv) > 1 and argv[1] in verbs.VERBS:
            print(verbs.help_text(verbs.VERBS[argv[1]]))
        else:
            print(verbs.overview(_version()))
        return 0 if argv else BAD_INPUT
    if argv[0] == "--version":
        print(f"sandtable {_version()}")
        return 0
    verb = verbs.VERBS.get(argv[0])
    if verb is None:
        raise InputError(
            "no such verb",
            value=argv[0],
            where="command line",
            allowed=", ".join(verbs.VERBS),
            mend=did_you_mean(argv[0], verbs.VERBS) or "see: sandtable --help",
        )
    if any(word in ("-h", "--help") for word in argv[1:]):
        print(verbs.help_text(verb))
        return 0
    return DISPATCH[verb.name](verbs.read(verb, argv[1:]))


def _version() -> str:
    from importlib import metadata

    return metadata.version("sandtable")


class _Composer:
    """Composes settings with a verb's --config-dir, --hazard-path, --settings; says each warning once."""

    def __init__(self, given: Given) -> None:
        self.given = given
        self.warned: set[str] = set()
        self.kept: dict[tuple[str, ...], RunSettings] = {}

    def __call__(self, overrides: Sequence[str]) -> RunSettings:
        from experiments.compose import compose

        found = self.kept.get(tuple(overrides))
        return found or compose(
            overrides,
            config_dir=self.given["config_dir"],
            hazard_paths=self.given["hazard_path"],
            settings_file=self.given["settings"],
            warn=self.warn,
        )

    def check(self, overrides: Sequence[str]) -> None:
        """Compose before anything heavy is imported, so that an error comes at once; keep what came out."""
        self.kept[tuple(overrides)] = self(overrides)

    def warn(self, text: str) -> None:
        from experiments.console import warn

        if text not in self.warned:
            self.warned.add(text)
            warn(text)


def _check_out(out: Path | None) -> None:
    """Raise InputError unless a folder can be made there; tried before the work, not after it."""
    import tempfile

    from sim.errors import InputError

    if out is None:
        return
    if out.exists() and not out.is_dir():
        raise InputError(
            "out= is a file", value=str(out), where="command line", allowed="a folder, new or empty"
        )
    parent = out if out.exists() else next(p for p in out.absolute().parents if p.exists())
    try:
        with tempfile.TemporaryDirectory(prefix=".sandtable-", dir=parent):
            pass
    except OSError as error:
        raise InputError(
            f"out= cannot be written: {error.strerror}",
            value=str(out),
            where="command line",
            allowed="a folder in a place you may write to",
        ) from None


def _kernels() -> None:
    """Set where compiled kernels are kept, before numba is imported; say when there are none yet."""
    from experiments.console import say
    from sim.kernel_cache import use_own_cache

    if use_own_cache():
        say("compiling kernels (first run only)")


def _run(given: Given) -> int:
    settings = _Composer(given)(given.overrides)
    _check_out(given["out"])
    _kernels()
    from experiments.run import run_verb

    return run_verb(
        settings,
        out=given["out"],
        hazard_paths=given["hazard_path"],
        json_=given["json"],
        report=given["report"],
    )


def _compare(given: Given) -> int:
    from sim.errors import InputError

    plans = given["plans"]
    if not plans or len(plans) < 2 or len(set(plans)) < len(plans):
        raise InputError(
            "compare needs two or more different plans",
            value=plans,
            where="command line",
            allowed="plans=[A,B]",
            mend="see: sandtable list plans",
        )
    if stray := [word for word in given.overrides if word.startswith("plan=")]:
        raise InputError(
            "compare takes its plans from plans=", value=stray[0], where="command line", mend="take it away"
        )
    composer = _Composer(given)
    for plan in plans:
        composer.check([*given.overrides, f"plan={plan}"])
    _check_out(given["out"])
    _kernels()
    from experiments.compare import compare_verb

    return compare_verb(
        given.overrides,
        plans=plans,
        replications=given["replications"] or COMPARE_REPLICATIONS,
        compose=composer,
        out=given["out"],
        hazard_paths=given["hazard_path"],
        json_=given["json"],
        jobs=given["jobs"] or ALL_CORES,
        independent=given["independent"],
        scheduler=given["scheduler"],
    )


def _sweep(given: Given) -> int:
    from experiments.catalogue import EXPERIMENT
    from experiments.words import axes, key_of, split_sweep
    from sim.errors import InputError

    fixed, swept = split_sweep(given.overrides)
    if any(key_of(word).split(".")[0] == EXPERIMENT for word in given.overrides):
        from experiments.season.command import check, season_command

        composer = _Composer(given)
        check(given, composer, fixed, swept)
        _check_out(given["out"])
        _kernels()
        return season_command(given, composer, fixed, swept)
    if not swept:
        raise InputError(
            "sweep without a swept setting",
            where="command line",
            allowed="a=1,2,3, choice(a,b), range(START,STOP,STEP)",
            mend="for one run of these settings: sandtable run",
        )
    composer = _Composer(given)
    for axis in axes(swept):
        for word in axis.words()[:CHECKED_EARLY]:
            others = [other.words()[0] for other in axes(swept) if other.key != axis.key]
            composer.check([*fixed, *others, word])
    _check_out(given["out"])
    _kernels()
    from experiments.sweep import sweep_verb

    return sweep_verb(
        fixed,
        space=swept,
        replications=given["replications"] or 1,
        compose=composer,
        out=given["out"],
        hazard_paths=given["hazard_path"],
        json_=given["json"],
        jobs=given["jobs"] or ALL_CORES,
        scheduler=given["scheduler"],
    )


def _report(given: Given) -> int:
    import json

    from viz.report import report_verb

    folder = _run_folder(given)
    path = report_verb(folder, lang=given["lang"])
    if not given["json"]:
        from rich.console import Console

        from viz.scorecard import terminal_scorecard

        kpis = json.loads((folder / "kpis.json").read_text(encoding="utf-8"))
        Console().print(terminal_scorecard(kpis, given["lang"]))
    return _written(given, "report", path)


def _replay(given: Given) -> int:
    from viz.replay import replay_verb

    return _written(given, "replay", replay_verb(_run_folder(given), lang=given["lang"]))


def _run_folder(given: Given) -> Path:
    from sim.errors import InputError

    folder = Path(given.bare["RUN_FOLDER"]).expanduser()
    if not (folder / "manifest.json").is_file():
        raise InputError(
            "no run folder",
            value=str(folder),
            where="command line",
            allowed="a folder that sandtable run has written (manifest.json is in it)",
        )
    return folder


def _written(given: Given, kind: str, path: Path) -> int:
    if given["json"]:
        import json

        print(json.dumps({kind: str(path)}, ensure_ascii=False))
    else:
        print(path)
    return 0


def _plan(given: Given) -> int:
    from sim.errors import InputError

    action = given.bare["ACTION"]
    if action not in PLAN_ACTIONS:
        raise InputError(
            "nothing that can be told of a plan",
            value=action,
            where="command line",
            allowed=", ".join(PLAN_ACTIONS),
            mend="for example: sandtable plan coverage fire_cameras county=yueyang",
        )
    named = [f"plan={given.bare['PLAN']}"] if "PLAN" in given.bare else []
    settings = _Composer(given)([*given.overrides, *named])
    _kernels()
    from experiments.plan_verb import plan_command

    return plan_command(action, settings, json_=given["json"], lang=given["lang"])


def _world(given: Given) -> int:
    from experiments.compose import compose_county
    from sim.errors import InputError

    action = given.bare["ACTION"]
    if action not in ("build", "inspect", "import-roads"):
        raise InputError(
            "nothing that can be done with a world",
            value=action,
            where="command line",
            allowed="build, inspect, import-roads",
            mend="for example: sandtable world inspect yueyang",
        )
    if action == "import-roads":
        from experiments.world_verb import import_command

        _check_out(given["out"])
        return import_command(Path(given.bare["COUNTY"]).expanduser(), out=given["out"], json_=given["json"])
    county = compose_county(given.bare["COUNTY"], config_dir=given["config_dir"])
    _check_out(given["out"])
    _kernels()
    from experiments.world_verb import world_command

    return world_command(
        "build" if action == "build" else "inspect",
        county,
        out=given["out"],
        json_=given["json"],
        check_boundary=given["check_boundary"],
    )


def _list(given: Given) -> int:
    from experiments.listing import list_verb

    return list_verb(
        given.bare.get("KIND"),
        lang=given["lang"],
        json_=given["json"],
        config_dir=given["config_dir"],
        hazard_paths=given["hazard_path"],
    )


def _benchmark(given: Given) -> int:
    from experiments.benchmark import benchmark_verb, known
    from sim.errors import InputError, did_you_mean

    name = given.bare["NAME"]
    if name not in known():
        raise InputError(
            "no such benchmark",
            value=name,
            where="command line",
            allowed=", ".join(known()) or "none is there",
            mend=did_you_mean(name, known()),
        )
    _kernels()
    return benchmark_verb(name, json_=given["json"], strict=given["strict"], data=given["data"])


def _validate(given: Given) -> int:
    from experiments.benchmark import modules
    from experiments.validate import __path__ as validations
    from experiments.validate import list_validations, validate_verb
    from sim.errors import InputError, did_you_mean

    name = given.bare.get("NAME")
    if name is None:
        return list_validations(json_=given["json"])
    if name not in (known := modules(validations)):
        raise InputError(
            "no such validation",
            value=name,
            where="command line",
            allowed=", ".join(known),
            mend=did_you_mean(name, known),
        )
    _kernels()
    return validate_verb(name, data=given["data"], json_=given["json"], strict=given["strict"])


DISPATCH = {
    "run": _run,
    "compare": _compare,
    "sweep": _sweep,
    "report": _report,
    "replay": _replay,
    "plan": _plan,
    "world": _world,
    "list": _list,
    "benchmark": _benchmark,
    "validate": _validate,
}

if __name__ == "__main__":
    sys.exit(main())
