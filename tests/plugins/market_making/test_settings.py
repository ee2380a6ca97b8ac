import msgspec
import pytest

from hexdesk.domain.instruments import InstrumentKind, InstrumentSettings, make_instrument
from hexdesk.errors import ConfigError
from hexdesk_market_making.settings import MarketMakingSettings, Terms, make_terms

FIELDS = {"order_size": "0.01", "max_position": "0.05"}


def terms(changes: dict[str, object], kind: InstrumentKind = InstrumentKind.PERPETUAL) -> Terms:
    instrument = make_instrument(
        "BTCUSDT-PERP.BINANCE",
        InstrumentSettings(kind=kind, quote="USDT", tick="0.1", lot="0.001", min_quantity="0.002"),
    )
    settings = msgspec.convert({**FIELDS, **changes}, MarketMakingSettings)
    return make_terms(settings, instrument, "strategies.mm.settings")


def test_settings_become_raw_integers() -> None:
    found = terms(
        {"spread_bps": 2.5, "inventory_skew": 0.25, "refresh_bps": 0.1, "max_spread_bps": 30}
    )
    assert (found.order_size, found.max_position, found.min_position) == (10, 50, -50)
    assert (found.spread, found.skew) == (250_000, 250_000_000)
    assert (found.refresh, found.max_spread, found.min_quantity) == (10_000, 3_000_000, 2)


def test_without_a_longest_position_it_is_ten_orders() -> None:
    found = terms({"max_position": ""})
    assert (found.order_size, found.max_position, found.min_position) == (10, 100, -100)
    with pytest.raises(ConfigError) as caught:
        terms({"order_size": "0.0001", "max_position": ""})
    assert caught.value.path.endswith("order_size")


@pytest.mark.parametrize("kind", [InstrumentKind.SPOT, InstrumentKind.EQUITY])
def test_what_is_paid_in_full_is_not_sold_short(kind: InstrumentKind) -> None:
    assert terms({}, kind).min_position == 0


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"order_size": "0.0015"}, "order_size"),
        ({"order_size": "0.001"}, "order_size"),
        ({"order_size": "-1"}, "order_size"),
        ({"max_position": "much"}, "max_position"),
        ({"max_position": "0.005"}, "max_position"),
    ],
)
def test_quantities_must_suit_the_instrument(change: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError, match="expected") as caught:
        terms(change)
    assert caught.value.path == f"strategies.mm.settings.{key}"


@pytest.mark.parametrize(
    "change",
    [
        {"spread_bps": 0},
        {"spread_bps": float("nan")},
        {"inventory_skew": -0.1},
        {"min_spread_ticks": 0},
        {"refresh_ticks": 0},
        {"order_size": 1},
        {"spred_bps": 2},
    ],
)
def test_settings_are_checked(change: dict[str, object]) -> None:
    with pytest.raises(msgspec.ValidationError):
        terms(change)
