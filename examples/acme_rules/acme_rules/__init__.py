"""A risk rule for hexdesk: whole round lots only."""

from acme_rules.rule import RoundLots, RoundLotSettings
from hexdesk.domain.risk import Layer
from hexdesk.plugin import CONTRACT_VERSION, RiskRuleRegistration, hookimpl


@hookimpl
def hexdesk_risk_rules() -> list[RiskRuleRegistration]:
    """Offer `[risk.custom.acme_round_lots]`."""
    return [
        RiskRuleRegistration(
            name="acme_round_lots",
            summary="Whole round lots only",
            layer=Layer.ORDER,
            settings=RoundLotSettings,
            factory=RoundLots,
            contract=CONTRACT_VERSION,
        )
    ]
