"""What damaged files make of the readers that come with Python and NumPy, which promise nothing."""

import struct
import zipfile
import zlib
from typing import Final

_LZMA: Final = getattr(zipfile, "lzma", None)  # not every Python is built with it

ZIP: Final[tuple[type[Exception], ...]] = (
    zipfile.BadZipFile,
    EOFError,
    NotImplementedError,  # a way to pack that there is not
    OSError,  # a member that begins beyond the file
    RuntimeError,  # a password
    ValueError,
    struct.error,
    zlib.error,
    *((_LZMA.LZMAError,) if _LZMA else ()),
)
"""What opening a zip file, or one of its members, may raise."""

ARRAYS: Final[tuple[type[Exception], ...]] = (
    *ZIP,
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,  # a shape that the bytes of the file do not hold
    SyntaxError,  # a type of numbers that NumPy takes for Python
    TypeError,
)
"""What reading the arrays of an .npz file may raise, and taking those for what they should be."""

JSON: Final[tuple[type[Exception], ...]] = (
    ArithmeticError,  # a number too large for what it should be
    AttributeError,
    LookupError,
    RecursionError,
    TypeError,
    ValueError,
)
"""What reading a JSON document may raise, and taking its parts for what they should be."""

JSON_FILE: Final[tuple[type[Exception], ...]] = (OSError, *JSON)
"""The same, where the document is in a file."""
