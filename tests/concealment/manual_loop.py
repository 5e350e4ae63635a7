"""An event loop whose time passes only by waiting for it, and then at once."""

import asyncio
import selectors


class _Selector(selectors.DefaultSelector):
    waited_s = 0.0

    def select(self, timeout=None):
        if timeout is None:  # only another thread can bring something
            return super().select(20)
        found = super().select(0)
        if not found:
            self.waited_s += max(0.0, timeout)
        return found


class ManualLoop(asyncio.SelectorEventLoop):
    def __init__(self):
        self._selecting = _Selector()
        super().__init__(self._selecting)

    def time(self):
        return self._selecting.waited_s

    def run_in_executor(self, executor, function, *arguments):
        """Do it at once: time would pass while another thread works."""
        done = self.create_future()
        try:
            done.set_result(function(*arguments))
        except Exception as error:
            done.set_exception(error)
        return done


def run(work):
    """Return what a coroutine does, without the time that it waits."""
    with asyncio.Runner(loop_factory=ManualLoop) as runner:
        return runner.run(work)
