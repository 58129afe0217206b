"""Where compiled kernels are kept: a folder per state of the source, in the user's cache.

Numba's default is beside the source, which an installed package may not write to; and a kernel that calls
another module's kernel is not compiled again when that other module changes. A folder named after the hash
of all the sources that hold kernels settles both.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import sys
import time
from importlib import metadata
from pathlib import Path

VARIABLE = "NUMBA_CACHE_DIR"
PACKAGES = ("sim", "agents", "scenarios")
HOME = Path(__file__).resolve().parent.parent
KEPT = 4
"""Folders of other states of the source that are kept."""
OLD_S = 86400.0
"""Folders touched within this time may be in use by another process: they are left alone."""


def user_cache() -> Path:
    """Return the folder for Sandtable's caches on this system; ``SANDTABLE_CACHE`` sets another."""
    if own := os.environ.get("SANDTABLE_CACHE"):
        return Path(own)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "sandtable"


def source_digest() -> str:
    """Return a hash of every module that may hold kernels, and of what compiles them."""
    digest = hashlib.sha256()
    digest.update(f"{metadata.version('numba')} {platform.python_version()} {platform.machine()}".encode())
    for package in PACKAGES:
        for path in sorted((HOME / package).rglob("*.py")):
            digest.update(path.relative_to(HOME).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:20]


def use_own_cache() -> bool:
    """Point Numba to the folder of this source; return whether kernels are still to be compiled.

    Call before numba is imported. A ``NUMBA_CACHE_DIR`` that is set already is left as it is.
    """
    if own := os.environ.get(VARIABLE):
        return not any(Path(own).rglob("*.nbi"))
    folder = user_cache() / "kernels" / source_digest()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        os.utime(folder)
    except OSError:
        return True
    os.environ[VARIABLE] = str(folder)
    _drop_old(folder)
    return not any(folder.rglob("*.nbi"))


def _drop_old(current: Path) -> None:
    others = sorted((p for p in current.parent.iterdir() if p != current), key=lambda p: p.stat().st_mtime)
    for folder in others[:-KEPT]:
        if time.time() - folder.stat().st_mtime > OLD_S:
            shutil.rmtree(folder, ignore_errors=True)
