"""A window for live pictures, through Tk, which comes with most Pythons."""

from typing import Protocol

from firsthand.errors import MediaError, MissingDependencyError
from firsthand.media.frame import RgbImage


class Screen(Protocol):
    """Something that shows pictures until its viewer has had enough."""

    def show(self, image: RgbImage) -> bool:
        """Show a picture; False once the viewer has closed the window."""
        ...

    def close(self) -> None:
        """Take the window away."""
        ...


class Window:
    """A Tk window of the picture's size; Escape, Q or its close button end it.

    Raises `MissingDependencyError` without Tk and `MediaError` without a display.
    """

    def __init__(self, title: str) -> None:
        try:
            import tkinter
        except ImportError as error:
            raise MissingDependencyError(
                "showing a window needs Tk (on Debian: apt install python3-tk); "
                "leave out --show and write a video with -o instead"
            ) from error
        try:
            self._root = tkinter.Tk()
        except tkinter.TclError as error:
            raise MediaError(
                f"no window can be opened: {error}; leave out --show and write a video with -o"
            ) from error
        self._picture = tkinter.PhotoImage(master=self._root)
        self._open = True
        self._root.title(title)
        tkinter.Label(self._root, image=self._picture, borderwidth=0).pack()
        self._root.protocol("WM_DELETE_WINDOW", self._end)
        for key in ("<Escape>", "q"):
            self._root.bind(key, lambda _event: self._end())

    def show(self, image: RgbImage) -> bool:
        """Show a picture; False once the viewer has closed the window."""
        if self._open:
            height, width, _ = image.shape
            self._picture.configure(
                data=b"P6 %d %d 255\n" % (width, height) + image.tobytes(), format="PPM"
            )
            self._root.update()
        return self._open

    def close(self) -> None:
        """Take the window away."""
        self._root.destroy()

    def _end(self) -> None:
        self._open = False
