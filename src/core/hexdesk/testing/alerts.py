"""An alert channel that keeps what it is given."""

from collections.abc import Iterable

from hexdesk.ports.alerts import AlertMessage, Delivery, Outcome

DELIVERED = Delivery(Outcome.DELIVERED)


class FakeAlertChannel:
    """Implements `AlertChannel` in memory.

    Attributes:
        messages: Delivered ones.
        attempts: How often somebody tried.
        is_closed: Whether it was closed.
    """

    def __init__(self, first: Iterable[Delivery] = ()) -> None:
        """Answer the first attempts as told, all later ones with success."""
        self.messages: list[AlertMessage] = []
        self.attempts = 0
        self.is_closed = False
        self._answers = list(first)

    async def send(self, message: AlertMessage, /) -> Delivery:
        """Keep a message, or fail as a test said."""
        self.attempts += 1
        answer = self._answers.pop(0) if self._answers else DELIVERED
        if answer.outcome is Outcome.DELIVERED:
            self.messages.append(message)
        return answer

    async def close(self) -> None:
        """Note that it was closed."""
        self.is_closed = True
