"""The font that figures are lettered in: it ships with the package, so Chinese never turns into boxes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.font_manager import FontProperties

FONT_FILE = Path(__file__).with_name("SandtableSansSC-Regular.otf")
FAMILY = "Sandtable Sans SC"


def cjk_font(size: float | None = None) -> FontProperties:
    """Return the shipped font (Latin, Chinese, signs) at ``size`` points."""
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(FONT_FILE), size=size)


@lru_cache(maxsize=1)
def family() -> str:
    """Make the shipped font known to matplotlib by name, once; return the name. rcParams stay as they are."""
    from matplotlib.font_manager import fontManager

    fontManager.addfont(str(FONT_FILE))
    return FAMILY


@contextmanager
def lettered() -> Iterator[None]:
    """Within it, matplotlib letters in the shipped font and sets minus signs it has; afterwards as before."""
    import matplotlib as mpl

    with mpl.rc_context({"font.family": family(), "axes.unicode_minus": False, "svg.fonttype": "path",
                         "pdf.fonttype": 42}):
        yield
