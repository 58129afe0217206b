"""Rows of CSV files taken into settings, so that composed settings are whole and repeat a run anywhere."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from experiments.hazards import find_hazard
from experiments.locate import Loc, Sources, read_text, shown
from experiments.problems import from_pydantic, raise_all
from sim.errors import InputError

if TYPE_CHECKING:
    from sim.hazard import HazardSpec, RowsFile


def take_in(plain: Any, sources: Sources, hazard_paths: tuple[Path, ...] = ()) -> None:
    """Replace every file name that a hazard declares in ``row_files`` by the file's rows, in place.

    Raises InputError for a file that cannot be read, has no rows, or a row that is not of its model.
    """
    scenario = plain.get("scenario") if isinstance(plain, dict) else None
    entries = scenario.get("hazards") if isinstance(scenario, dict) else None
    for n, entry in enumerate(entries if isinstance(entries, list) else ()):
        settings = entry.get("settings") if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or not isinstance(settings, dict):
            continue
        spec = _spec(entry.get("hazard"), hazard_paths)
        for file in spec.row_files if spec else ():
            name = settings.get(file.setting)
            if not name:
                continue
            loc: Loc = ("scenario", "hazards", n, "settings", file.setting)
            if settings.get(file.into):
                raise InputError(f"both {file.setting} and {file.into}", value=str(name), where=sources.where(loc),
                                 allowed="one of the two")
            settings[file.into] = rows_of(sources.folder(loc) / str(name), file, sources, loc)
            del settings[file.setting]


def _spec(name: Any, hazard_paths: tuple[Path, ...]) -> HazardSpec | None:
    """Return a hazard's spec; None where there is none of the name, which is told later."""
    try:
        return find_hazard(str(name), hazard_paths)
    except InputError:
        return None


def rows_of(path: Path, file: RowsFile, sources: Sources, loc: Loc) -> list[dict[str, Any]]:
    """Return the rows of a CSV file as mappings, empty cells left out, each one valid for its model."""
    if not path.is_file():
        raise InputError("no such file", value=str(path.name), where=sources.where(loc),
                         allowed=f"a CSV file with the columns {', '.join(file.row.model_fields)}",
                         mend=f"put it at {shown(path)}")
    reader = csv.DictReader(io.StringIO(read_text(path).removeprefix("\ufeff")))
    rows: list[dict[str, Any]] = []
    for cells in reader:
        here = f"{shown(path)}:{reader.line_num}"
        if None in cells or None in cells.values():
            raise InputError("a row with more or fewer cells than the head", where=here,
                             allowed=f"{len(reader.fieldnames or ())} cells")
        row = {key.strip(): value.strip() for key, value in cells.items() if value.strip()}
        try:
            rows.append(file.row.model_validate(row).model_dump(mode="json"))
        except ValidationError as error:
            raise_all(from_pydantic(
                error, file.row, sources,
                where=lambda at, here=here: f"{here}, column {at[-1]}" if at else here))  # type: ignore[misc]
    if not rows:
        raise InputError("a table without rows", where=shown(path))
    return rows
