"""Requests that nobody answers: after a while their outcome is unknown, and said to be.

Looking at open orders twice in a timeout costs an order nothing; a request is in doubt after one to
one and a half timeouts (orders.md section 3).
"""

from collections.abc import Callable, Iterable, Iterator

from hexdesk.domain.order import Order
from hexdesk.domain.orders import AmendOrder, CancelOrder, NewOrder
from hexdesk.domain.reports import AmendRejected, CancelRejected, OrderRejected, OutcomeUnknown
from hexdesk.domain.values import NS_PER_SECOND, SUBMITTED, Operation, TimeNs

ANSWER_TIMEOUT_NS = 10 * NS_PER_SECOND
LOOKS = 2
"""Looks within a timeout."""
Request = tuple[str, Operation, int]


class AnswerWatch:
    """Watches the open orders of one desk while anything is unanswered.

    Attributes:
        is_armed: Whether a look is due; whoever sends a request arms it.
    """

    def __init__(
        self,
        open_orders: dict[str, Order],
        call_in: Callable[[int], None],
        timeout_ns: int = ANSWER_TIMEOUT_NS,
    ) -> None:
        self.is_armed = False
        self._open = open_orders
        self._call_in = call_in
        self._timeout_ns = timeout_ns
        self._seen: dict[Request, int] = {}

    def arm(self) -> None:
        """Have a look soon."""
        self.is_armed = True
        self._call_in(self._timeout_ns // LOOKS)

    def look(self, now_ns: TimeNs) -> list[OutcomeUnknown]:
        """Return what is in doubt from now on; look again while anything waits."""
        seen = self._seen
        waiting = {each: seen.get(each, 0) + 1 for each in unanswered(self._open.values())}
        overdue = [request for request, looks in waiting.items() if looks > LOOKS]
        self._seen = {each: looks for each, looks in waiting.items() if looks <= LOOKS}
        self.is_armed = False
        if waiting:  # one that is overdue may have hidden a later one
            self.arm()
        text = f"no answer within {self._timeout_ns / NS_PER_SECOND:g} s"
        return [OutcomeUnknown(*request, text, now_ns) for request in overdue]


def unanswered(orders: Iterable[Order]) -> Iterator[Request]:
    """Yield the requests that wait for an answer and are not in doubt yet.

    The latest of an order stands for those before it: its evidence settles them as well.
    """
    for order in orders:
        client_order_id = order.intent.client_order_id
        doubt = order.doubt
        cancel_id = order.pending_cancels.bit_length() - 1
        amend_id = order.pending_amends.bit_length() - 1
        request_id = max(cancel_id, amend_id)
        if request_id > (0 if doubt is None else doubt.request_id):
            operation = Operation.CANCEL if cancel_id > amend_id else Operation.REPLACE
            yield client_order_id, operation, request_id
        elif order.life is SUBMITTED and doubt is None:
            yield client_order_id, Operation.SUBMIT, 0


def refusal(
    request: NewOrder | AmendOrder | CancelOrder, code: str, text: str, now_ns: TimeNs
) -> OrderRejected | AmendRejected | CancelRejected:
    """Return our own answer to a request that provably never left."""
    client_order_id = request.client_order_id
    if isinstance(request, NewOrder):
        return OrderRejected(client_order_id, code, text, now_ns, now_ns)
    kind = CancelRejected if isinstance(request, CancelOrder) else AmendRejected
    return kind(client_order_id, request.request_id, code, text, now_ns, now_ns)


def doubt(
    request: NewOrder | AmendOrder | CancelOrder, text: str, now_ns: TimeNs
) -> OutcomeUnknown:
    """Return that nobody knows whether a request left."""
    operation, request_id = Operation.SUBMIT, 0
    if not isinstance(request, NewOrder):
        is_cancel = isinstance(request, CancelOrder)
        operation = Operation.CANCEL if is_cancel else Operation.REPLACE
        request_id = request.request_id
    return OutcomeUnknown(request.client_order_id, operation, request_id, text, now_ns)
