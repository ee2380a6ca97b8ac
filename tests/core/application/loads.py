"""Strategies that come, change and go while a desk runs."""

from typing import Any

from hexdesk.application.strategies.loading import Candidate
from hexdesk.domain.plans import PlanChange, StrategyPlanned
from hexdesk.domain.records import StrategySaved
from hexdesk.plugin import StrategyContext
from tests.core.application.rig import Puppet, Rig


class Keeper(Puppet):
    """Keeps what it was told to keep, and what it was given back."""

    def __init__(self, context: StrategyContext) -> None:
        super().__init__(context)
        self.kept: dict[str, object] = {}
        self.given: list[tuple[dict[str, object], int]] = []

    def save_state(self) -> dict[str, object]:
        return dict(self.kept)

    def restore_state(self, state: dict[str, object], version: int) -> None:
        self.given.append((state, version))
        self.kept = dict(state)


def planned(rig: Rig, name: str, change: PlanChange, **fields: Any) -> StrategyPlanned:
    """What is planned for a strategy of every instrument."""
    given: dict[str, Any] = {
        "plugin": "puppet",
        "version": "1",
        "broker": "venue",
        "instrument_ids": tuple(each.id for each in rig.instruments),
        "cancels_on_fault": True,
        "settings": "{}",
        "base": "",
        "by": "ann",
        "reason": "try",
    }
    return StrategyPlanned(strategy_id=name, change=change, ts_init=rig.now(), **given | fields)


def candidate(rig: Rig, name: str) -> Candidate:
    """Return what a factory needs."""
    ids = [each.id for each in rig.instruments]
    return rig.desk.loading.candidate(name, broker="venue", instrument_ids=ids)


def put(
    rig: Rig,
    name: str,
    change: PlanChange = PlanChange.LOADED,
    state: StrategySaved | None = None,
    **fields: Any,
) -> Keeper:
    """Make a strategy and let it take its place."""
    made = candidate(rig, name)
    keeper = Keeper(made.context)
    rig.desk.loading.take_place(made, keeper, planned(rig, name, change, **fields), state)
    rig.puppets[name] = keeper
    return keeper


def unload(rig: Rig, name: str, *, keep_orders: bool = False) -> StrategySaved | None:
    """Take a strategy away."""
    gone = planned(rig, name, PlanChange.UNLOADED)
    return rig.desk.loading.unload(gone, keep_orders=keep_orders)
