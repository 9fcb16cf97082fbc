"""What the background is asked for, by name: acts queue it, ``tasks`` do it."""

from __future__ import annotations

SEALING, ERASING = "evidence.seal", "evidence.erase"
