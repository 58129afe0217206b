"""A guard against other people's packages: import names such as ``agents`` exist elsewhere too.

Imports the standard library only: it runs before anything of Sandtable's is trusted.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

PACKAGES = ("sim", "agents", "scenarios", "conf", "experiments", "viz")
HOME = Path(__file__).resolve().parent.parent


def found_at(name: str) -> Path | None:
    """Return the folder that ``import name`` would take, without importing it; None when there is none."""
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):
        return None
    if spec is None:
        return None
    if spec.origin not in (None, "namespace"):
        file = Path(str(spec.origin)).resolve()
        return file.parent if file.name == "__init__.py" else file
    return next((Path(folder).resolve() for folder in spec.submodule_search_locations or ()), None)


def foreign_package() -> str:
    """Return a sentence on the first package that is not Sandtable's own; empty when all are."""
    for name in PACKAGES:
        place = found_at(name)
        if place == HOME / name:
            continue
        if place is None:
            return (
                f"Sandtable's package {name!r} cannot be imported, though it should lie in {HOME}: install "
                "Sandtable again, in an environment of its own (python -m venv .venv)."
            )
        return (
            f"the package {name!r} that Python would import lies in {place}, which is not Sandtable's (that "
            f"lies in {HOME / name}): another project installed the same name. Install Sandtable in an "
            "environment of its own (python -m venv .venv), or take the other project or folder off "
            "PYTHONPATH."
        )
    return ""
