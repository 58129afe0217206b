"""From words and files to validated settings: Hydra composes the groups, pydantic validates once.

Short names are resolved first (``plan=baseline`` is the county's baseline), then Hydra composes the groups'
files (the user's ``--config-dir`` before the packaged ones), then the other words are set, list entries by
number or by id (``plan.camps.gongtian.place=...``), then everything is validated and cross-checked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pydantic import BaseModel

from experiments import words
from experiments.catalogue import EXPERIMENT, GROUPS, SCALARS, Catalogue, Choice
from experiments.locate import Loc, Placed, Sources, compose_nodes, dotted, shown
from sim.errors import InputError, did_you_mean

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from sim.settings.county import County
    from sim.settings.root import RunSettings

M = TypeVar("M", bound=BaseModel)
NO_TARGETS = "none"
"""The set of targets of a county that has none of its own."""


def compose(
    overrides: Sequence[str],
    *,
    config_dir: Path | None = None,
    hazard_paths: tuple[Path, ...] = (),
    settings_file: Path | None = None,
    warn: Callable[[str], None] | None = None,
) -> RunSettings:
    """Return validated settings. Raises InputError for anything wrong in words, files or references.

    ``settings_file`` is a settings.yaml as a run folder holds it; the overrides then change it.
    """
    catalogue = Catalogue(config_dir)
    given = words.settings(overrides, [f"{group}=" for group in GROUPS])
    _check_keys(given)
    chosen = {item.key: item for item in given if item.key in GROUPS}
    base = _written(settings_file) if settings_file else None
    choices = _choices(catalogue, chosen, base)
    config = _hydra(choices, config_dir, catalogue)
    sources = Sources(
        settings_file or catalogue.root_file(),
        {choice.group: choice.files for choice in choices},
        {group: item.word for group, item in chosen.items()},
    )
    if base is not None:
        for key in (*GROUPS, *SCALARS):
            if key not in chosen and key in base:
                config[key] = base[key]
        sources.files = {group: files for group, files in sources.files.items() if group in chosen}
    _fold_additions(config, sources)
    for item in given:
        if item.key not in GROUPS:
            _apply(config, item, sources)
    return _validated(config, sources, hazard_paths, warn)


def _fold_additions(config: DictConfig, sources: Sources) -> None:
    """Put what a plan adds to the lists of the plan it builds on behind them, so that words can change it too.

    Raises InputError for additions that are no lists, or to anything but the plan's lists.
    """
    from sim.settings.plan import LISTS

    plan = config.get("plan")
    if not hasattr(plan, "get") or plan.get("additions") is None:
        return
    at = ("plan", "additions")
    if not hasattr(plan["additions"], "items"):
        raise InputError("additions that are no lists by name", value=plan["additions"], where=sources.where(at),
                         allowed=", ".join(LISTS))
    for name, rows in plan["additions"].items():
        if name not in LISTS:
            raise InputError("nothing that a plan can add to", value=name, where=sources.where((*at, name)),
                             allowed=", ".join(LISTS), mend=did_you_mean(str(name), LISTS))
        if isinstance(rows, str) or not hasattr(rows, "__iter__") or hasattr(rows, "items"):
            raise InputError("additions that are no list", value=rows, where=sources.where((*at, name)),
                             allowed="a list of entries as the plan's own has them")
        before = list(plan.get(name) or ())
        sources.added["plan", name] = len(before)
        plan[name] = [*before, *rows]
    del plan["additions"]


def compose_county(name: str, *, config_dir: Path | None = None) -> County:
    """Return a county's validated settings alone, without plan or scenario. Raises InputError as compose."""
    from types import SimpleNamespace

    from omegaconf import OmegaConf
    from pydantic import ValidationError

    from experiments.problems import from_pydantic, raise_all
    from experiments.validate_county import CountyChecks
    from sim.settings.county import County

    catalogue = Catalogue(config_dir)
    choice = catalogue.resolve("county", name, "", "command line")
    sources = Sources(catalogue.root_file(), {"county": choice.files}, {"county": name})
    plain: Any = OmegaConf.to_container(_hydra([choice], config_dir, catalogue), resolve=True)
    try:
        county = County.model_validate(plain["county"])
    except ValidationError as error:
        raise_all(from_pydantic(error, County, sources, ("county",)))
    checks = CountyChecks(cast("RunSettings", SimpleNamespace(county=county)), sources)
    checks.county()
    raise_all(checks.problems)
    return county


def compose_experiment(
    overrides: Sequence[str], model: type[M], *, config_dir: Path | None = None
) -> tuple[M, Sources]:
    """Return an experiment's validated settings and where they are from; raises InputError as compose does.

    ``overrides`` are ``experiment=NAME`` and changes below it (``experiment.seasons=50``), nothing else.
    """
    from omegaconf import OmegaConf
    from pydantic import ValidationError

    from experiments.problems import from_pydantic, raise_all

    catalogue = Catalogue(config_dir)
    given = words.settings(overrides)
    chosen = {item.key: item for item in given}.get(EXPERIMENT)
    if chosen is None or not isinstance(chosen.value, str) or not chosen.value:
        raise InputError("no experiment named", value=chosen.word if chosen else None, where="command line",
                         allowed="experiment=NAME: " + ", ".join(catalogue.options(EXPERIMENT)))
    choice = catalogue.resolve(EXPERIMENT, chosen.value, "", chosen.where)
    sources = Sources(catalogue.root_file(), {EXPERIMENT: choice.files}, {EXPERIMENT: chosen.word})
    config = _hydra([choice], config_dir, catalogue)
    for item in given:
        if item.key != EXPERIMENT:
            _apply(config, item, sources)
    plain: Any = OmegaConf.to_container(config, resolve=True)
    try:
        return model.model_validate(plain[EXPERIMENT]), sources
    except ValidationError as error:
        raise_all(from_pydantic(error, model, sources, (EXPERIMENT,)))
        raise


def _check_keys(given: Sequence[words.Setting]) -> None:
    for item in given:
        top = item.key.split(".")[0].split("@")[0].split("/")[0]
        if top not in GROUPS and top not in SCALARS:
            known = [*GROUPS, *SCALARS]
            near = did_you_mean(top, known)
            raise InputError(
                "no such setting",
                value=item.key,
                where=item.where,
                allowed=", ".join(known) + ", and what is below them, such as plan.command.review",
                mend=near or "see: sandtable run --help",
            )
        if item.key in GROUPS and (item.deletes or not isinstance(item.value, str) or not item.value):
            raise InputError(
                f"{item.key} takes the name of an option",
                value=item.word,
                where="command line",
                allowed=f"{item.key}=NAME",
                mend=f"see: sandtable list; to change one value: {item.key}.KEY=VALUE",
            )


def _choices(
    catalogue: Catalogue,
    chosen: Mapping[str, words.Setting],
    base: Mapping[str, Any] | None,
) -> list[Choice]:
    defaults = catalogue.defaults()
    here = f"{shown(catalogue.root_file())}, key defaults"
    county = str(chosen["county"].value) if "county" in chosen else None
    if county is None and base is not None:
        county = str(base["county"].get("id", "")) if isinstance(base.get("county"), dict) else ""
    if county is None:
        county = defaults.get("county", "")
    out: list[Choice] = []
    for group in GROUPS:
        if base is not None and group not in chosen:
            continue
        name, where = defaults.get(group, ""), here
        if group in chosen:
            name, where = str(chosen[group].value), chosen[group].where
        elif group == "county":
            name = county
        elif group == "plan":
            name = name.rpartition("/")[2]
        elif group == "targets":
            name = county if catalogue.file("targets", county) else NO_TARGETS
        out.append(catalogue.resolve(group, name, county, where))
    return out


def _written(path: Path) -> dict[str, Any]:
    """Return a settings.yaml's content. Raises InputError where it is none."""
    from omegaconf import OmegaConf

    if not path.is_file():
        raise InputError(
            "--settings is not a file",
            value=str(path),
            where="command line",
            allowed="a settings.yaml as a run folder holds it",
        )
    node = compose_nodes(path)
    content: Any = OmegaConf.to_container(OmegaConf.load(path)) if node is not None else None
    if not isinstance(content, dict) or "county" not in content:
        raise InputError(
            "no settings of a run",
            where=shown(path),
            allowed="the keys " + ", ".join((*SCALARS, *GROUPS)),
            mend="give the settings.yaml of a run folder",
        )
    unknown = [key for key in content if key not in GROUPS and key not in SCALARS]
    if unknown:
        raise InputError(
            "unknown key",
            value=unknown[0],
            where=Sources(path).where((unknown[0],)),
            allowed=", ".join((*SCALARS, *GROUPS)),
            mend=did_you_mean(unknown[0], (*SCALARS, *GROUPS)),
        )
    return content


def _hydra(choices: Sequence[Choice], config_dir: Path | None, catalogue: Catalogue) -> DictConfig:
    """Return what Hydra composes from the chosen options and config.yaml; nothing but these."""
    import hydra
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException

    argv = [f"+{choice.group}='{choice.option}'" for choice in choices]
    if config_dir is not None:
        argv.append("hydra.searchpath=[pkg://conf]")
        start: Any = hydra.initialize_config_dir(str(config_dir.resolve()), version_base="1.3")
    else:
        start = hydra.initialize_config_module("conf", version_base="1.3")
    try:
        with start:
            config = hydra.compose(overrides=argv)
    except (HydraException, OmegaConfBaseException) as error:
        raise InputError(
            f"the settings cannot be composed: {' '.join(str(error).split())[:300]}",
            where=", ".join(shown(choice.files[0]) for choice in choices),
            mend="check the defaults lists in these files",
        ) from error
    root = OmegaConf.to_container(OmegaConf.load(catalogue.root_file()))
    assert isinstance(root, dict)
    for key, value in root.items():
        if key != "defaults":
            OmegaConf.update(config, str(key), value, force_add=True)
    OmegaConf.set_struct(config, False)
    return config


def _apply(config: DictConfig, item: words.Setting, sources: Sources) -> None:
    """Set or delete one value, list entries by number or by id. Raises InputError where there is none."""
    from omegaconf import DictConfig, ListConfig
    from omegaconf.errors import OmegaConfBaseException

    node: Any = config
    path: list[int | str] = []
    parts = item.key.split(".")
    for at, part in enumerate(parts):
        step: int | str = part
        if isinstance(node, ListConfig):
            step = _entry(node, part, path, item)
        elif not isinstance(node, DictConfig):
            raise InputError(
                "a setting below a single value",
                value=item.key,
                where=item.where,
                allowed=f"{dotted(path)} is {node!r} and has nothing below it",
            )
        path.append(step)
        if at < len(parts) - 1:
            if isinstance(node, DictConfig) and node.get(step) is None:
                node[step] = {}
            node = node[step]
    sources.placed.append(Placed(tuple(path), item.word))
    parent, last = node, path[-1]
    try:
        if item.deletes:
            if isinstance(parent, DictConfig) and last not in parent:
                raise InputError(
                    "nothing to take away: there is no such key",
                    value=item.key,
                    where=item.where,
                    allowed=", ".join(str(key) for key in parent),
                )
            del parent[last]
        elif isinstance(item.value, dict) and isinstance(parent.get(last), DictConfig):
            parent[last].merge_with(item.value)
        else:
            parent[last] = item.value
    except OmegaConfBaseException as error:
        raise InputError(
            f"a setting cannot be set: {str(error).splitlines()[0]}", value=item.word, where="command line"
        ) from error


def _entry(node: Any, part: str, path: Sequence[int | str], item: words.Setting) -> int:
    """Return the number of a list's entry, given by number or by its id."""
    if part.isdigit():
        if int(part) < len(node):
            return int(part)
        raise InputError(
            "no such entry in a list",
            value=item.key,
            where=item.where,
            allowed=f"{dotted(path)} has {len(node)}, counted from 0",
        )
    ids = [
        str(entry.get("id") or entry.get("key") or entry.get("hazard"))
        if hasattr(entry, "get")
        else str(entry)
        for entry in node
    ]
    if part in ids:
        return ids.index(part)
    raise InputError(
        "no such entry in a list",
        value=item.key,
        where=item.where,
        allowed=f"below {dotted(path)}: a number (0 to {len(node) - 1}) or an id: {', '.join(ids)}",
        mend=did_you_mean(part, ids),
    )


def _validated(
    config: DictConfig,
    sources: Sources,
    hazard_paths: tuple[Path, ...],
    warn: Callable[[str], None] | None,
) -> RunSettings:
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    from pydantic import ValidationError

    from experiments.problems import from_pydantic, raise_all
    from experiments.row_files import take_in
    from sim.settings.root import RunSettings

    try:
        plain = OmegaConf.to_container(config, resolve=True, throw_on_missing=True)
    except OmegaConfBaseException as error:
        key = str(getattr(error, "full_key", "") or "")
        loc: Loc = tuple(
            int(part) if part.isdigit() else part
            for part in key.replace("[", ".").replace("]", "").split(".")
            if part
        )
        raise InputError(
            f"a value that refers to something cannot be resolved: {str(error).splitlines()[0]}",
            where=sources.where(loc),
            mend="write the value itself, or correct what ${...} names",
        ) from None
    take_in(plain, sources, hazard_paths)
    try:
        settings = RunSettings.model_validate(plain)
    except ValidationError as error:
        raise_all(from_pydantic(error, RunSettings, sources))
    from experiments.validate_refs import check

    problems, warnings = check(settings, sources, hazard_paths)
    raise_all(problems)
    for text in warnings if warn else ():
        assert warn is not None
        warn(text)
    return settings


def dump_settings(settings: RunSettings) -> str:
    """Return settings as YAML text, the same text for the same settings; ``--settings`` reads it back."""
    import yaml

    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return str(
        yaml.dump(
            settings.model_dump(mode="json"), Dumper=dumper, allow_unicode=True, sort_keys=False, width=120
        )
    )


def settings_sha256(settings: RunSettings) -> str:
    """Return the SHA-256 of the settings as written, in hexadecimal."""
    return hashlib.sha256(dump_settings(settings).encode()).hexdigest()
