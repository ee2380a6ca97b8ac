"""What a person planned for a strategy while the desk ran: its plugin, its settings, whether it is.

A desk keeps a plan for each strategy that was loaded, changed or unloaded at run time; all others
are as the configuration says. Plans are journalled and outlive the process.
"""

from enum import StrEnum

import msgspec

from hexdesk.domain.values import TimeNs

REVISIONS_MAX = 100
"""Revisions of one strategy's settings that are kept; the oldest goes."""


class PlanChange(StrEnum):
    """What was done."""

    CONFIGURED = "configured"
    """Nothing: the configuration's plan is written down, because it is about to change, or did."""
    LOADED = "loaded"
    """Made of a plugin that the desk did not run under that name."""
    UPDATED = "updated"
    """Given other settings."""
    RELOADED = "reloaded"
    """Made anew of the version of its plugin that is installed now."""
    UNLOADED = "unloaded"
    """Taken away; its books stay."""


class StrategyPlanned(msgspec.Struct, frozen=True, gc=False, array_like=True, tag="planned"):
    """A strategy was loaded, changed or unloaded; holds all that making it again needs.

    Attributes:
        strategy_id: Which; its books are opened if it has none.
        change: What was done.
        plugin: Entry point that it is made of.
        version: Of the plugin's distribution.
        broker: Section name of its broker.
        instrument_ids: What it trades.
        cancels_on_fault: Whether its open orders are canceled when it is quarantined.
        settings: As in `plugins.toml`, written as JSON; secrets are references.
        base: Digest of the section that the configuration had for it; empty for none. While the
            configuration says that, the plan holds over restarts; once it says something else, the
            configuration does.
        by: Who; empty for the configuration.
        reason: Why.
        ts_init: When.
        capital: What it was given of its account when it was loaded, as `5000 USDT` or `25 %`;
            empty shares what is left.
    """

    strategy_id: str
    change: PlanChange
    plugin: str
    version: str
    broker: str
    instrument_ids: tuple[str, ...]
    cancels_on_fault: bool
    settings: str
    base: str
    by: str
    reason: str
    ts_init: TimeNs
    capital: str = ""


class SettingsRevision(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Settings that a strategy had or has, as JSON; numbers go up by one from 1."""

    number: int
    settings: str
    by: str
    reason: str
    ts_init: TimeNs


class StrategyPlan(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """All that is planned for one strategy: the latest change, and its settings, oldest first."""

    latest: StrategyPlanned
    revisions: tuple[SettingsRevision, ...]

    @property
    def is_loaded(self) -> bool:
        """Whether there is to be a strategy, and not its books alone."""
        return self.latest.change is not PlanChange.UNLOADED

    @property
    def revision(self) -> int:
        """Number of the settings that hold."""
        return self.revisions[-1].number


def follow(plan: StrategyPlan | None, planned: StrategyPlanned) -> StrategyPlan:
    """Return the plan after a change; other settings are a new revision."""
    revisions = plan.revisions if plan is not None else ()
    if not revisions or revisions[-1].settings != planned.settings:
        number = revisions[-1].number + 1 if revisions else 1
        fresh = SettingsRevision(
            number, planned.settings, planned.by, planned.reason, planned.ts_init
        )
        revisions = (*revisions, fresh)[-REVISIONS_MAX:]
    return StrategyPlan(planned, revisions)


def keeps_state(plan: StrategyPlan | None, planned: StrategyPlanned) -> bool:
    """Whether what a strategy saved before still means something after a change."""
    if planned.change in {PlanChange.CONFIGURED, PlanChange.UNLOADED}:
        return True
    return plan is not None and plan.latest.plugin == planned.plugin
