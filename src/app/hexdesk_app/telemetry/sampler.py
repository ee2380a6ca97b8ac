"""From a desk to `Readings`: called on the desk's own thread, about once a second.

What it returns is immutable, so that exporters and alert rules read it from any thread.
"""

from collections import Counter
from collections.abc import Iterable
from typing import TypeVar

from hexdesk.application.desk import Desk
from hexdesk.application.inbox import Inbox
from hexdesk.application.strategies.host import HostState
from hexdesk.domain.links import LinkStatus
from hexdesk.domain.money import currency_scale
from hexdesk.domain.risk import UNLIMITED
from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.ports.telemetry import Reading
from hexdesk_app.history.equity import equity_rows
from hexdesk_app.running.links import LinkKind, Links
from hexdesk_app.telemetry.labels import Labels

K = TypeVar("K")

RUNNING, FAULTED = HostState.RUNNING, HostState.FAULTED
ALL_ACCOUNTS = "all"


class ReadingsSampler:
    """Walks over a desk and what surrounds it."""

    def __init__(self, desk: Desk, inbox: Inbox, links: Links, labels: Labels) -> None:
        self._desk = desk
        self._inbox = inbox
        self._links = links
        self._labels = labels
        self._peaks: dict[str, float] = {}
        self._losses: Counter[tuple[LinkKind, str]] = Counter()
        self._was_live: set[tuple[LinkKind, str]] = set()
        links.follow(self._on_link)

    def sample(self, now_ns: TimeNs) -> list[Reading]:
        """Return every number of the desk; `now_ns` by its own clock."""
        return [
            *self._counts(),
            *self._orders(),
            *self._books(),
            *self._accounts(now_ns),
            *self._standing(now_ns),
            *self._markets(now_ns),
            *self._queues(),
            *self._link_states(now_ns),
        ]

    def _on_link(self, kind: LinkKind, status: LinkStatus) -> None:
        key = (kind, status.name)
        if status.is_live:
            self._was_live.add(key)
        elif key in self._was_live:
            self._was_live.discard(key)
            self._losses[key] += 1

    def _counts(self) -> Iterable[Reading]:
        counts, desk = self._desk.counts, self._desk
        for metric, value in (
            ("hexdesk.order.intents", counts.orders),
            ("hexdesk.order.fills", counts.fills),
            ("hexdesk.order.cancels", counts.cancels),
            ("hexdesk.order.amends", counts.amends),
            ("hexdesk.report.duplicates", counts.duplicates),
            ("hexdesk.report.ignored", counts.ignored),
            ("hexdesk.report.dead_letters", counts.dead_letters),
            ("hexdesk.market.unknown_instruments", counts.unknown_instruments),
            ("hexdesk.market.time_regressions", counts.time_regressions),
            ("hexdesk.desk.alerts", desk.alerts.count),
            ("hexdesk.journal.records", desk.journal.sequence),
        ):
            yield Reading(metric, (), value)
        for metric, codes in (
            ("hexdesk.order.amend_denials", counts.amend_denials),
            ("hexdesk.order.denials", counts.denials),
            ("hexdesk.order.rejects", counts.rejects),
        ):
            capped: Counter[str] = Counter()
            for code, number in codes.items():
                capped[self._labels.cap("code", code)] += number
            for code, number in capped.items():
                yield Reading(metric, (code,), number)

    def _orders(self) -> Iterable[Reading]:
        states: Counter[str] = Counter()
        doubts = 0
        for order in self._desk.execution.open.values():
            states[order.life.name.lower()] += 1
            doubts += order.doubt is not None
        for state, number in states.items():
            yield Reading("hexdesk.order.open", (state,), number)
        yield Reading("hexdesk.order.in_doubt", (), doubts)

    def _books(self) -> Iterable[Reading]:
        money: dict[tuple[str, str, str], float] = {}
        held: dict[tuple[str, str], float] = {}
        exposed: dict[tuple[str, str, str], float] = {}
        for host in self._desk.hosts.values():
            strategy = self._labels.cap("strategy", host.strategy_id)
            for ledger in host.ledgers.values():
                instrument, position = ledger.instrument, ledger.position
                unit = 10.0**-instrument.value_scale
                currency = instrument.settle
                for metric, value in (
                    ("hexdesk.pnl.realised", position.realised * unit),
                    ("hexdesk.pnl.unrealised", ledger.unrealised() * unit),
                    ("hexdesk.pnl.fees", ledger.fees * 10.0 ** -currency_scale(currency)),
                    ("hexdesk.pnl.funding", ledger.funding * 10.0 ** -currency_scale(currency)),
                ):
                    _add(money, (metric, strategy, currency), value)
                name = self._labels.cap("instrument", instrument.id)
                quantity = position.quantity * 10.0**-instrument.quantity_scale
                _add(held, (strategy, name), quantity)
                mark = ledger.market.mark
                worth = abs(instrument.value(mark, abs(position.quantity))) * unit if mark else 0.0
                _add(exposed, (strategy, name, currency), worth)
        for (metric, strategy, currency), value in money.items():
            yield Reading(metric, (strategy, currency), value)
        for pair, value in held.items():
            yield Reading("hexdesk.position.quantity", pair, value)
        for key, value in exposed.items():
            yield Reading("hexdesk.position.exposure", key, value)
        yield from self._limit_use()

    def _limit_use(self) -> Iterable[Reading]:
        """Yield the largest use of each limit; strategies under one label are not added up."""
        used: dict[tuple[str, str, str], float] = {}
        for host in self._desk.hosts.values():
            strategy = self._labels.cap("strategy", host.strategy_id)
            for instrument_id, ledger in host.ledgers.items():
                limits, instrument = self._desk.limits.of(instrument_id), ledger.instrument
                name = self._labels.cap("instrument", instrument_id)
                mark, quantity = ledger.market.mark, abs(ledger.position.quantity)
                worth = instrument.value(mark, quantity) if mark else 0
                for limit, value in (
                    ("position_notional_max", abs(worth) * 10.0**-instrument.value_scale),
                    ("open_orders_max", float(host.open_count)),
                ):
                    text = str(getattr(limits, limit))
                    if text != UNLIMITED and float(text) > 0:
                        key = (strategy, name, limit)
                        used[key] = max(used.get(key, 0.0), value / float(text))
        for key, part in used.items():
            yield Reading("hexdesk.risk.limit_use", key, part)

    def _accounts(self, now_ns: TimeNs) -> Iterable[Reading]:
        for row in equity_rows(self._desk, now_ns) if self._desk.accounts else ():
            equity = row.equity * 10.0**-row.scale
            account = row.account_id or ALL_ACCOUNTS
            yield Reading("hexdesk.account.equity", (account, row.currency), equity)
            if not row.account_id:
                peak = max(self._peaks.get(row.currency, equity), equity)
                self._peaks[row.currency] = peak
                drawdown = (peak - equity) / peak if peak > 0 else 0.0
                yield Reading("hexdesk.account.drawdown", (row.currency,), drawdown)

    def _standing(self, now_ns: TimeNs) -> Iterable[Reading]:
        standing = self._desk.execution.standing
        if standing.armed_until_ns > now_ns:
            left_s = (standing.armed_until_ns - now_ns) / NS_PER_SECOND
            yield Reading("hexdesk.live.grant_left", (), left_s)
        yield Reading("hexdesk.risk.halted", (), int(bool(standing.halted)))
        yield from self._levels()
        codes = Counter(code for texts in standing.reducing.values() for code in texts)
        for code, number in codes.items():
            yield Reading("hexdesk.risk.reducing", (self._labels.cap("code", code),), number)
        worst = Worst()
        for host in self._desk.hosts.values():
            if host.strategy is None:
                continue
            name = (self._labels.cap("strategy", host.strategy_id),)
            worst.low("hexdesk.strategy.up", name, int(host.state is RUNNING))
            worst.high("hexdesk.strategy.faulted", name, int(host.state is FAULTED))
            worst.low("hexdesk.strategy.entries_allowed", name, int(host.entries_allowed))
        yield from worst.readings()

    def _levels(self) -> Iterable[Reading]:
        worst = Worst()
        worst.high("hexdesk.risk.level", ("all", ""), 0)
        for (scope, rule), step in list(self._desk.risk.steps.items()):
            worst.high("hexdesk.risk.level", ("all", ""), int(step.level))
            key = (self._labels.cap("rule", rule), self._labels.cap("scope", scope))
            worst.high("hexdesk.risk.level", key, int(step.level))
        return worst.readings()

    def _markets(self, now_ns: TimeNs) -> Iterable[Reading]:
        worst = Worst()
        for instrument_id, market in self._desk.markets.by_id.items():
            quote = market.quote
            if quote is not None:
                age_s = max(now_ns - quote.ts_init, 0) / NS_PER_SECOND
                name = self._labels.cap("instrument", instrument_id)
                worst.high("hexdesk.market.age", (name,), age_s)
        return worst.readings()

    def _queues(self) -> Iterable[Reading]:
        inbox = self._inbox
        yield Reading("hexdesk.inbox.depth", (), len(inbox))
        yield Reading("hexdesk.inbox.conflated", (), inbox.conflated_count)
        yield Reading("hexdesk.inbox.dropped", (), inbox.dropped_count)
        yield Reading("hexdesk.inbox.overflows", (), inbox.overflow_count)
        yield Reading("hexdesk.inbox.overtaken", (), inbox.overtaken_count)

    def _link_states(self, now_ns: TimeNs) -> Iterable[Reading]:
        worst = Worst()
        for (kind, name), status in list(self._links.latest.items()):
            key = (kind.value, self._labels.cap("link", name))
            age_s = max(now_ns - status.since_ns, 0) / NS_PER_SECOND
            worst.low("hexdesk.link.up", key, int(status.is_live))
            worst.high("hexdesk.link.state_age", key, age_s)
            worst.high("hexdesk.link.attempts", key, status.attempts)
            worst.sum("hexdesk.link.losses", key, self._losses[kind, name])
            worst.sum("hexdesk.link.gaps", key, status.gap_count)
        return worst.readings()


class Worst:
    """Makes one reading of those that share the label `other`: the one to worry about."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, tuple[str, ...]], float] = {}

    def low(self, metric: str, labels: tuple[str, ...], value: float) -> None:
        """Keep the smallest."""
        key = (metric, labels)
        self._found[key] = min(value, self._found.get(key, value))

    def high(self, metric: str, labels: tuple[str, ...], value: float) -> None:
        """Keep the largest."""
        key = (metric, labels)
        self._found[key] = max(value, self._found.get(key, value))

    def sum(self, metric: str, labels: tuple[str, ...], value: float) -> None:
        """Add up."""
        _add(self._found, (metric, labels), value)

    def readings(self) -> list[Reading]:
        """Return one reading for each set of labels."""
        return [Reading(metric, labels, value) for (metric, labels), value in self._found.items()]


def _add(sums: dict[K, float], key: K, value: float) -> None:
    """Add to a sum; several values may share the label `other`."""
    sums[key] = sums.get(key, 0.0) + value
