"""``python -m concord.entrypoints.cli``."""

from __future__ import annotations

import sys

from concord.entrypoints.cli import main

sys.exit(main())
