"""Where a desk is: flags before the environment before a profile."""

from pathlib import Path

import pytest

from hexdesk.errors import ConfigError
from hexdesk_app.cli.remote.place import Place, Profile, profiles_file, read_profile

NOTHING = Place(desk="", address="", token_file="", ca_file="", certificate_file="", key_file="")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    place = tmp_path / "profiles.toml"
    place.write_text(
        '[default]\naddress = "a:1"\n'
        '[live]\naddress = "b:2"\ntoken_file = "t"\nca = "/x/ca.pem"\n'
        'certificate = "~/c.pem"\nkey = "c.key"\n'
    )
    return place


def test_a_profile_completes_what_is_not_said(file: Path) -> None:
    environ = {"HEXDESK_PROFILES": str(file)}
    assert NOTHING.complete(environ).address == "a:1"
    live = Place(
        desk="live", address="c:3", token_file="", ca_file="", certificate_file="", key_file="k"
    ).complete(environ)
    assert (live.address, live.ca_file, live.key_file) == ("c:3", "/x/ca.pem", "k")
    assert live.token_file == str(file.parent / "t")
    assert live.certificate_file == str(Path("~/c.pem").expanduser())
    given = Place(
        desk="live", address="", token_file="", ca_file="", certificate_file="", key_file=""
    ).complete(environ | {"HEXDESK_TOKEN": "hdx_x"})
    assert (given.address, given.token_file) == ("b:2", "")


def test_without_a_file_there_is_only_what_is_said(tmp_path: Path) -> None:
    assert read_profile(tmp_path / "none", "") == Profile()
    assert profiles_file({}).name == "profiles.toml"


@pytest.mark.parametrize(
    ("content", "name", "said"),
    [
        ("", "prod", "known: none"),
        ("[dev]\n", "prod", "known: dev"),
        ("[dev", "", "cannot be read"),
        ('[default]\ntoken = "hdx_secret"\n', "", "unknown field `token`"),
        ("default = 1\n", "", "Expected `object`"),
    ],
)
def test_a_profile_that_makes_no_sense_is_refused(
    tmp_path: Path, content: str, name: str, said: str
) -> None:
    file = tmp_path / "profiles.toml"
    file.write_text(content)
    with pytest.raises(ConfigError) as caught:
        read_profile(file, name)
    assert said in str(caught.value)
    assert "hdx_secret" not in str(caught.value)
    assert caught.value.remedy
