"""Opening OpenGL without a screen."""

from typing import Any

from firsthand.errors import MissingDependencyError

PACKAGES = "libegl1 libgl1-mesa-dri"


def open_context() -> Any:
    """Open a standalone OpenGL 3.3 context by EGL: on a machine without a GPU, Mesa's llvmpipe.

    It is current when this returns; what draws in it enters it (`with context:`), as another may
    have been opened since. Raises `MissingDependencyError`, which names what to install.
    """
    try:
        import moderngl
    except ImportError as error:
        raise MissingDependencyError(
            "drawing synthetic pictures needs moderngl: pip install 'firsthand[train]'"
        ) from error
    try:
        create: Any = moderngl.create_context  # its stub takes no name of a backend
        return create(standalone=True, require=330, backend="egl")
    except (ImportError, OSError, ValueError, AttributeError, moderngl.Error) as error:
        raise MissingDependencyError(
            f"no OpenGL 3.3 could be opened through EGL ({error}); on Debian and Ubuntu: "
            f"apt-get install {PACKAGES}"
        ) from error
