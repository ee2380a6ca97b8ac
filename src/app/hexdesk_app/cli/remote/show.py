"""What desks answer, as tables."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

from hexdesk_app.display.tables import Table, make_table

Plain = Mapping[str, Any]


def bare(name: str) -> str:
    """Return the id at the end of a resource's name."""
    return name.rpartition("/")[2]


def word(value: str) -> str:
    """Return an enumeration's value as a word: `ORDER_STATUS_FILLED` of an order is `filled`."""
    for head in _HEADS:
        if value.startswith(head):
            return value.removeprefix(head).lower().replace("_", " ")
    return value.lower()


_HEADS = (
    "ORDER_STATUS_", "ORDER_TYPE_", "TIME_IN_FORCE_", "SIDE_", "MODE_", "STATE_", "KIND_",
    "SCOPE_", "POLICY_", "LIQUIDITY_", "TRADING_STATUS_",
)  # fmt: skip


def when(text: str) -> str:
    """Return a time of the wire, RFC 3339 in UTC, as date and time with milliseconds."""
    if not text:
        return ""
    whole, _, rest = text.removesuffix("Z").partition(".")
    return f"{whole.replace('T', ' ')}.{rest[:3]:0<3}"


def money(amount: Plain | None) -> str:
    """Return an amount with its currency."""
    return f"{amount['amount']} {amount['currency']}" if amount else ""


def moneys(amounts: Iterable[Plain]) -> str:
    """Return amounts, one currency after the other."""
    return ", ".join(map(money, amounts))


def status_tables(
    desk: Plain, strategies: Iterable[Plain], positions: Iterable[Plain]
) -> list[Table]:
    """Return what `hexdesk status` shows."""
    counts = desk["counts"]
    rows = [
        ("mode", word(desk["mode"]).upper()),
        (
            "state",
            word(desk["state"]) + (f": {desk['halt_reason']}" if desk["halt_reason"] else ""),
        ),
        ("entries", _entries(desk)),
        *_arming(desk),
        ("run", desk["run_id"]),
        ("time", when(desk.get("desk_time", ""))),
        ("equity", moneys(desk["equity"])),
        ("orders", f"{counts['orders']}, open {desk['open_order_count']}"),
        ("in doubt", str(desk["doubtful_order_count"])),
        ("fills", str(counts["fills"])),
        ("denied, rejected", f"{_sum(counts['denials'])}, {_sum(counts['rejects'])}"),
        ("alerts", str(desk["alert_count"])),
        *(("queued", queued_text(each)) for each in desk["queued"]),
    ]
    head = make_table(f"desk {desk['display_name']}", ("", ""), rows)
    return [head, strategy_table(strategies), position_table(positions)]


def queued_text(verb: Plain) -> str:
    """Return a verb that waits for its broker."""
    where = f" of {bare(verb['instrument'])}" if verb["instrument"] else ""
    what = f"{verb['verb']}{where} for {bare(verb['strategy'])} at {bare(verb['account'])}"
    return f"{what}: {verb['reason']}"


def _entries(desk: Plain) -> str:
    """Return whether strategies may open anything, as far as the whole desk says so."""
    if desk["halt_reason"]:
        return "STOPPED: halted"
    return "allowed" if desk["entries_allowed"] else "STOPPED"


def _arming(desk: Plain) -> list[tuple[str, str]]:
    """Return how a live desk is armed; nothing for another one."""
    if desk["mode"] != "MODE_LIVE":
        return []
    grant = desk.get("live_grant")
    if not grant:
        return [("armed", "NO: nothing is opened")]
    account, stage = bare(grant["account"]), grant["stage_pct"]
    return [("armed", f"{account}, {stage} %, until {when(grant['expire_time'])}")]


def strategy_table(strategies: Iterable[Plain]) -> Table:
    """Return strategies."""
    headers = ("strategy", "plugin", "version", "state", "trading", "#settings", "#open", "#fills",
               "realised", "unrealised", "fees", "fault")  # fmt: skip
    rows = [
        (
            bare(each["name"]), bare(each["plugin"]), each["plugin_version"],
            word(each["state"]),
            "yes" if each["trading"] else "no", str(each["settings_revision"] or ""),
            str(each["open_order_count"]),
            str(each["fill_count"]), moneys(each["realised"]), moneys(each["unrealised"]),
            moneys(each["fees"]), each["fault"],
        )
        for each in strategies
    ]  # fmt: skip
    return make_table("strategies", headers, rows)


def position_table(positions: Iterable[Plain]) -> Table:
    """Return positions."""
    headers = ("strategy", "instrument", "+quantity", "#average", "#mark", "realised",
               "unrealised", "fees", "#liquidation")  # fmt: skip
    rows = [
        (
            bare(each["strategy"]), bare(each["instrument"]), each["quantity"], each["avg_px"],
            each["mark_price"], money(each["realised"]), money(each["unrealised"]),
            money(each["fees"]), _liquidation(each),
        )
        for each in positions
    ]  # fmt: skip
    return make_table("positions", headers, rows)


def _liquidation(position: Plain) -> str:
    """Return where a position would be liquidated, and how far that is."""
    if not position["liquidation_price"]:
        return ""
    return f"{position['liquidation_price']} ({float(position['liquidation_pct']):.1f} % away)"


def order_table(orders: Iterable[Plain]) -> Table:
    """Return orders."""
    headers = ("order", "strategy", "instrument", "side", "type", "#quantity", "#price", "#filled",
               "#average", "status", "code")  # fmt: skip
    rows = [
        (
            bare(each["name"]), bare(each["strategy"]), bare(each["instrument"]),
            word(each["side"]), word(each["order_type"]), each["quantity"], each["price"],
            each["cum_qty"], each["avg_px"], word(each["status"]), each["code"],
        )
        for each in orders
    ]  # fmt: skip
    return make_table("orders", headers, rows)


def fill_table(fills: Iterable[Plain]) -> Table:
    """Return fills."""
    headers = ("time", "order", "strategy", "instrument", "side", "#quantity", "#price", "fee")
    rows = [
        (
            when(each.get("receive_time", "")), bare(each["order"]), bare(each["strategy"]),
            bare(each["instrument"]), word(each["side"]), each["last_qty"], each["last_px"],
            money(each.get("commission")),
        )
        for each in fills
    ]  # fmt: skip
    return make_table("trades", headers, rows)


def balance_table(accounts: Iterable[Plain]) -> Table:
    """Return balances of accounts."""
    headers = ("account", "currency", "#total", "#reserved", "#used", "#available", "#equity")
    keys = ("currency", "total", "reserved", "used", "available", "equity")
    rows = [
        (bare(account["name"]), *(balance[key] for key in keys))
        for account in accounts
        for balance in account["balances"]
    ]
    return make_table("balances", headers, rows)


def token_table(tokens: Iterable[Plain]) -> Table:
    """Return tokens, never their secrets."""
    rows = [
        (
            bare(each["name"]), ", ".join(map(word, each["scopes"])),
            when(each.get("expire_time", "")), when(each.get("revoke_time", "")), each["author"],
        )
        for each in tokens
    ]  # fmt: skip
    return make_table("tokens", ("token", "scopes", "expires", "revoked", "by"), rows)


def facts_table(title: str, facts: Mapping[str, Any]) -> Table:
    """Return plain facts, one a row."""
    rows = [
        (key.replace("_", " "), when(value) if key.endswith("_time") else _fact(value))
        for key, value in facts.items()
    ]
    return make_table(title, ("", ""), rows)


def _fact(value: Any) -> str:  # noqa: ANN401 - any value of JSON
    if isinstance(value, dict):
        facts = cast("dict[str, Any]", value)
        return money(facts) if set(facts) == {"amount", "currency"} else str(facts)
    if isinstance(value, list):
        return ", ".join(map(_fact, cast("Iterable[Any]", value)))
    return str(value)


def _sum(counts: Mapping[str, Any]) -> int:
    return sum(int(count) for count in counts.values())
