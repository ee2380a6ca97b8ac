"""All unary methods: which request of the Control port each is, and how its answer is shown."""

from hexdesk_grpc import (
    access_methods,
    approval_methods,
    configuration_methods,
    desk_methods,
    market_methods,
    monitoring,
    order_methods,
    portfolio_methods,
    reconciliation_methods,
    risk_methods,
    strategy_methods,
)
from hexdesk_grpc.method import Method

METHODS: dict[str, Method] = {
    **desk_methods.METHODS,
    **strategy_methods.METHODS,
    **order_methods.METHODS,
    **portfolio_methods.METHODS,
    **market_methods.METHODS,
    **risk_methods.METHODS,
    **monitoring.METHODS,
    **configuration_methods.METHODS,
    **reconciliation_methods.METHODS,
    **access_methods.METHODS,
    **approval_methods.METHODS,
}
"""By service and name; what is not here answers UNIMPLEMENTED."""
