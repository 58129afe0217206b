"""Finding hazards by name: their spec without any heavy import, and what builds one."""

from __future__ import annotations

import hashlib
import importlib
import importlib.machinery
import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from experiments.locate import shown
from sim.errors import InputError, SandtableError, did_you_mean

if TYPE_CHECKING:
    from sim.hazard import Hazard, HazardContext, HazardSpec

PACKAGED = Path(__file__).resolve().parent.parent / "scenarios"
BUILDER = "build"


def hazard_folders(hazard_paths: tuple[Path, ...] = ()) -> dict[str, Path]:
    """Return every hazard's folder by name: the packaged ones and those below the given folders.

    Raises InputError where a path is no folder, holds no hazard, or a name is found twice.
    """
    found = {path.parent.name: path.parent for path in sorted(PACKAGED.glob("*/spec.py"))}
    for root in hazard_paths:
        if not root.is_dir():
            raise InputError(
                "--hazard-path is not a folder",
                value=str(root),
                where="command line",
                allowed="a folder that holds a folder for each hazard",
            )
        inside = [root] if (root / "spec.py").is_file() else sorted(p.parent for p in root.glob("*/spec.py"))
        if not inside:
            raise InputError(
                "no hazard below --hazard-path",
                value=str(root),
                where="command line",
                allowed="folders with spec.py and hazard.py, such as DIR/flood/spec.py",
            )
        for folder in inside:
            if found.get(folder.resolve().name, folder.resolve()) not in (folder, folder.resolve()):
                raise InputError(
                    "two hazards of the same name",
                    value=folder.resolve().name,
                    where=f"{shown(found[folder.resolve().name])} and {shown(folder)}",
                    mend="rename the folder of yours",
                )
            found[folder.resolve().name] = folder.resolve()
    return found


def find_hazard(name: str, hazard_paths: tuple[Path, ...] = (), where: str = "") -> HazardSpec:
    """Return a hazard's SPEC from its spec.py; hazard.py is not imported. Raises InputError."""
    folder = _folder(name, hazard_paths, where)
    from sim.hazard import HazardSpec

    module = _load(folder, "spec")
    spec = getattr(module, "SPEC", None)
    if not isinstance(spec, HazardSpec):
        raise InputError(
            "a hazard's spec.py without SPEC",
            value=type(spec).__name__,
            where=shown(folder / "spec.py"),
            allowed="SPEC = HazardSpec(...) of sim.hazard",
        )
    if spec.name != name:
        raise InputError(
            "a hazard whose SPEC has another name than its folder",
            value=spec.name,
            where=shown(folder / "spec.py"),
            allowed=name,
        )
    return spec


def load_builder(name: str, hazard_paths: tuple[Path, ...] = ()) -> Callable[[HazardContext], Hazard]:
    """Return a hazard's ``build``; imports its hazard.py. Raises InputError when there is none."""
    folder = _folder(name, hazard_paths)
    if not (folder / "hazard.py").is_file():
        raise InputError("a hazard without hazard.py", value=name, where=shown(folder))
    builder: Callable[[HazardContext], Hazard] | None = getattr(_load(folder, "hazard"), BUILDER, None)
    if not callable(builder):
        raise InputError(
            "a hazard's hazard.py without build",
            value=name,
            where=shown(folder / "hazard.py"),
            allowed="def build(context: HazardContext) -> Hazard",
        )
    return builder


def _folder(name: str, hazard_paths: tuple[Path, ...], where: str = "") -> Path:
    folders = hazard_folders(hazard_paths)
    if name not in folders:
        raise InputError(
            "no such hazard",
            value=name,
            where=where,
            allowed=", ".join(folders) or "none",
            mend=did_you_mean(name, folders) or "name the folder it lies in: --hazard-path DIR",
        )
    return folders[name]


def _load(folder: Path, module: str) -> ModuleType:
    """Import a hazard's module: the packaged ones by their own names, so that their classes stay the same."""
    try:
        if folder.parent == PACKAGED:
            return importlib.import_module(f"scenarios.{folder.name}.{module}")
        return importlib.import_module(f"{_package(folder)}.{module}")
    except SandtableError:
        raise
    except Exception as error:
        frames = [
            f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(folder)
        ]
        line = getattr(error, "lineno", None) or (frames[-1].lineno if frames else None)
        file = Path(frames[-1].filename) if frames else folder / f"{module}.py"
        raise InputError(
            f"a hazard's module cannot be imported: {type(error).__name__}: {error}",
            where=f"{shown(file)}:{line}" if line else shown(file),
            mend="correct it; --debug shows the whole traceback",
        ) from error


def _package(folder: Path) -> str:
    """Return the unique package name of a user's hazard folder; relative imports work inside it."""
    name = f"sandtable_hazard_{folder.name}_{hashlib.sha256(str(folder).encode()).hexdigest()[:12]}"
    if name not in sys.modules:
        start = folder / "__init__.py"
        spec = (
            importlib.util.spec_from_file_location(name, start, submodule_search_locations=[str(folder)])
            if start.is_file()
            else None
        )
        if spec is None:
            spec = importlib.machinery.ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = [str(folder)]
        package = importlib.util.module_from_spec(spec)
        sys.modules[name] = package
        if spec.loader is not None and start.is_file():
            spec.loader.exec_module(package)
    return name
