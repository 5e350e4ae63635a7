"""Large bodies on their way to the disk."""

import asyncio
from collections import namedtuple

import pytest
from fastapi import HTTPException

from firsthand.web import spool as spools
from firsthand.web.spool import spool


async def pieces(*parts):
    for part in parts:
        await asyncio.sleep(0)  # as a network would, it lets others have their turn
        yield part


async def silent():
    yield b"first"
    await asyncio.Event().wait()


def test_what_comes_in_pieces_is_there_whole(tmp_path):
    parts = [bytes([n]) * 300_000 for n in range(9)]
    size = asyncio.run(spool(tmp_path / "x", pieces(*parts)))
    assert size == 2_700_000
    assert (tmp_path / "x").read_bytes() == b"".join(parts)
    assert asyncio.run(spool(tmp_path / "empty", pieces())) == 0


def test_a_file_that_is_there_is_not_written_over(tmp_path):
    (tmp_path / "x").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        asyncio.run(spool(tmp_path / "x", pieces(b"theirs")))
    assert (tmp_path / "x").read_bytes() == b"mine"


def test_who_sends_nothing_is_not_waited_for(tmp_path):
    with pytest.raises(HTTPException) as raised:
        asyncio.run(spool(tmp_path / "x", silent(), silent_s=0.01))
    assert raised.value.status_code == 408


def test_what_has_no_room_is_refused(tmp_path, monkeypatch):
    with pytest.raises(HTTPException) as raised:
        asyncio.run(spool(tmp_path / "x", pieces(b"x"), stated=10**18))
    assert raised.value.status_code == 507
    assert not (tmp_path / "x").exists()
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(spools.shutil, "disk_usage", lambda _: usage(200_000_010))
    with pytest.raises(HTTPException, match="no room for 11 bytes"):
        asyncio.run(spool(tmp_path / "y", pieces(b"x" * 11)))
