"""Errors say what is wrong, where, and what to do about it; scripts and people read that."""

import pytest

from hexdesk.errors import (
    ConfigError,
    DataError,
    HexdeskError,
    ManyConfigError,
    PluginError,
    VenueUnavailableError,
)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (HexdeskError("it broke"), "ERROR: it broke"),
        (HexdeskError("it broke", remedy="mend it"), "ERROR: it broke\n  -> mend it"),
        (ConfigError("is odd", code="CONFIG_VALUE"), "CONFIG_VALUE: is odd"),
        (ConfigError("is odd", path="a.b"), "CONFIG: a.b is odd"),
        (ConfigError("is odd", path="a.b", origin="f:2"), "CONFIG: a.b (f:2) is odd"),
        (
            ConfigError("is odd", path="a.b", origin="f:2", remedy="mend it"),
            "CONFIG: a.b (f:2) is odd\n  -> mend it",
        ),
        (ManyConfigError([ConfigError("one"), ConfigError("two")]), "CONFIG: one\nCONFIG: two"),
        (DataError("is odd"), "DATA: is odd"),
        (DataError("is odd", file="f", remedy="mend it"), "DATA: f: is odd\n  -> mend it"),
        (DataError("is odd", file="f", row=3), "DATA: f, row 3: is odd"),
        (PluginError("is gone"), "PLUGIN: is gone"),
        (PluginError("is gone", distribution="d 1", path="a"), "PLUGIN: is gone [d 1, a]"),
        (PluginError("is gone", path="a", remedy="mend it"), "PLUGIN: is gone [a]\n  -> mend it"),
        (VenueUnavailableError("no answer"), "VENUE_UNAVAILABLE: no answer"),
    ],
)
def test_an_error_says_what_where_and_what_to_do(error: HexdeskError, text: str) -> None:
    assert str(error) == text
