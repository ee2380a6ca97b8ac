"""Use cases of capital: look at how accounts are divided, and divide them anew."""

from collections.abc import Callable
from typing import Any, TypeAlias

from msgspec.structs import replace

from hexdesk.application.control.approvals import Approvals
from hexdesk.application.control.chronicle import Chronicle
from hexdesk.application.control.errors import host_of, invalid
from hexdesk.application.desk import Desk
from hexdesk.application.risk.capital import CODE, SHARED, Part
from hexdesk.application.risk.office import RiskOffice
from hexdesk.domain.money import Money, format_raw, parse_money
from hexdesk.domain.risk import AllocateCapital, CapitalPart
from hexdesk.domain.values import MoneyRaw, TimeNs
from hexdesk.errors import ConfigError
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.control_capital import (
    CapitalChanged,
    CapitalInfo,
    DivisionInfo,
    GetCapital,
    MoveCapital,
    PartChange,
    PartInfo,
    SetCapital,
)

Show: TypeAlias = Callable[[MoneyRaw], str]


class Capitals:
    """What operators do with the capital of a desk."""

    def __init__(
        self, desk: Desk, chronicle: Chronicle, approvals: Approvals, office: RiskOffice
    ) -> None:
        self._desk = desk
        self._chronicle = chronicle
        self._approvals = approvals
        self._risk = office
        self._office = office.capital

    def get(self, _query: GetCapital) -> CapitalInfo:
        """Return how every account is divided, in each currency that its books are in."""
        return CapitalInfo(
            divisions=tuple(
                self._division(account, currency)
                for account in sorted(self._desk.accounts)
                for currency in self._office.treasury.currencies(account)
            ),
            version=self._office.version,
        )

    def set(self, request: SetCapital, now_ns: TimeNs) -> CapitalChanged:
        """Give a strategy a part of its account."""
        host = host_of(self._desk, request.strategy_id)
        account = self._desk.owners.broker_name(host)
        settled = [ledger.instrument.settle for ledger in host.ledgers.values()]
        try:
            money = self._office.treasury.read(request.capital, account, settled)
        except ConfigError as error:
            text = error.message.removeprefix("capital: ")
            raise invalid("capital", text) from error
        return self._allocate((CapitalPart(host.strategy_id, money),), request, now_ns)

    def move(self, request: MoveCapital, now_ns: TimeNs) -> CapitalChanged:
        """Take capital from one strategy, or what is left, and give it to another."""
        try:
            money = parse_money(request.amount)
        except ValueError as error:
            raise invalid("amount", str(error)) from error
        if money.amount <= 0:
            raise invalid("amount", "expected more than 0")
        if request.source == request.target:
            raise invalid("target", "expected another one than the source")
        ends = ((request.source, "source", -money.amount), (request.target, "target", money.amount))
        hosts = {host_of(self._desk, name).account.id for name, *_ in ends if name}
        if len(hosts) > 1:
            raise invalid("target", "expected a strategy of the same account as the source")
        parts = tuple(
            CapitalPart(name, self._changed(name, field, replace(money, amount=more)))
            for name, field, more in ends
            if name
        )
        return self._allocate(parts, request, now_ns)

    # --- inside --------------------------------------------------------------------------------

    def _changed(self, strategy_id: str, field: str, more: Money) -> Money:
        """Return a strategy's capital with more, or less."""
        known = self._office.division.get(strategy_id)
        if known is None:
            if more.amount < 0:
                raise invalid(field, f"{strategy_id} has no capital of its own: name no source")
            return more
        if known.currency != more.currency:
            raise invalid("amount", f"expected {known.currency}: {strategy_id} has {known}")
        if known.amount + more.amount < 0:
            raise invalid("amount", f"expected at most {known}: {strategy_id} has no more")
        return replace(known, amount=known.amount + more.amount)

    def _allocate(
        self, parts: tuple[CapitalPart, ...], request: SetCapital | MoveCapital, now_ns: TimeNs
    ) -> CapitalChanged:
        office = self._office
        version = office.version
        if request.expected_version not in {0, version}:
            raise ControlError(
                Reason.VERSION_CONFLICT,
                f"capital: expected version {request.expected_version}, was {version}",
                remedy="look again and decide anew: hexdesk risk capital",
                facts={"version": str(version)},
            )
        before = {part.strategy_id: office.division.get(part.strategy_id) for part in parts}
        command = AllocateCapital(parts, request.author, request.reason, "", now_ns)
        is_looser = office.gives_more(parts)
        needs_second = is_looser and self._risk.engine.plan.confirms_looser
        if needs_second:
            command = self._confirmed(command, request)
        else:
            self._tell(command, dry_run=request.dry_run)
        return CapitalChanged(
            changes=tuple(
                PartChange(
                    strategy_id=part.strategy_id,
                    before=_text(before[part.strategy_id]),
                    capital=_text(part.capital),
                )
                for part in parts
            ),
            is_looser=is_looser,
            needs_second=needs_second and request.dry_run,
            confirmed_by=command.confirmed_by,
            version=office.version,
        )

    def _confirmed(
        self, command: AllocateCapital, request: SetCapital | MoveCapital
    ) -> AllocateCapital:
        """Carry out what a second person agreed to; a dry run asks nobody."""
        own = replace(command, confirmed_by=SECOND)
        self._tell(own, dry_run=True)
        if request.dry_run:
            return command
        agreed = self._approvals.agreed(request.author, request, _nothing)
        command = replace(command, confirmed_by=agreed.approved_by)
        self._tell(command, dry_run=False)
        self._approvals.use(agreed.number)
        return command

    def _tell(self, command: AllocateCapital, *, dry_run: bool) -> None:
        if dry_run:
            refusal = self._risk.refusal(command)
        else:
            refusal = self._desk.command(command).refusal
            self._chronicle.catch_up()
        if refusal:
            code, _, text = refusal.partition(": ")
            remedy = "hexdesk risk capital shows what each one needs" if code == CODE else ""
            facts = {"code": code, "text": text}
            raise ControlError(Reason.STATE_WRONG, text, remedy=remedy, facts=facts)

    def _division(self, account: str, currency: str) -> DivisionInfo:
        treasury = self._office.treasury
        balance = self._desk.accounts[account].balance(currency)
        parts = treasury.parts(account, currency, self._office.division)
        left = treasury.free(account, currency, parts)
        shared = [part for part in parts if part.capital is None]
        spare = max(left + treasury.spare(shared), 0)

        def show(amount: MoneyRaw) -> str:
            return format_raw(amount, balance.scale)

        return DivisionInfo(
            account=account,
            currency=currency,
            deposited=show(balance.deposited),
            left=show(left),
            left_available=show(spare),
            parts=tuple(
                _part(part, show, spare if part.capital is None else treasury.spare([part]))
                for part in parts
            ),
        )


SECOND = "a second person"


def _part(part: Part, show: Show, spare: MoneyRaw) -> PartInfo:
    available = spare if part.capital is None else max(part.capital + spare, 0)
    own = part.kept if part.is_gone else part.capital or 0
    return PartInfo(
        strategy_id=part.strategy_id,
        capital="" if part.capital is None else show(own),
        needed=show(part.needed),
        available="0" if part.is_gone else show(available),
        reserved=show(part.reserved),
        bound=show(part.bound),
        realised_pnl=show(part.result),
        unrealised_pnl=show(part.open_result),
        is_unloaded=part.is_gone,
    )


def _text(money: Money | None) -> str:
    return SHARED if money is None else str(money)


def _nothing() -> Any:  # noqa: ANN401 - an answer that nobody reads
    """There is nothing that would be refused anyway: it was tried."""
