"""How much a person is told at once."""

from collections.abc import Sequence

from hexdesk.application.alerts import Alert
from hexdesk.application.reconciliation.actions import Action
from hexdesk.application.reconciliation.findings import Mismatch

SHOWN_MAX = 3
"""So many strangers' orders are named in one alert; all of them are listed in the books."""


def told_together(actions: Sequence[Action], broker: str) -> list[Action]:
    """Return actions with one alert of all orders that are not ours.

    Books of an old backup know none of the orders since: hundreds of alerts would say one thing.
    """
    code = Mismatch.ORDER_EXTERNAL.value
    strangers: list[Alert] = []
    rest: list[Action] = []
    for action in actions:
        if isinstance(action, Alert) and action.code == code:
            strangers.append(action)
        else:
            rest.append(action)
    if len(strangers) <= 1:
        return [*strangers, *rest]
    shown = "; ".join(each.text for each in strangers[:SHOWN_MAX])
    more = f"; and {len(strangers) - SHOWN_MAX} more" if len(strangers) > SHOWN_MAX else ""
    text = f"{len(strangers)} orders that are not ours: {shown}{more}"
    return [Alert(code, broker, text, strangers[0].ts_init), *rest]
