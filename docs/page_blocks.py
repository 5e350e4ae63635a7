"""Executes the examples of a page, one after the other, as somebody would who reads it."""

import doctest
import io
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

PYTHON = re.compile(r"^```(python)\n(.*?)^```", re.MULTILINE | re.DOTALL)
PYTHON_AND_SHELL = re.compile(r"^```(python|sh)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def execute(text: str, blocks: re.Pattern[str] = PYTHON) -> dict[str, Any]:
    """Execute blocks in the working folder, Python in one namespace, which is returned.

    A block of `>>>` lines is compared with what it says; any other is only run. Raises what a block
    does, `AssertionError` for another outcome than a page tells, `CalledProcessError` for a command
    that fails.
    """
    names: dict[str, Any] = {"__name__": "docs"}
    for number, (language, block) in enumerate(blocks.findall(text)):
        if language == "sh":
            commands = Path(sys.executable).parent
            path = os.pathsep.join([str(commands), os.environ["PATH"]])
            subprocess.run(
                ["bash", "-euo", "pipefail", "-c", block],
                check=True,
                env={**os.environ, "PATH": path},
            )
        elif block.startswith(">>>"):
            compare(block, names, f"block {number}")
        else:
            exec(compile(block, f"block {number}", "exec"), names)
    return names


def compare(block: str, names: dict[str, Any], title: str) -> None:
    test = doctest.DocTestParser().get_doctest(block, names, title, None, 0)
    report = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.write, clear_globs=False)
    names |= test.globs
    assert runner.summarize(verbose=False).failed == 0, report.getvalue()
