"""The guard against other people's packages, and where compiled kernels are kept."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments import guard
from sim import kernel_cache

ROOT = Path(guard.__file__).resolve().parent.parent


def run_cli(*words: str, pythonpath: Path | None = None) -> subprocess.CompletedProcess[str]:
    env = dict(os.environ)
    if pythonpath is not None:
        env["PYTHONPATH"] = str(pythonpath)
    code = f"import sys; sys.path.append({str(ROOT)!r}); from experiments.cli import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        cwd=pythonpath,
    )


def test_own_packages_pass() -> None:
    assert guard.foreign_package() == ""


@pytest.mark.parametrize("name", ["agents", "conf", "sim", "scenarios", "viz"])
@pytest.mark.parametrize("form", ["package", "module", "bare folder"])
def test_a_foreign_package_is_refused_by_name(name: str, form: str, tmp_path: Path) -> None:
    if form == "module":
        place = tmp_path / f"{name}.py"
        place.write_text("raise RuntimeError('imported')\n")
    else:
        place = tmp_path / name
        place.mkdir()
        if form == "package":
            (place / "__init__.py").write_text("raise RuntimeError('imported')\n")
        elif ROOT.joinpath(name, "__init__.py").exists():
            # A folder without __init__.py never shadows a real package: Python goes on looking.
            assert run_cli("--version", pythonpath=tmp_path).returncode == 0
            return
    done = run_cli("--version", pythonpath=tmp_path)
    assert done.returncode == 2
    assert done.stderr == (
        f"sandtable: error: the package {name!r} that Python would import lies in {place.resolve()}, which "
        f"is not Sandtable's (that lies in {ROOT / name}): another project installed the same name. Install "
        "Sandtable in an environment of its own (python -m venv .venv), or take the other project or folder "
        "off PYTHONPATH.\n"
    )


def test_a_missing_package_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guard, "PACKAGES", ("no_such_package_of_ours",))
    assert guard.foreign_package().startswith(
        "Sandtable's package 'no_such_package_of_ours' cannot be imported"
    )


def test_kernels_have_a_folder_per_state_of_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDTABLE_CACHE", str(tmp_path))
    monkeypatch.delenv(kernel_cache.VARIABLE, raising=False)
    assert kernel_cache.use_own_cache()
    folder = Path(os.environ[kernel_cache.VARIABLE])
    assert folder == tmp_path / "kernels" / kernel_cache.source_digest()
    (folder / "some.nbi").touch()
    assert not kernel_cache.use_own_cache()


def test_the_digest_follows_every_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for package in kernel_cache.PACKAGES:
        (tmp_path / package).mkdir()
        (tmp_path / package / "kernel.py").write_text("a = 1\n")
    monkeypatch.setattr(kernel_cache, "HOME", tmp_path)
    before = kernel_cache.source_digest()
    (tmp_path / "agents" / "kernel.py").write_text("a = 2\n")
    after = kernel_cache.source_digest()
    assert before != after
    (tmp_path / "agents" / "kernel.py").write_text("a = 1\n")
    assert kernel_cache.source_digest() == before


def test_old_kernels_are_dropped_and_fresh_ones_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDTABLE_CACHE", str(tmp_path))
    monkeypatch.delenv(kernel_cache.VARIABLE, raising=False)
    week_ago = 7 * kernel_cache.OLD_S
    for number in range(kernel_cache.KEPT + 3):
        folder = tmp_path / "kernels" / f"old{number}"
        folder.mkdir(parents=True)
        stamp = folder.stat().st_mtime - week_ago + number
        os.utime(folder, (stamp, stamp))
    (tmp_path / "kernels" / "in_use").mkdir()
    kernel_cache.use_own_cache()
    left = {path.name for path in (tmp_path / "kernels").iterdir()}
    assert left == {"in_use", "old4", "old5", "old6", kernel_cache.source_digest()}
