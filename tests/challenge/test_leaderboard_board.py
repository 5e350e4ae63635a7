"""The board: what is accepted, in what order it is judged, and what is left when power fails."""

import json
import sqlite3

import pytest
from board_models import classifier
from board_page import card_of, standing, submitted, written

from firsthand.challenge.leaderboard import Board, Standing
from firsthand.challenge.leaderboard import board as board_module
from firsthand.challenge.leaderboard.board import DATABASE, MOST_TRIES
from firsthand.errors import ChecksumError, ConfigError, InputError
from firsthand.runtime import Model


def test_what_was_accepted_is_there_whole(tmp_path):
    data = classifier()
    with Board(tmp_path / "board") as board:
        entry, new = board.submit(written(tmp_path, data))
        assert new
        assert (entry.state, entry.card.name) == ("waiting", "tiny")
        assert board.model(entry).read_bytes() == data
        assert Model.open(board.model(entry)).card == entry.card
    with Board(tmp_path / "board") as board:
        assert board.entries() == (entry,)
        assert not [p for p in board.model(entry).parent.iterdir() if p.name.startswith(".")]


def test_the_same_model_is_the_same_entry(tmp_path):
    with Board(tmp_path / "board") as board:
        first, _ = board.submit(written(tmp_path, classifier()))
        again, new = board.submit(written(tmp_path / "other", classifier(), name="renamed"))
        assert not new
        assert again == first
        assert len(board.entries()) == 1


def test_a_refused_model_may_come_again_with_a_true_card(tmp_path):
    with Board(tmp_path / "board") as board:
        key = submitted(board, tmp_path, 0, refused="its card lies", name="liar")
        same, new = board.submit(written(tmp_path, classifier(), name="liar"))
        assert (same.state, new) == ("refused", False)
        entry, new = board.submit(written(tmp_path, classifier(), name="honest"))
        assert (entry.sha256, entry.state, entry.reason, new) == (key, "waiting", "", True)
        assert Model.open(board.model(entry)).card.name == "honest"


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"size_bytes": 7}])
def test_a_card_of_another_file_is_no_submission(tmp_path, wrong):
    with Board(tmp_path / "board") as board:
        with pytest.raises(ChecksumError, match="promises"):
            board.submit(written(tmp_path, classifier(), **wrong))
        assert board.entries() == ()
        assert list((tmp_path / "board" / "models").iterdir()) == []


def test_entries_are_judged_in_their_order(tmp_path):
    with Board(tmp_path / "board") as board, Board(tmp_path / "board") as other:
        keys = [submitted(other, tmp_path, seed) for seed in range(3)]
        first = board.take()
        assert (first.sha256, first.state) == (keys[0], "judging")
        board.put_back(first.sha256)
        assert board.entry(first.sha256).tries == 0
        assert board.take().sha256 == keys[0]  # it kept its place
        board.conclude(keys[0], standing())
        assert board.take().sha256 == keys[1]
        board.refuse(keys[1], "it gave no answer")
        other.judge_again(keys[0])
        assert [board.take().sha256 for _ in range(2)] == [keys[2], keys[0]]
        assert board.take() is None
        assert other.entry(keys[0]).standing == standing()  # until there is a new one


def test_a_standing_is_kept_as_it_is():
    found = standing(doubts=("the machine slept for 2.0 s meanwhile",), remarks=("a", "b"))
    assert Standing.from_json(found.to_json()) == found


def test_what_was_being_judged_waits_again_and_half_files_go(tmp_path):
    with Board(tmp_path / "board") as board:
        key = submitted(board, tmp_path, 0)
        models = board.model(board.entry(key)).parent
        (models / f"{'1' * 64}.tflite").write_bytes(b"of no entry")
        (models / ".new.0123.part.tflite").write_bytes(b"somebody writes it")
        board.take()
        board.recover()
        assert (board.entry(key).state, board.entry(key).tries) == ("waiting", 1)
        kept = {path.name for path in models.iterdir()}
        assert kept == {f"{key}.tflite", f"{key}.json", ".new.0123.part.tflite"}


def test_what_ends_the_judge_each_time_is_refused(tmp_path):
    with Board(tmp_path / "board") as board:
        key, other = submitted(board, tmp_path, 0), submitted(board, tmp_path, 1)
        for _ in range(MOST_TRIES):
            assert board.take().sha256 == key
            board.recover()
        assert board.take().sha256 == other
        entry = board.entry(key)
        assert (entry.state, entry.reason) == ("refused", "judging it ended the judge 3 times")


def test_a_submission_that_fails_half_way_is_none(tmp_path, monkeypatch):
    def full(path, data):
        path.write_bytes(data[:5])
        raise OSError(28, "No space left on device")

    with Board(tmp_path / "board") as board:
        monkeypatch.setattr(board_module, "_write", full)
        with pytest.raises(ConfigError, match="cannot be kept: No space left"):
            board.submit(written(tmp_path, classifier()))
        assert board.entries() == ()
        assert list((tmp_path / "board" / "models").iterdir()) == []


def test_who_writes_is_seen_by_others(tmp_path):
    with Board(tmp_path / "board") as board, Board(tmp_path / "board") as other:
        seen = board.version()
        assert board.version() == seen
        submitted(other, tmp_path, 0)
        assert board.version() != seen


def test_what_is_removed_is_gone_and_may_come_again(tmp_path):
    with Board(tmp_path / "board") as board:
        key = submitted(board, tmp_path, 0, refused="no")
        board.remove(key)
        assert board.entries() == ()
        assert list((tmp_path / "board" / "models").iterdir()) == []
        submitted(board, tmp_path, 0)
        board.take()
        with pytest.raises(InputError, match="is being judged"):
            board.remove(key)
        with pytest.raises(InputError, match="there is no entry"):
            board.remove("0" * 64)


def test_a_folder_that_is_no_board_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(ConfigError, match="no leaderboard can be kept there"):
        Board(tmp_path / "file")
    (tmp_path / "noise").mkdir()
    (tmp_path / "noise" / DATABASE).write_text("no database" * 200)
    with pytest.raises(ConfigError, match="is no leaderboard"):
        Board(tmp_path / "noise")
    (tmp_path / "other").mkdir()
    with sqlite3.connect(tmp_path / "other" / DATABASE) as other:
        other.execute("CREATE TABLE notes(text)")
    other.close()
    with pytest.raises(ConfigError, match="of another program"):
        Board(tmp_path / "other")
    with Board(tmp_path / "newer"):
        pass
    newer = sqlite3.connect(tmp_path / "newer" / DATABASE)
    newer.execute("PRAGMA user_version = 9")
    newer.close()
    with pytest.raises(ConfigError, match="of version 9"):
        Board(tmp_path / "newer")


def test_a_card_keeps_its_words_whatever_they_are(tmp_path):
    evil = '"); DROP TABLE entries; -- <script>alert(1)</script>'
    with Board(tmp_path / "board") as board:
        submitted(board, tmp_path, 0, description=evil, licence=evil)
        (entry,) = board.entries()
        assert entry.card.description == evil
        assert json.loads(entry.card.to_json())["licence"] == evil
        assert card_of(classifier(), description=evil, licence=evil) == entry.card
