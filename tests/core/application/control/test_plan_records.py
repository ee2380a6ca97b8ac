"""A strategy's state is kept as it was given, and what is no state is refused."""

import msgspec
import pytest

from hexdesk.application.control.plan_records import saved_of, state_info, table_of
from hexdesk.application.strategies.saves import STATE_BYTES_MAX
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_strategies import StateInfo


def info(version: int = 1, encoded: bytes = b"", **state: object) -> StateInfo:
    return StateInfo(strategy_id="a", state=state, version=version, encoded=encoded)


def test_a_state_is_shown_as_it_was_given() -> None:
    shown = state_info("b", saved_of("b", info(3, ema=1.5, trend="up")))
    assert (shown.strategy_id, shown.version) == ("b", 3)
    assert shown.state == {"ema": 1.5, "trend": "up"}
    assert saved_of("b", shown) == saved_of("b", info(3, ema=1.5, trend="up"))


def test_what_was_encoded_goes_before_what_it_reads_as() -> None:
    """A table that went over JSON may have lost what the encoded state still has."""
    encoded = msgspec.msgpack.encode({"count": 2**60})
    assert saved_of("a", info(encoded=encoded, count=1.0)).state == encoded


def test_a_strategy_that_saved_nothing_has_an_empty_state() -> None:
    assert state_info("a", None) == StateInfo(strategy_id="a", state={}, version=0)


@pytest.mark.parametrize(
    "wrong",
    [
        info(-1),
        info(2**31),
        info(encoded=b"\xc1"),
        info(encoded=msgspec.msgpack.encode([1])),
        info(text="x" * STATE_BYTES_MAX),
    ],
)
def test_what_is_no_state_is_refused(wrong: StateInfo) -> None:
    with pytest.raises(ControlError) as refused:
        saved_of("a", wrong)
    assert refused.value.reason is Reason.FIELD_INVALID


def test_settings_keep_their_decimals() -> None:
    assert str(table_of('{"size":0.10}')["size"]) == "0.10"
