"""What is counted of a strategy's orders."""

from hexdesk.domain.order import Order, new_order
from hexdesk.domain.orders import NewOrder
from hexdesk.domain.values import BUY, LIMIT, Life
from hexdesk_app.running.collect import refused


def order(name: str, life: Life, code: str) -> Order:
    made = new_order(NewOrder(name, "mm", "acc", "X.Y", BUY, LIMIT, 10, 1_000, 100))
    made.life, made.code = life, code
    return made


def test_a_canceled_order_that_has_a_code_was_not_refused() -> None:
    orders = [
        order("1", Life.DENIED, "RISK_RATE"),
        order("2", Life.REJECTED, "VENUE_POST_ONLY"),
        order("3", Life.CANCELED, "VENUE_SELF_TRADE"),
        order("4", Life.DENIED, "RISK_RATE"),
    ]
    assert refused(orders) == {"RISK_RATE": 2, "VENUE_POST_ONLY": 1}
