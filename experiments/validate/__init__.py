"""Validations: our models against data or other people's programs that do not ship with the project.

A validation is a module here with ``measure(folder: Path) -> dict`` (``figures``, ``bars`` and ``notes``, as a
benchmark's) and ``FOLDER``, the folder's name under the shared data; with ``FILES_TOO``, ``measure`` takes one
file as well. The frame is that of :mod:`experiments.benchmark`.
"""

from __future__ import annotations

import ast
import importlib
import json
import os
from pathlib import Path

from experiments.benchmark import framed, modules, show
from sim.errors import InputError

DATA_ENV = "SANDTABLE_DATA"
ROOT = Path(__file__).resolve().parents[2]


def known() -> dict[str, str]:
    """Return the validations there are: name -> first line of what it is."""
    found = {}
    for name in modules(__path__):
        source = Path(__file__).with_name(f"{name}.py").read_text("utf-8")  # read, not run: it may import much
        found[name] = (ast.get_docstring(ast.parse(source)) or "").split("\n")[0]
    return found


def shared_data(name: str) -> Path:
    """Return where a folder of shared data is looked for: ``$SANDTABLE_DATA``, else beside the project."""
    base = Path(os.environ[DATA_ENV]) if os.environ.get(DATA_ENV) else ROOT.parent / "shared" / "data"
    return base / name


def data_folder(given: Path | None, name: str, *, files_too: bool = False) -> Path:
    """Return the data folder (or file) that was given or is shared; InputError where it is not there."""
    folder = given or shared_data(name)
    if not (folder.is_dir() or (files_too and folder.is_file())):
        page = "fire-validation.md" if name == "fire" else "traffic-validation.md"
        raise InputError(
            "the data of this validation is not there", value=str(folder),
            where="--data" if given else f"{DATA_ENV} or the folder shared/data beside the project",
            allowed=f"a folder with the files that docs/background/{page} names",
            mend="give it as --data DIR",
        )
    return folder


def list_validations(*, json_: bool) -> int:
    """Print what there is to validate."""
    found = known()
    if json_:
        print(json.dumps({"validations": found}, ensure_ascii=False))
        return 0
    for name, doc in found.items():
        print(f"{name:<12} {doc}")
    return 0


def validate_verb(name: str, *, data: Path | None, json_: bool, strict: bool) -> int:
    """Measure, print, and return 0; 1 under ``strict`` where a bar falls short. InputError without the data."""
    module = importlib.import_module(f"{__name__}.{name}")
    files_too = getattr(module, "FILES_TOO", False)
    result = framed(name, module.measure(data_folder(data, module.FOLDER, files_too=files_too)))
    show(result, json_=json_)
    return 1 if strict and not all(row["holds"] for row in result["bars"]) else 0
