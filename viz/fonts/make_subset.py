"""Make ``SandtableSansSC-Regular.otf``: Noto Sans CJK SC cut down to what reports and figures write.

    python -m viz.fonts.make_subset /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc

Needs fonttools (the ``dev`` extra). The same source file gives the same bytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

FAMILY = "Sandtable Sans SC"
"""A name of its own: 'Source' is a Reserved Font Name, and 'Noto' a trademark (see OFL.txt, README.md)."""

SOURCE_FACE = "Noto Sans CJK SC"
OUT = Path(__file__).with_name("SandtableSansSC-Regular.otf")
EPOCH_1904_TO_1970_S = 2_082_844_800
MADE = 1_767_225_600  # 2026-01-01T00:00Z, so that the file does not change with the day it is made

# Beyond GB2312 and ASCII: signs of units and comparison, super- and subscripts, Roman numerals, shapes.
EXTRA = "‰≤≥≠≈±×÷·°′″²³µμΔΣ√∞→←↑↓⇒–—…“”‘’«»•■□▲△▼▽◆◇●○★☆✓ⅠⅡⅢⅣⅤⅥⅦⅧⅨⅩ①②③④⑤⑥⑦⑧⑨⑩€£¥©®™§¶"
# Characters of Chinese place names that GB2312 leaves out.
PLACE_NAMES = "塅墈塝嶴礐埗𡎚玥堃岙垟塆湴滘硚"
# Characters of words that GB2312 leaves out: the lookout tower is 瞭望塔.
WORDS = "瞭"


def characters() -> list[int]:
    """Return the code points kept: GB2312 whole, ASCII, Latin-1 and the extras."""
    points = set(range(0x20, 0x7F)) | set(range(0xA0, 0x100)) | {ord(c) for c in EXTRA + PLACE_NAMES + WORDS}
    for row in range(0xA1, 0xF8):
        for cell in range(0xA1, 0xFF):
            try:
                points.add(ord(bytes([row, cell]).decode("gb2312")))
            except UnicodeDecodeError:
                continue
    return sorted(points)


def make(source: Path, out: Path = OUT) -> int:
    """Write the subset of ``source`` (the .ttc of Noto Sans CJK) to ``out``; return its size in bytes."""
    from fontTools import subset
    from fontTools.ttLib import TTCollection

    faces = TTCollection(str(source), lazy=True)
    font = next(face for face in faces.fonts if face["name"].getDebugName(4) == SOURCE_FACE)
    options = subset.Options()
    options.layout_features = ["kern"]  # 'locl' would draw in the glyphs of Japan, Korea and Taiwan
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.name_languages = [0x409]
    options.hinting = False  # figures are drawn at 100 dpi and more; hints are a fifth of the file
    options.desubroutinize = False
    options.notdef_outline = True
    options.drop_tables += ["vhea", "vmtx", "VORG", "DSIG"]  # vertical setting is not used
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters())
    subsetter.subset(font)
    rename(font)
    font.recalcTimestamp = False
    font["head"].modified = MADE + EPOCH_1904_TO_1970_S
    temporary = out.with_suffix(".tmp")
    font.save(str(temporary))
    temporary.replace(out)
    return out.stat().st_size


def rename(font: object) -> None:
    """Give the font the family name of the subset in its name and CFF tables; the copyright stays."""
    names = font["name"]  # type: ignore[index]
    postscript = FAMILY.replace(" ", "") + "-Regular"
    for name_id, text in (
        (1, FAMILY),
        (2, "Regular"),
        (3, f"2.004;{postscript}"),
        (4, FAMILY),
        (6, postscript),
    ):
        names.removeNames(nameID=name_id)
        names.setName(text, name_id, 3, 1, 0x409)
    cff = font["CFF "].cff  # type: ignore[index]
    cff.fontNames = [postscript]
    top = cff.topDictIndex[0]
    for key, text in (("FullName", FAMILY), ("FamilyName", FAMILY)):
        if hasattr(top, key):
            setattr(top, key, text)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("give the path of NotoSansCJK-Regular.ttc")
    print(f"{OUT.name}: {make(Path(sys.argv[1])) / 1e6:.2f} MB, {len(characters())} characters asked for")
