"""Refusals that several use cases share."""

from typing import Any

from hexdesk.application.desk import LIVE_MODE, Desk
from hexdesk.application.orders.execution import UNWRITABLE
from hexdesk.application.strategies.host import StrategyHost
from hexdesk.domain.order import Order
from hexdesk.ports import control_requests as requests
from hexdesk.ports.control import ControlError, FieldFault, Mutation, Reason
from hexdesk.ports.control_monitoring import AcknowledgeAlarm
from hexdesk.ports.control_strategies import SaveState

REARM = "hexdesk risk rearm --reason ..."
MEND = "free disk space or replace the disk, then start the desk again; re-arming does not help"


WAYS_OUT = (
    requests.CancelOrder,
    requests.Flatten,
    requests.StopStrategy,
    requests.Shutdown,
    requests.ResolveOrder,
    requests.ResolveIncident,
    requests.RollTradingDay,
    AcknowledgeAlarm,
    SaveState,
)
"""What may be done though nobody will be able to prove it, beside what is always open."""


def invalid(field: str, text: str) -> ControlError:
    """Return the refusal of one field."""
    return ControlError(Reason.FIELD_INVALID, f"{field}: {text}", faults=[FieldFault(field, text)])


def unknown(kind: str, name: str, remedy: str) -> ControlError:
    """Return the refusal of a name that nothing has."""
    return ControlError(
        Reason.RESOURCE_UNKNOWN,
        f"there is no {kind} {name[:100]!r}",
        remedy=remedy,
        facts={"kind": kind, "name": name[:100]},
    )


def order_of(desk: Desk, client_order_id: str) -> Order:
    """Return an order, or refuse."""
    order = desk.execution.order(client_order_id)
    if order is None:
        raise unknown("order", client_order_id, "hexdesk orders shows those that are there")
    return order


def host_of(desk: Desk, strategy_id: str) -> StrategyHost:
    """Return a strategy, or refuse."""
    host = desk.hosts.get(strategy_id)
    if host is None:
        raise unknown("strategy", strategy_id, "hexdesk strategy list shows those that are there")
    return host


def hosts_of(desk: Desk, strategy_id: str) -> list[StrategyHost]:
    """Return one strategy, or all where none is named; or refuse."""
    return [host_of(desk, strategy_id)] if strategy_id else list(desk.hosts.values())


def wrong_state(host: StrategyHost, verb: str, remedy: str) -> ControlError:
    """Return the refusal of what a strategy's state does not allow."""
    return ControlError(
        Reason.STATE_WRONG,
        f"strategy {host.strategy_id} is {host.state.value} and cannot be {verb}",
        remedy=remedy,
        facts={"state": host.state.value},
    )


def refuse_unprovable(desk: Desk, mutation: Mutation[Any]) -> None:
    """Refuse what lets a live desk do more, while the audit log takes nothing."""
    if desk.mode != LIVE_MODE or mutation.is_always_open or isinstance(mutation, WAYS_OUT):
        return
    if isinstance(mutation, requests.CreateOrder) and mutation.terms.reduce_only:
        return
    raise ControlError(
        Reason.STORE_UNWRITABLE,
        "the audit log could not be written; until it is, a live desk takes only what reduces",
        remedy="free space in the state folder, then try twice: the first try is written there",
    )


def refuse_other_account(desk: Desk, account_id: str) -> None:
    """Refuse what was meant for another desk than this one, if this one is live.

    Who types the account knows which desk it is. Of several accounts all are typed, in the order of
    their sections' names, with commas between.
    """
    own = ",".join(account.id for _, account in sorted(desk.accounts.items()))
    if desk.execution.standing.needs_arming and account_id != own:
        raise invalid("account_id", "expected the id of the account that this live desk trades")


def refuse_while_halted(desk: Desk) -> None:
    """Refuse what a halted desk does not do."""
    halted = desk.execution.halted
    if halted:
        raise ControlError(
            Reason.DESK_HALTED,
            f"the desk is halted: {halted}",
            remedy=halt_remedy(halted),
            facts={"halt_reason": halted},
        )


def halt_remedy(halted: str) -> str:
    """Return what ends a halt."""
    return MEND if halted.startswith(UNWRITABLE) else REARM


def refuse_unwritten(desk: Desk) -> None:
    """Refuse what a desk cannot do whose journal takes nothing: what it decides never leaves."""
    halted = desk.execution.halted
    if halted.startswith(UNWRITABLE):
        raise ControlError(
            Reason.STORE_UNWRITABLE,
            f"nothing leaves and nothing is kept over a restart: {halted}",
            remedy=f"{MEND}; what cannot wait, do at the broker",
            facts={"halt_reason": halted},
        )
