"""Instruments of files: configured ones first, else by the folder, its `instruments.json`, scales.

A file lies in `.../VENUE/SYMBOL/`; its instrument is `SYMBOL.VENUE`, in capitals. Rows with a
symbol of their own have `symbol.VENUE`, and so have funding rates whose metadata name an
`instrument`; a symbol of digits alone, as the month of a future, gets the folder's name before it.
An `instruments.json` up to three folders up may describe the contract:
`{"instruments": [{"file": "VENUE/SYMBOL", "type": ..., "tick": ..., "lot": ...}]}`. What nobody
says is taken from the file's scales and the symbol; the last resort for a currency is USD. Fees
are 0 and margin is the whole value: describe an instrument in the configuration to have others.
"""

import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from hexdesk.domain.instruments import (
    Instrument,
    InstrumentKind,
    InstrumentSettings,
    make_instrument,
)
from hexdesk.domain.money import format_raw
from hexdesk.errors import DataError
from hexdesk_catalog.files import MarketFile

DESCRIPTIONS = "instruments.json"
LEVELS = 3
"""Folders that are searched for descriptions: the file's, its parent, and the one above."""

_NUMBER = re.compile(r"\d+(\.\d+)?")
_QUOTES = ("USDT", "USDC", "FDUSD", "BUSD", "USD", "EUR", "JPY", "BTC", "ETH")
_MARKS = ("PERP", "SWAP")
_FX_LENGTH = 6


class Description(msgspec.Struct, frozen=True):
    """A contract as people describe it; numbers may be followed by words."""

    file: str
    type: str = ""
    base: str = ""
    quote: str = ""
    settle: str = ""
    tick: str = ""
    lot: str = ""
    multiplier: str = ""

    def fits(self, folder: str) -> bool:
        """Whether it is about a folder as `us-equity/IBM`; patterns are separated by commas."""
        return any(fnmatchcase(folder, pattern.strip()) for pattern in self.file.split(","))


class _Descriptions(msgspec.Struct, frozen=True):
    instruments: list[Description] = []


def instrument_ids(file: MarketFile, chosen: str) -> tuple[str, ...]:
    """Return one id for each symbol of a file, or its only one: `chosen` if that is not empty."""
    folder = file.path.parent
    venue = _clean(folder.parent.name.upper()) or "FILE"
    if not file.symbols:
        symbol = _clean(file.named or folder.name) or file.path.stem
        return (chosen or f"{symbol}.{venue}",)
    return tuple(
        f"{_clean(f'{folder.name}{symbol}' if symbol.isdigit() else symbol)}.{venue}"
        for symbol in file.symbols
    )


def find_instruments(
    files: Iterable[MarketFile], chosen: str, configured: Mapping[str, Instrument]
) -> dict[str, Instrument]:
    """Return every instrument of some files, by id.

    One that is not configured gets the finest scales of its files.

    Raises:
        DataError: A description cannot be read or contradicts itself.
    """
    found: dict[str, list[MarketFile]] = {}
    for file in files:
        for instrument_id in instrument_ids(file, chosen):
            found.setdefault(instrument_id, []).append(file)
    return {
        instrument_id: configured.get(instrument_id) or _derive(instrument_id, of_it)
        for instrument_id, of_it in found.items()
    }


def currencies(symbol: str) -> tuple[str, str]:
    """Return base and quote of a symbol as `BTC-EUR`, `XRP/USDT:USDT`, `EURUSD`; "" if unknown."""
    words = re.split(r"[/_-]", symbol.partition(":")[0].upper())
    parts = [word for word in words if word not in _MARKS]
    if len(parts) > 1 and parts[1].isalpha():
        return parts[0], parts[1]
    text = parts[0] if parts else ""
    for quote in _QUOTES:
        if text.endswith(quote) and text != quote:
            return text.removesuffix(quote), quote
    if len(text) == _FX_LENGTH and text.isalpha():
        return text[:3], text[3:]
    return "", ""


def _derive(instrument_id: str, files: list[MarketFile]) -> Instrument:
    folder = files[0].path.parent
    told = _describe(folder)
    price_scale = max(file.price_scale for file in files)
    quantity_scale = max(file.size_scale for file in files)
    tick = _number(told.tick) or format_raw(1, price_scale)
    lot = _number(told.lot) or format_raw(1, quantity_scale)
    base, quote = currencies(instrument_id.rpartition(".")[0])
    inverse = "inverse" in told.type
    try:
        return make_instrument(
            instrument_id,
            InstrumentSettings(
                kind=_kind(told.type, instrument_id),
                base=told.base or (base if not told.quote else ""),
                quote=told.quote or quote or "USD",
                settle=told.settle,
                tick=tick,
                lot=lot,
                price_scale=max(price_scale, _decimals(tick)),
                quantity_scale=max(quantity_scale, _decimals(lot)),
                multiplier=_number(told.multiplier) or "1",
                inverse=inverse,
            ),
        )
    except ValueError as error:
        raise DataError(
            f"{instrument_id}: {error}", file=str(files[0].path),
            remedy=f'describe it in a section [instruments."{instrument_id}"]',
        ) from error  # fmt: skip


def _describe(folder: Path) -> Description:
    """Return what an `instruments.json` says about a folder; an empty description if none does."""
    for root in [folder, *folder.parents][:LEVELS]:
        path = root / DESCRIPTIONS
        if not path.is_file():
            continue
        try:
            found = msgspec.json.decode(path.read_bytes(), type=_Descriptions)
        except (OSError, msgspec.DecodeError) as error:
            raise DataError(
                f"no list of instruments: {error}", file=str(path), remedy="correct or move it"
            ) from error
        name = folder.relative_to(root).as_posix()
        return next((each for each in found.instruments if each.fits(name)), Description(""))
    return Description("")


def _kind(type_: str, instrument_id: str) -> InstrumentKind:
    words = f"{type_} {instrument_id if not type_ else ''}".lower()
    if "perp" in words or "swap" in words:
        return InstrumentKind.PERPETUAL
    if "future" in words:
        return InstrumentKind.FUTURE
    return InstrumentKind.EQUITY if "equity" in words else InstrumentKind.SPOT


def _clean(text: str) -> str:
    return "-".join(text.encode("ascii", "replace").decode().split())


def _number(text: str) -> str:
    found = _NUMBER.match(text)
    return found[0] if found else ""


def _decimals(text: str) -> int:
    return len(text.partition(".")[2])
