"""`firsthand federated simulate`, with whatever may be given."""

import json

import pytest
from typer.testing import CliRunner

from firsthand.cli.command import app
from firsthand.errors import ConfigError, FirsthandError, InputError
from firsthand.federated.populations import read_fleet


def run(*arguments: object):
    done = CliRunner().invoke(app, ["federated", "simulate", *map(str, arguments)])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def refused(*arguments: object) -> Exception:
    done = CliRunner().invoke(app, ["federated", "simulate", *map(str, arguments)])
    assert isinstance(done.exception, FirsthandError), (done.output, done.exception)
    return done.exception


@pytest.fixture
def fleet(tmp_path):
    """Forty devices with songs and minutes."""
    path = tmp_path / "fleet.jsonl"
    lines = [
        json.dumps({"songs": ["a", "b", "c"][: 1 + n % 3], "minutes": [float(n)]})
        for n in range(40)
    ]
    path.write_text("\n".join(lines) + "\n\n")
    return path


def test_an_exact_sum_is_the_truth(fleet) -> None:
    query = "histogram songs most=3"
    found = json.loads(run("--devices", 40, "--query", query, "--data", fleet, "--json"))
    assert found["devices"] == 40
    assert found["epsilon"] is None
    assert {each["name"]: each["value"] for each in found["estimates"]} == {
        "a": 40, "b": 26, "c": 13,
    }  # fmt: skip
    assert all(each["value"] == each["truth"] for each in found["estimates"])


def test_privacy_and_drop_outs_are_told(fleet) -> None:
    text = run(
        "--devices", 40, "--query", "quantiles minutes low=0 high=40 at=0.5", "--data", fleet,
        "--dropout", 0.1, "--epsilon", 8, "--delta", 1e-5, "--seed", 3,
    )  # fmt: skip
    assert "summed over 38 of 40 devices that came" in text
    assert "at delta 1e-05 for each device" in text
    assert "0.5" in text
    assert "each device sent" in text


def test_without_data_a_fleet_is_drawn() -> None:
    text = run("--devices", 40, "--query", "histogram item most=5", "--top", 2)
    assert "item 1" in text
    assert "exact sum, no differential privacy" in text


@pytest.mark.parametrize(
    ("arguments", "kind", "match"),
    [
        (("--query", "secrets songs"), ConfigError, "no question of kind 'secrets'"),
        (("--query", "count"), ConfigError, "KIND SOURCE"),
        (("--query", ""), ConfigError, "KIND SOURCE"),
        (("--query", "count 'songs"), ConfigError, "KIND SOURCE"),
        (("--query", "count songs what"), ConfigError, "is no NAME=VALUE"),
        (("--query", "count songs source=x"), ConfigError, "is no NAME=VALUE"),
        (("--query", "mean songs low=0 high=1"), InputError, "no numbers"),
        (("--query", "count other"), InputError, "named 'other'"),
        (("--query", "count songs", "--devices", 41), ConfigError, "has 40 devices, not 41"),
        (("--query", "mean minutes low=0 high=1e308 steps=10000000"), ConfigError, "steps is"),
    ],
)
def test_what_cannot_be_asked_is_refused(fleet, arguments, kind, match) -> None:
    given = arguments if "--devices" in arguments else (*arguments, "--devices", 40)
    error = refused(*given, "--data", fleet)
    assert isinstance(error, kind), error
    assert match in str(error)


@pytest.mark.parametrize("text", ["[1]", "{", '{"songs": "a"}', '{"songs": [[1]]}', "\x00"])
def test_fleets_that_cannot_be_read(tmp_path, text) -> None:
    path = tmp_path / "fleet.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=r"fleet\.jsonl"):
        read_fleet(path, "songs")
    with pytest.raises(InputError, match=r"other\.jsonl"):
        read_fleet(tmp_path / "other.jsonl", "songs")
    with pytest.raises(ConfigError, match="has the source 'artist'"):
        read_fleet(tmp_path, "songs")
    with pytest.raises(InputError, match="HetRec"):
        read_fleet(tmp_path, "artist")


@pytest.mark.data
def test_real_listening_histories_are_read(data_root) -> None:
    fleet = read_fleet(data_root / "federated" / "lastfm_2k", "artist")
    assert len(fleet) == 1_892
    assert sum(map(len, fleet)) == 92_834
    assert fleet[0][0] == "Duran Duran"
