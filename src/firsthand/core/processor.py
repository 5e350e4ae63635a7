"""What this machine computes with."""

import os
import platform
from pathlib import Path


def processor_name() -> str:
    """Return the processor's name as the system tells it, or "unknown"."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    for line in text.splitlines():
        key, _, value = line.partition(":")
        if key.strip() in ("model name", "Model"):
            return " ".join(value.split())
    return platform.processor() or platform.machine() or "unknown"


def memory_gb() -> float:
    """Return the memory in units of 10^9 bytes, 0 where the system does not tell."""
    try:
        pages, page_bytes = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 0.0
    return round(pages * page_bytes / 1e9, 1)
