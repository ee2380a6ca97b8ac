"""The members of `Authority`, for the hot path: comparing with a global is cheap."""

from hexdesk.domain.values import Authority

__all__ = ["OPERATOR", "PROTECTION", "STRATEGY", "Authority"]

STRATEGY = Authority.STRATEGY
PROTECTION = Authority.PROTECTION
OPERATOR = Authority.OPERATOR
