"""What persons planned for strategies in the runs before, laid over the configuration at a start.

A plan holds while the configuration says of the strategy what it said when the plan was made; once
its section is another, the configuration is the newer word. What cannot be made any more, because
its plugin is gone, does not keep the desk from starting: its orders and positions keep their owner.
"""

import logging

import msgspec
from msgspec.structs import replace

from hexdesk.application.alerts import Alert
from hexdesk.application.control.plan_records import CONFIGURATION, table_of
from hexdesk.application.desk import Desk
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.plans import PlanChange, StrategyPlan, StrategyPlanned
from hexdesk.domain.values import TimeNs
from hexdesk.errors import HexdeskError
from hexdesk.ports.workshop import StrategyDraft
from hexdesk_app.config import Config
from hexdesk_app.plugins import make
from hexdesk_app.resolve import Parts
from hexdesk_app.workshop import StrategyPart, base_of, draft_of, part_of, settings_text

NOT_LOADED = "STRATEGY_NOT_LOADED"
logger = logging.getLogger("hexdesk.run")


class Overlay(msgspec.Struct, frozen=True):
    """What the plans of earlier runs come to.

    Attributes:
        unloaded: Strategies that a person took away.
        planned: Strategies whose plan holds; their parts are among the desk's.
        failed: Why a strategy that is planned cannot be made, by id.
        notes: Where the configuration is newer than the plan; to be journalled.
    """

    unloaded: tuple[str, ...]
    planned: tuple[str, ...]
    failed: dict[str, str]
    notes: tuple[StrategyPlanned, ...]


def overlay_plans(config: Config, parts: Parts, desk: Desk) -> Overlay:
    """Let `parts` be what is planned, and say what else is to be done."""
    unloaded: list[str] = []
    planned: list[str] = []
    failed: dict[str, str] = {}
    notes: list[StrategyPlanned] = []
    for strategy_id, plan in sorted(desk.plans.items()):
        if plan.latest.base != base_of(config, strategy_id):
            notes.append(_configured(config, parts, plan))
            if notes[-1].change is PlanChange.UNLOADED:
                unloaded.append(strategy_id)
            logger.info("strategy %s: its section is another; plans for it end", strategy_id)
        elif not plan.is_loaded:
            parts.strategies.pop(strategy_id, None)
            unloaded.append(strategy_id)
        else:
            try:
                parts.strategies[strategy_id] = _part(config, parts, plan)
                planned.append(strategy_id)
            except HexdeskError as error:
                parts.strategies.pop(strategy_id, None)
                failed[strategy_id] = str(error)
    return Overlay(tuple(unloaded), tuple(planned), failed, tuple(notes))


def carry_out(overlay: Overlay, parts: Parts, desk: Desk, now_ns: TimeNs) -> None:
    """Make what is planned and journal what is not any more, once the run has begun."""
    failed = dict(overlay.failed)
    for planned in overlay.notes:
        desk.loading.note(replace(planned, ts_init=now_ns))
    for strategy_id in overlay.planned:
        try:
            _add(parts.strategies[strategy_id], desk)
        except HexdeskError as error:
            del parts.strategies[strategy_id]
            failed[strategy_id] = str(error)
    for strategy_id in overlay.unloaded:
        desk.hosts[strategy_id].state = HostState.UNLOADED
    for strategy_id, reason in failed.items():
        host = desk.hosts[strategy_id]
        host.state, host.fault = HostState.FAULTED, reason
        desk.alerts.add(Alert(NOT_LOADED, strategy_id, reason, now_ns))
        logger.error("strategy %s was loaded before and cannot be now: %s", strategy_id, reason)


def _part(config: Config, parts: Parts, plan: StrategyPlan) -> StrategyPart:
    latest = plan.latest
    draft = StrategyDraft(
        strategy_id=latest.strategy_id,
        plugin=latest.plugin,
        broker=latest.broker,
        instrument_ids=latest.instrument_ids,
        settings=table_of(latest.settings),
        cancels_on_fault=latest.cancels_on_fault,
    )
    if latest.broker not in parts.brokers:
        message = f"its broker {latest.broker!r} is not configured"
        raise HexdeskError(message, remedy=f"configure [brokers.{latest.broker}]")
    return part_of(draft, config)


def _configured(config: Config, parts: Parts, plan: StrategyPlan) -> StrategyPlanned:
    """Return a plan as the configuration has it, or without it where it has none."""
    strategy_id = plan.latest.strategy_id
    base = base_of(config, strategy_id)
    part = parts.strategies.get(strategy_id)
    own = replace(plan.latest, base=base, by="", reason=CONFIGURATION)
    if part is None:
        return replace(own, change=PlanChange.UNLOADED)
    draft = draft_of(part.section)
    return replace(
        own,
        change=PlanChange.CONFIGURED,
        plugin=draft.plugin,
        version=part.plugin.distribution.rpartition(" ")[2],
        broker=draft.broker,
        instrument_ids=draft.instrument_ids,
        cancels_on_fault=draft.cancels_on_fault,
        settings=settings_text(draft.settings),
    )


def _add(part: StrategyPart, desk: Desk) -> None:
    section = part.section
    candidate = desk.loading.candidate(
        section.name, broker=section.broker, instrument_ids=section.instruments
    )
    strategy = make(
        part.registration.factory, candidate.context, part.settings, part.plugin, part.place
    )
    desk.loading.resume(candidate, strategy, cancels_on_fault=section.on_fault == "cancel")
