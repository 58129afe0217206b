"""The verbs of the command line, their own words and how they are read; no settings, no heavy import."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from sim.errors import InputError, did_you_mean

Kind = Literal["flag", "path", "paths", "count", "names", "word", "bool"]
COMMAND_LINE = "command line"
TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")
FLAG_WIDTH = 30


@dataclass(frozen=True)
class Word:
    """A word of a verb's own: ``out=DIR`` or ``--out DIR``; a flag is ``json`` or ``--json``."""

    name: str
    kind: Kind
    doc: str
    default: Any = None

    @property
    def option(self) -> str:
        """The word as an option."""
        return "--" + self.name.replace("_", "-")

    @property
    def usage(self) -> str:
        """How the word is written."""
        shown = {
            "flag": "",
            "path": "=DIR",
            "paths": "=DIR",
            "count": "=N",
            "names": "=[A,B]",
            "word": "=WORD",
            "bool": "=true|false",
        }[self.kind]
        return f"{self.option}" if self.kind == "flag" or self.name in AS_OPTIONS else f"{self.name}{shown}"


@dataclass(frozen=True)
class Verb:
    """A verb: what it does, its own words, what stands bare behind it, and whether it takes settings."""

    name: str
    doc: str
    words: tuple[Word, ...]
    bare: tuple[str, ...] = ()
    """Names of what may stand without ``=``, in order; one in brackets may be left out."""
    settings: bool = False
    examples: tuple[str, ...] = ()


DEBUG = Word("debug", "flag", "show the traceback of an error", False)
JSON = Word("json", "flag", "print the result as JSON on stdout and nothing else", False)
CONFIG_DIR = Word(
    "config_dir", "path", "DIR with county/ scenario/ plan/ targets/ team_types/ of your own; they come first"
)
HAZARD_PATH = Word("hazard_path", "paths", "DIR with hazards of your own (may be repeated)", ())
SETTINGS = Word("settings", "path", "FILE: a run's settings.yaml to start from instead of conf/")
OUT = Word("out", "path", "folder for the results")
REPLICATIONS = Word("replications", "count", "equally likely runs of each")
JOBS = Word("jobs", "count", "worker processes (default: one a core)")
INDEPENDENT = Word("independent", "flag", "give each plan seeds of its own: what shared luck is worth", False)
DATA = Word("data", "path", "folder with data that does not ship; see docs/background/traffic-validation.md")
STRICT = Word("strict", "flag", "exit 1 where a bar falls short", False)
SCHEDULER = Word("scheduler", "word", "address of a Dask scheduler to run on, such as tcp://10.0.0.5:8786")
LANG = Word("lang", "word", "en or zh", "en")
COMPOSING = (CONFIG_DIR, HAZARD_PATH, SETTINGS)
AS_OPTIONS = ("config_dir", "hazard_path", "settings")

VERBS: dict[str, Verb] = {
    verb.name: verb
    for verb in (
        Verb(
            "run",
            "one run: a scenario in a county under a plan, from settings to report and replay",
            (
                OUT,
                Word("report", "bool", "write report and replay too (default true)", True),
                JSON,
                *COMPOSING,
                DEBUG,
            ),
            settings=True,
            examples=(
                "sandtable run county=yueyang scenario=forest_fire plan=baseline seed=1 out=runs/first",
                "sandtable run plan=five_year plan.command.decision.median=5min",
                "sandtable run --settings runs/first/settings.yaml seed=2",
            ),
        ),
        Verb(
            "compare",
            "plans against each other on the same luck: paired differences with intervals",
            (
                Word("plans", "names", "the plans; differences are from the first"),
                REPLICATIONS,
                OUT,
                JOBS,
                SCHEDULER,
                INDEPENDENT,
                JSON,
                *COMPOSING,
                DEBUG,
            ),
            settings=True,
            examples=("sandtable compare county=yueyang plans=[baseline,five_year] replications=20",),
        ),
        Verb(
            "sweep",
            "every combination of swept settings, resumable",
            (REPLICATIONS, OUT, JOBS, SCHEDULER, JSON, *COMPOSING, DEBUG),
            settings=True,
            examples=(
                "sandtable sweep plan=baseline,five_year plan.command.teams_per_task=2,4,8 replications=5 "
                "out=runs/sweep",
                "sandtable sweep experiment=fire_season county=yueyang plan=five_year,fire_camps out=runs/season",
            ),
        ),
        Verb(
            "report",
            "show a run's scorecard and write its report, in either language",
            (LANG, JSON, DEBUG),
            bare=("RUN_FOLDER",),
            examples=("sandtable report runs/first lang=zh",),
        ),
        Verb(
            "replay",
            "write a run's replay, in either language",
            (LANG, JSON, DEBUG),
            bare=("RUN_FOLDER",),
            examples=("sandtable replay runs/first lang=zh",),
        ),
        Verb(
            "plan",
            "what a plan reaches without a run: coverage (forest in view of its cameras and towers)",
            (LANG, JSON, *COMPOSING, DEBUG),
            bare=("ACTION", "[PLAN]"),
            settings=True,
            examples=("sandtable plan coverage fire_cameras county=yueyang",),
        ),
        Verb(
            "world",
            "build a county's World, inspect what it is made of, or take roads from elsewhere: build, inspect, "
            "import-roads",
            (
                OUT,
                Word(
                    "check_boundary",
                    "path",
                    "FILE: a surveyed outline (GeoJSON) to hold the drawn one against",
                ),
                JSON,
                CONFIG_DIR,
                DEBUG,
            ),
            bare=("ACTION", "COUNTY"),
            examples=("sandtable world inspect yueyang", "sandtable world import-roads roads.graphml out=roads"),
        ),
        Verb(
            "list",
            "what there is: counties scenarios plans targets hazards actions kpis teams",
            (LANG, JSON, CONFIG_DIR, HAZARD_PATH, DEBUG),
            bare=("[KIND]",),
            examples=("sandtable list actions", "sandtable list plans lang=zh"),
        ),
        Verb(
            "benchmark",
            "measure the engine on this machine",
            (STRICT, DATA, JSON, DEBUG),
            bare=("NAME",),
            examples=("sandtable benchmark engine --json",),
        ),
        Verb(
            "validate",
            "hold a model against data and other people's programs; without NAME, list what there is",
            (DATA, STRICT, JSON, DEBUG),
            bare=("[NAME]",),
            examples=("sandtable validate paradise --data ../shared/data/evacuation --json",),
        ),
    )
}


@dataclass
class Given:
    """What was given to a verb: its own words' values, what stood bare, and the settings."""

    verb: Verb
    values: dict[str, Any]
    bare: dict[str, str] = field(default_factory=dict)
    overrides: list[str] = field(default_factory=list)

    def __getitem__(self, name: str) -> Any:
        return self.values[name]


def read(verb: Verb, argv: Sequence[str]) -> Given:
    """Return a verb's words from the rest of the command line; InputError for what it does not take."""
    own = {word.name: word for word in verb.words}
    given = Given(verb, {word.name: word.default for word in verb.words})
    rest = list(argv)
    bare = [name.strip("[]") for name in verb.bare]
    while rest:
        arg = rest.pop(0)
        if arg.startswith("--"):
            name, sign, text = arg[2:].partition("=")
            word = own.get(name.replace("-", "_"))
            if word is None:
                options = [w.option for w in verb.words]
                raise InputError(
                    "no such option",
                    value=arg,
                    where=COMMAND_LINE,
                    allowed=", ".join(options),
                    mend=did_you_mean(arg, options),
                )
            if word.kind != "flag" and not sign:
                if not rest:
                    raise InputError(
                        "an option without its value", value=arg, where=COMMAND_LINE, allowed=word.doc
                    )
                text = rest.pop(0)
            _store(given, word, text, arg if sign or word.kind == "flag" else f"{arg} {text}")
            continue
        name, sign, text = arg.partition("=")
        if (word := own.get(name)) and (sign or word.kind == "flag"):
            _store(given, word, text, arg)
        elif not sign and not arg.startswith("~") and len(given.bare) < len(bare):
            given.bare[bare[len(given.bare)]] = arg
        elif verb.settings:
            given.overrides.append(arg)
        elif sign and name == "county" and "COUNTY" in bare and "COUNTY" not in given.bare:
            given.bare["COUNTY"] = text
        else:
            raise InputError(
                f"a word that {verb.name} does not take",
                value=arg,
                where=COMMAND_LINE,
                allowed=", ".join([*verb.bare, *(word.usage for word in verb.words)]),
                mend=did_you_mean(name, own) or f"see: sandtable {verb.name} --help",
            )
    for name in verb.bare:
        if not name.startswith("[") and name not in given.bare:
            raise InputError(
                f"{verb.name} needs {name}", where=COMMAND_LINE, mend=f"for example: {verb.examples[0]}"
            )
    return given


def _store(given: Given, word: Word, text: str, arg: str) -> None:
    value = READERS[word.kind](word, text.strip("'\""), arg)
    given.values[word.name] = (*given.values[word.name], value) if word.kind == "paths" else value


def _bad(word: Word, arg: str, allowed: str) -> InputError:
    return InputError(
        f"a value that {word.name} does not take", value=arg, where=COMMAND_LINE, allowed=allowed
    )


def _flag(word: Word, text: str, arg: str) -> bool:
    return True if not text else _bool(word, text, arg)


def _bool(word: Word, text: str, arg: str) -> bool:
    if text.lower() in (*TRUE, *FALSE):
        return text.lower() in TRUE
    raise _bad(word, arg, "true or false")


def _path(word: Word, text: str, arg: str) -> Path:
    if not text:
        raise _bad(word, arg, "a path")
    return Path(text).expanduser()


def _count(word: Word, text: str, arg: str) -> int:
    if text.isdigit() and text.isascii() and int(text) >= 1:
        return int(text)
    raise _bad(word, arg, "a whole number >= 1")


def _names(word: Word, text: str, arg: str) -> list[str]:
    names = [name.strip(" '\"") for name in text.strip("[]").split(",")]
    if not all(names):
        raise _bad(word, arg, f"{word.name}=[A,B]")
    return names


def _word(word: Word, text: str, arg: str) -> str:
    if word.name == "lang" and text not in ("en", "zh"):
        raise _bad(word, arg, "en, zh")
    return text


READERS: dict[str, Callable[[Word, str, str], Any]] = {
    "flag": _flag,
    "bool": _bool,
    "path": _path,
    "paths": _path,
    "count": _count,
    "names": _names,
    "word": _word,
}


def overview(version: str) -> str:
    """Return the text of ``sandtable --help``."""
    rows = [
        f"sandtable {version}: agent-based disaster and drill simulation for county emergency planning",
        "",
        "usage: sandtable VERB [WORDS] [SETTINGS]",
        "",
        "verbs:",
    ]
    rows += [f"  {verb.name:<10} {verb.doc}" for verb in VERBS.values()]
    rows += ["", SETTINGS_HELP, "", "more: sandtable VERB --help, sandtable list, docs/"]
    return "\n".join(rows)


SETTINGS_HELP = """\
settings are KEY=VALUE; what is not given comes from conf/config.yaml:
  county=NAME scenario=NAME plan=NAME targets=NAME team_types=NAME   see: sandtable list
  seed=N  replication=N  lang=en|zh
  plan.command.review=5min            any value below them; times are 45s, 90min, 12h, T+01:30
  plan.camps.gongtian.place=公田       an entry of a list by its id or its number
  ~plan.camps                         takes a key away"""


def help_text(verb: Verb) -> str:
    """Return the text of ``sandtable VERB --help``."""
    usage = " ".join(
        [f"usage: sandtable {verb.name}", *verb.bare, "[WORDS]", *(["[SETTINGS]"] if verb.settings else [])]
    )
    rows = [f"sandtable {verb.name}: {verb.doc}", "", usage, "", "words:"]
    rows += [f"  {word.usage:<{FLAG_WIDTH}} {word.doc}" for word in verb.words]
    if verb.settings:
        rows += ["", SETTINGS_HELP]
    if verb.name == "sweep":
        rows += [
            "",
            "a setting with several values is swept: a=1,2,3  a=choice(x,y)  a=range(START,STOP,STEP)",
        ]
    return "\n".join([*rows, "", "for example:", *(f"  {example}" for example in verb.examples)])
