"""`[reconciliation]` of `plugins.toml`."""

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from hexdesk.application.reconciliation.findings import (
    DEFAULT_POLICIES,
    IGNORE,
    NEVER_BY_ITSELF,
    POLICIES_POSSIBLE,
    Mismatch,
    Policy,
)
from hexdesk.domain.values import NS_PER_SECOND, TimeNs

Interval: TypeAlias = Annotated[float, Meta(ge=0.1, le=86_400)]
Percent: TypeAlias = Annotated[float, Meta(ge=0, le=100)]
Count: TypeAlias = Annotated[int, Meta(ge=1, le=1_000)]


class ReconciliationSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[reconciliation]`.

    Attributes:
        enabled: Whether books are compared at all; off must be said.
        in_flight_s: Between looks for orders that are in doubt.
        orders_s: Between comparisons of open orders, and of executions.
        positions_s: Between comparisons of positions.
        balances_s: Between comparisons of cash.
        confirm_s: A difference is looked at again after this long, before anything is done.
        query_timeout_s: A query without an answer for this long has failed.
        backoff_s_min: Wait after the first failure of a query; doubles with each further one.
        backoff_s_max: Longest wait.
        failures_max: This many failures in a row raise an alert and a pause.
        pause_s: How long the pause is; then it goes on by itself.
        stale_s: Without comparison for this long no entries are allowed (RECON_STALE).
        lookup_s: Wait after the first look-up of an order in doubt; doubles with each further one.
        lookup_s_max: Longest wait.
        lookups_max: Most look-ups of single orders on their way at a time.
        not_found_max: This many "not found" in a row prove absence, where the broker says so.
        resends_max: So often an order is sent again under its own id, where that can never make
            two; 0 is never.
        resend_apart_s: Between two sends of one order.
        resend_age_s: An order older than this is looked up and not sent again.
        doubt_alert_s: A doubt this old is told to a person.
        fill_overlap_s: How far each query for executions reaches back behind the last one.
        fill_lookback_s: How far back executions are looked for when a position differs.
        average_price_tolerance_pct: Differences of average prices up to this are none.
        cash_tolerance_pct: The same for cash.
        policies: What is done about a kind of difference, in place of the default.
        claims: Strategies by the instrument whose orders, sent by others, are adopted as theirs.
    """

    enabled: bool = True
    in_flight_s: Interval = 2.0
    orders_s: Interval = 10.0
    positions_s: Interval = 15.0
    balances_s: Interval = 60.0
    confirm_s: Interval = 1.0
    query_timeout_s: Interval = 10.0
    backoff_s_min: Interval = 1.0
    backoff_s_max: Interval = 60.0
    failures_max: Count = 10
    pause_s: Interval = 60.0
    stale_s: Interval = 120.0
    lookup_s: Interval = 1.0
    lookup_s_max: Interval = 60.0
    lookups_max: Count = 8
    not_found_max: Count = 3
    resends_max: Annotated[int, Meta(ge=0, le=10)] = 3
    resend_apart_s: Interval = 0.5
    resend_age_s: Interval = 30.0
    doubt_alert_s: Interval = 10.0
    fill_overlap_s: Interval = 60.0
    fill_lookback_s: Interval = 86_400.0
    average_price_tolerance_pct: Percent = 0.01
    cash_tolerance_pct: Percent = 0.01
    policies: dict[Mismatch, Policy | tuple[Policy, ...]] = msgspec.field(
        default_factory=dict[Mismatch, Policy | tuple[Policy, ...]]
    )
    claims: dict[str, str] = msgspec.field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        """Refuse what makes no sense.

        Raises:
            ValueError: With what was expected; a decoder adds the path.
        """
        for kind in self.policies:
            policies = self.policies_of(kind)
            wrong = [policy for policy in policies if policy not in POLICIES_POSSIBLE[kind]]
            if wrong or not policies:
                never = {policy for each, policy in NEVER_BY_ITSELF if each is kind}
                possible = ", ".join(sorted(POLICIES_POSSIBLE[kind] - never))
                what = ", ".join(wrong) or "nothing"
                raise ValueError(f"policies.{kind}: expected {possible}; was {what}")
            if IGNORE in policies and len(policies) > 1:
                raise ValueError(f"policies.{kind}: ignore stands alone")
            for policy in policies:
                if (kind, policy) in NEVER_BY_ITSELF:
                    text = f"{policy} only by `hexdesk reconcile`, never by itself"
                    raise ValueError(f"policies.{kind}: {text}")
        if self.backoff_s_max < self.backoff_s_min:
            raise ValueError("backoff_s_max: expected at least backoff_s_min")
        if self.lookup_s_max < self.lookup_s:
            raise ValueError("lookup_s_max: expected at least lookup_s")

    def policies_of(self, kind: Mismatch) -> tuple[Policy, ...]:
        """Return what is done about a kind of difference."""
        policies = self.policies.get(kind, DEFAULT_POLICIES[kind])
        return (policies,) if isinstance(policies, Policy) else policies


def nanoseconds(seconds: float) -> TimeNs:
    """Return a setting's seconds as the desk counts them."""
    return round(seconds * NS_PER_SECOND)


def doubled(first_s: float, times: int, last_s: float) -> TimeNs:
    """Return the wait after `times` (from 1) tries: doubling, up to the last."""
    return nanoseconds(min(first_s * 2 ** min(times - 1, 30), last_s))
