"""Memory that training asks for again and again, kept instead of given back each time.

Every step allocates tensors of tens of megabytes. By default such memory goes back to the system
when it is freed and is mapped anew a moment later, page by page: with small pages that can take as
long as computing with it.
"""

import ctypes
import os
from typing import Final

_M_TRIM_THRESHOLD: Final = -1  # mallopt(3)
_M_MMAP_MAX: Final = -4
_NEVER: Final = 2**31 - 1


def keep_memory() -> None:
    """Have this process keep what it frees, and torch ask for large pages.

    Call it before torch is imported. Where the C library is not GNU's nothing happens. What the
    user has set in the environment stands.
    """
    os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_MAX, 0)
        mallopt(_M_TRIM_THRESHOLD, _NEVER)
