"""The group options there are (counties, scenarios, plans, targets, team types) and what short names mean."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from experiments.locate import PACKAGED, compose_nodes, loader, read_text, shown
from sim.errors import InputError, did_you_mean

GROUPS = ("county", "scenario", "plan", "targets", "team_types")
SCALARS = ("seed", "replication", "lang")
EXPERIMENT = "experiment"
"""A group that is no part of a run's settings: what the verb sweep does with many runs of another sort."""
HERE = "_here_"
"""Hydra's word for: where the file that names it lands."""
CALLED = {
    "county": "county",
    "scenario": "scenario",
    "plan": "plan",
    "targets": "set of targets",
    "team_types": "set of team types",
    "experiment": "experiment",
}
OF_COUNTY = ("plan", "targets")
"""Groups whose options belong to a county."""


@dataclass(frozen=True)
class Choice:
    """A group's option: its name below the group's folder, its files (itself first, then its bases)."""

    group: str
    option: str
    files: tuple[Path, ...]


class Catalogue:
    """The group options there are: those of ``--config-dir`` first, then the packaged ones."""

    def __init__(self, config_dir: Path | None) -> None:
        if config_dir is not None and not config_dir.is_dir():
            raise InputError(
                "--config-dir is not a folder",
                value=str(config_dir),
                where="command line",
                allowed="a folder with county/, scenario/, plan/, targets/ or team_types/ in it",
            )
        self.roots = [PACKAGED] if config_dir is None else [config_dir, PACKAGED]

    def file(self, group: str, option: str) -> Path | None:
        """Return an option's file, or None."""
        for root in self.roots:
            path = root / group / f"{option}.yaml"
            if path.is_file():
                return path
        return None

    def options(self, group: str) -> list[str]:
        """Return a group's options, sorted."""
        found = {
            path.relative_to(root / group).with_suffix("").as_posix()
            for root in self.roots
            for path in (root / group).rglob("*.yaml")
        }
        return sorted(found)

    def root_file(self) -> Path:
        """Return the config.yaml that everything not in a group is read from."""
        return next(root / "config.yaml" for root in self.roots if (root / "config.yaml").is_file())

    def defaults(self) -> dict[str, str]:
        """Return config.yaml's choice for each group."""
        import yaml

        file = self.root_file()
        compose_nodes(file)
        listed = (yaml.load(read_text(file), Loader=loader()) or {}).get("defaults", [])
        return {str(k): str(v) for item in listed if isinstance(item, dict) for k, v in item.items()}

    def resolve(self, group: str, name: str, county: str, where: str) -> Choice:
        """Return the option a short name means. Raises InputError when there is none."""
        tries = [name]
        if group in OF_COUNTY and "/" not in name:
            tries.insert(0, f"{county}/{name}")
        if group == "scenario" and "/" not in name:
            tries.insert(0, f"{name}/default")
        for option in tries:
            if file := self.file(group, option):
                return Choice(group, option, (file, *self._bases(group, file)))
        known = self.options(group)
        if group == "plan":
            known = [o.removeprefix(f"{county}/") for o in known if o.startswith(f"{county}/")] or known
        if group == "scenario":
            known = [o.removesuffix("/default") for o in known]
        raise InputError(
            f"no such {CALLED[group]}",
            value=name,
            where=where,
            allowed=", ".join(known)
            or f"none is there: add {group}/NAME.yaml to a folder and name it with --config-dir",
            mend=did_you_mean(name, known),
        )

    def _bases(self, group: str, file: Path) -> list[Path]:
        """Return the files that an option's own ``defaults`` list builds on."""
        import yaml

        compose_nodes(file)
        content = yaml.load(read_text(file), Loader=loader())
        if not isinstance(content, dict):
            if content is None:
                raise InputError("a settings file that is empty", where=shown(file))
            raise InputError(
                "a settings file that is no mapping",
                value=type(content).__name__,
                where=shown(file),
                allowed="key: value lines",
            )
        out: list[Path] = []
        for item in content.get("defaults") or []:
            if item == "_self_":
                continue
            name, _, package = str(item).partition("@")
            if "/" in name and package != HERE:
                raise InputError(
                    "a base that would land in the wrong place",
                    value=item,
                    where=f"{shown(file)}, key defaults",
                    allowed=f"{name}@{HERE}",
                    mend=f"write {name}@{HERE}, so that its keys land beside this file's own",
                )
            base = self.file(group, name)
            if base is None or base == file:
                known = self.options(group)
                raise InputError(
                    "no such base in a defaults list",
                    value=item,
                    where=f"{shown(file)}, key defaults",
                    allowed=", ".join(known),
                    mend=did_you_mean(name, known),
                )
            out += [base, *self._bases(group, base)]
        return out
