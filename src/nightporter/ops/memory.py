"""How much memory this process holds."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

STATM = Path("/proc/self/statm")  # Linux: sizes in pages, the second is the resident one


def resident_bytes() -> int:
    """Memory of this process now; where the system does not tell (macOS), the most it ever was."""
    try:
        return int(STATM.read_text("ascii").split()[1]) * resource.getpagesize()
    except OSError:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024
