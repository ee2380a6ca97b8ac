"""Secrets are references; their values are never shown (A2)."""

from pathlib import Path

import pytest

from hexdesk.errors import ConfigError
from hexdesk.plugin import Secret


def test_a_variable_is_revealed_where_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    secret = Secret("env:ACME_KEY")
    assert not secret.is_set
    monkeypatch.setenv("ACME_KEY", "hunter2")
    assert secret.is_set
    assert secret.reveal() == "hunter2"


def test_a_file_is_revealed_without_its_last_line_break(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("hunter2\n")
    assert Secret(f"file:{path}").reveal() == "hunter2"


def test_nothing_shows_the_value_or_where_it_is() -> None:
    secret = Secret("env:ACME_KEY")
    assert repr(secret) == str(secret) == f"{secret}" == "Secret('***')"


@pytest.mark.parametrize("literal", ["hunter2", "", "env:", "file: ", "vault:x", "env"])
def test_a_literal_is_refused_without_repeating_it(literal: str) -> None:
    with pytest.raises(ValueError, match="expected a reference") as caught:
        Secret(literal)
    assert "hunter2" not in str(caught.value)


def test_what_is_not_there_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    empty, large, binary = (tmp_path / name for name in ("empty", "large", "binary"))
    empty.write_text("\n")
    large.write_text("x" * 70_000)
    binary.write_bytes(b"\xff\xff")
    places = [f"file:{path}" for path in (empty, large, binary, tmp_path, tmp_path / "no")]
    for place in [*places, "env:NO_SUCH_VARIABLE_HERE"]:
        with pytest.raises(ConfigError) as caught:
            Secret(place).reveal()
        assert caught.value.code == "CONFIG_SECRET"
        assert caught.value.remedy


def test_equal_references_are_equal() -> None:
    assert Secret("env:A") == Secret("env:A") != Secret("env:B")
    assert len({Secret("env:A"), Secret("env:A")}) == 1
