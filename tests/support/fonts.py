"""The fonts a browser under test draws with: the same on every machine, Chinese included."""

from pathlib import Path
from xml.sax.saxutils import escape

PROJECT = Path(__file__).resolve().parents[2]
FONTS = PROJECT / "node_modules" / "@embedpdf" / "fonts-sc" / "fonts"


def write_fontconfig(folder: Path) -> Path:
    """Write a fontconfig file that knows only the project's fonts, its cache beside it; yields the file's path.

    Raises FileNotFoundError when the fonts are not installed.
    """
    if not any(FONTS.glob("*.otf")):
        message = f"no fonts in {FONTS.relative_to(PROJECT)}; `make test` installs them"
        raise FileNotFoundError(message)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "fonts.conf"
    path.write_text(
        '<?xml version="1.0"?>\n<!DOCTYPE fontconfig SYSTEM "urn:fontconfig:fonts.dtd">\n<fontconfig>\n'
        f"  <dir>{escape(str(FONTS))}</dir>\n  <cachedir>{escape(str(folder / 'cache'))}</cachedir>\n</fontconfig>\n",
        encoding="utf-8",
    )
    return path
