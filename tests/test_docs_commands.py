"""Every `firsthand` command that a page shows exists, with the options that it is given."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest
from typer.main import get_command

from firsthand.cli.command import app
from firsthand.cli.demo import PARTS

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
SHELL = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(firsthand [a-z][^`]*)`")
COMMAND = get_command(app)
ENDS = {"|", "||", "&&", "&", ";", ">", ">>", "<"}


def commands_of(text):
    for block in SHELL.findall(text):
        for line in block.replace("\\\n", " ").splitlines():
            if line.lstrip("$ ").startswith("firsthand "):
                yield line.lstrip("$ ")
    for line in INLINE.findall(text):
        words = " ".join(line.split())
        yield f"{words} VALUE" if words.rpartition(" ")[2].startswith("-") else words


def words_of(line):
    words = shlex.split(line, comments=True)[1:]
    ends = [place for place, word in enumerate(words) if word in ENDS]
    return words[: ends[0]] if ends else words


def parsed(line):
    """Go down the groups, then let the command's own parser read the rest."""
    command = COMMAND
    context = command.make_context("firsthand", [], resilient_parsing=True)
    words = words_of(line)
    while hasattr(command, "get_command") and words:
        name, *words = words
        inner = command.get_command(context, name)
        assert inner is not None, f"{line}: {command.name} has no command {name!r}"
        command = inner
        context = command.make_context(name, [], parent=context, resilient_parsing=True)
    context.resilient_parsing = False
    command.make_parser(context).parse_args([word for word in words if word != "..."])
    return command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_shown_exist(page):
    for line in commands_of(page.read_text(encoding="utf-8")):
        parsed(line)


@pytest.mark.parametrize("part", PARTS)
def test_commands_that_the_demo_shows_exist(part):
    how = import_module(f"firsthand.cli.demo.{part}").HOW
    for line in commands_of(f"```sh\n{how}\n```"):
        parsed(line)


def test_what_does_not_exist_is_noticed():
    assert parsed("firsthand hands track clip.mp4 -o drawn.mp4 | less").name == "track"
    with pytest.raises(AssertionError, match="has no command 'trak'"):
        parsed("firsthand hands trak clip.mp4")
    with pytest.raises(Exception, match="No such option"):
        parsed("firsthand hands track clip.mp4 --loud")
    assert len(list(commands_of((ROOT / "README.md").read_text(encoding="utf-8")))) > 20
