import msgspec
import pytest

from hexdesk.domain.instruments import InstrumentKind, InstrumentSettings, make_instrument
from hexdesk.domain.market import Bar, Quote
from hexdesk.domain.values import BUY, REJECTED, SELL
from hexdesk.errors import ConfigError
from hexdesk.plugin import CONTRACT_VERSION, Strategy
from hexdesk_ema_cross import hexdesk_strategies
from hexdesk_ema_cross.settings import EmaCrossSettings
from hexdesk_ema_cross.strategy import make_strategy
from tests.plugins.fakes import FakeContext, Sent

ID = "BTCUSDT-PERP.BINANCE"
INSTRUMENT = make_instrument(
    ID,
    InstrumentSettings(kind=InstrumentKind.PERPETUAL, quote="USDT", tick="0.1", lot="0.001"),
)
UP, DOWN = 1_000, 10


def started(**changes: object) -> tuple[FakeContext, Strategy]:
    settings = {"quantity": "0.01", "fast_period": 1, "slow_period": 3, "warm_up": 1, **changes}
    context = FakeContext(INSTRUMENT)
    strategy = make_strategy(context, msgspec.convert(settings, EmaCrossSettings))
    strategy.on_start()
    return context, strategy


def see(strategy: Strategy, *mids: int) -> None:
    """Show quotes; the first of all sets the averages, each jump after the second crosses them."""
    for mid in mids:
        strategy.on_quote(Quote(ID, mid - 1, 1, mid + 1, 1, 0, 0))


def test_the_hook_offers_the_plugin() -> None:
    (registration,) = hexdesk_strategies()
    assert (registration.name, registration.contract) == ("ema_cross", CONTRACT_VERSION)
    msgspec.convert(registration.example_settings, registration.settings)


def test_a_cross_is_traded_and_the_next_turns_the_position_by_one_order() -> None:
    context, strategy = started()
    see(strategy, 100, DOWN, UP)
    assert context.taken() == [Sent("submit", "o1", BUY, 10)]
    context.fill(strategy, "o1")
    see(strategy, UP, DOWN)
    assert context.taken() == [Sent("submit", "o2", SELL, 20)]


def test_nothing_is_sent_between_crosses() -> None:
    context, strategy = started()
    see(strategy, 100, DOWN, DOWN, DOWN)
    assert context.taken() == []


def test_long_flat_never_sells_short() -> None:
    context, strategy = started(mode="long_flat")
    see(strategy, 100, UP, DOWN)
    assert context.taken() == []
    see(strategy, UP)
    context.fill(strategy, "o1")
    see(strategy, DOWN)
    assert context.taken() == [Sent("submit", "o1", BUY, 10), Sent("submit", "o2", SELL, 10)]


def test_nothing_is_sent_while_an_order_is_open() -> None:
    context, strategy = started()
    see(strategy, 100, DOWN, UP, DOWN, UP)
    assert context.taken() == [Sent("submit", "o1", BUY, 10)]


def test_a_cross_missed_meanwhile_is_made_up_for_with_the_last_fill() -> None:
    context, strategy = started()
    see(strategy, 100, DOWN, UP, DOWN)
    context.taken()
    context.fill(strategy, "o1", 4)
    assert context.taken() == []
    context.fill(strategy, "o1")
    assert context.taken() == [Sent("submit", "o2", SELL, 20)]


def test_a_rejected_order_is_not_sent_again_before_the_next_cross() -> None:
    context, strategy = started()
    see(strategy, 100, DOWN, UP)
    context.close("o1", REJECTED)
    see(strategy, UP, UP)
    assert len(context.taken()) == 1
    see(strategy, DOWN)
    assert context.taken() == [Sent("submit", "o2", SELL, 10)]


def test_a_quote_with_one_side_is_skipped() -> None:
    context, strategy = started()
    see(strategy, 100, DOWN)
    strategy.on_quote(Quote(ID, 0, 0, 9_999, 1, 0, 0))
    strategy.on_quote(Quote(ID, 9_999, 1, 0, 0, 0, 0))
    assert context.taken() == []


def test_bars_are_taken_where_the_close_is_wanted() -> None:
    context, strategy = started(price="close")
    assert type(strategy).on_quote is Strategy.on_quote
    for close in (100, DOWN, UP):
        strategy.on_bar(Bar(ID, 60, close, close, close, close, 1, 0, 0, 0))
    assert context.taken() == [Sent("submit", "o1", BUY, 10)]
    assert type(started()[1]).on_bar is Strategy.on_bar


def test_the_averages_survive_a_restart() -> None:
    _, before = started()
    see(before, 100, DOWN)
    state = msgspec.json.decode(msgspec.json.encode(before.save_state()))
    context, after = started(warm_up=1_000)
    after.restore_state({**state, "OTHER.X": [1.0, 1.0, 1, 0]}, after.state_version)
    see(after, UP)
    assert context.taken() == [Sent("submit", "o1", BUY, 10)]


def test_the_state_of_another_version_is_left() -> None:
    context, strategy = started()
    strategy.restore_state({"what": "ever"}, strategy.state_version + 1)
    assert strategy.save_state() == {}
    assert context.taken() == []


@pytest.mark.parametrize("quantity", ["0", "-1", "0.0005", "0.0105", "x", ""])
def test_a_quantity_off_the_lot_is_refused(quantity: str) -> None:
    with pytest.raises(ConfigError, match=r"multiple of 0\.001, at least 0\.001") as caught:
        started(quantity=quantity)
    assert caught.value.path == "strategies.test.settings.quantity"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"fast_period": 3}, "expected fast_period below slow_period, was 3 and 3"),
        ({"fast_period": 0}, "fast_period"),
        ({"price": "open"}, "price"),
        ({"mode": "short"}, "mode"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_settings_are_checked(change: dict[str, object], message: str) -> None:
    with pytest.raises(msgspec.ValidationError, match=message):
        started(**change)
