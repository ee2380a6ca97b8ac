"""Opening Parquet files: what each holds, at which scales, for which symbols."""

import re
from pathlib import Path

import msgspec

from hexdesk.domain.money import DIGITS_MAX, SCALE_MAX
from hexdesk.errors import DataError
from hexdesk_catalog.arrow import READ_ERRORS, Schema, arrow, parquet
from hexdesk_catalog.kinds import (
    FUNDING,
    PURPOSES,
    SYMBOL,
    TS_INIT,
    Kind,
    kind_of,
    other_kind_of,
)

SUFFIX = ".parquet"
FOLDER_FILES_MAX = 10_000

_STEP = re.compile(r"_(\d+)([smhd])$")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class MarketFile(msgspec.Struct, frozen=True, kw_only=True):
    """A Parquet file of market events.

    Attributes:
        path: Where it lies, absolute.
        kind: What its rows are.
        columns: Names of all its columns.
        price_scale: Decimals of its prices.
        size_scale: Decimals of its sizes.
        rate_scale: Decimals of its rates; this and both above are 0 where it has none.
        step_s: Length of its bars by its metadata; 0 if that does not say.
        symbols: Those of the symbol column, in order of first appearance; empty without one.
        named: Symbol of rates by the metadata: what lies beside them may have it row by row.
    """

    path: Path
    kind: Kind
    columns: frozenset[str]
    price_scale: int
    size_scale: int
    rate_scale: int
    step_s: int
    symbols: tuple[str, ...]
    named: str = ""

    @property
    def time(self) -> str:
        """The column that says when a row became known."""
        return TS_INIT if TS_INIT in self.columns else self.kind.time


def find_files(dataset: Path) -> tuple[list[Path], list[Path]]:
    """Return the files of a dataset: those of market events, and others that a folder holds.

    A single file is taken for one of market events without a look; `open_file` tells.

    Raises:
        DataError: There is no such file or folder, the folder holds no file of market events, or
            it holds too many.
    """
    path = dataset.resolve()
    if path.is_file():
        return [path], []
    if not path.is_dir():
        raise DataError("no such file or folder", file=str(path), remedy="check `dataset`")
    found = sorted(path.rglob(f"*{SUFFIX}"))
    if len(found) > FOLDER_FILES_MAX:
        raise DataError(
            f"expected at most {FOLDER_FILES_MAX:,} files, were {len(found):,}", file=str(path),
            remedy="name a folder further down",
        )  # fmt: skip
    others = [each for each in found if other_kind_of(_schema(each).names)]
    wanted = [each for each in found if each not in others]
    if not wanted:
        raise DataError(
            "the folder holds no Parquet file of market events", file=str(path),
            remedy="check `dataset`",
        )  # fmt: skip
    return wanted, others


def open_file(path: Path) -> MarketFile:
    """Return what a file holds.

    Raises:
        DataError: It is no Parquet file of market events, or does not say its scales.
    """
    schema = _schema(path)
    kind = kind_of(schema.names)
    if kind is None:
        other = other_kind_of(schema.names)
        raise DataError(
            f"{other}: no market events, but {PURPOSES[other]}"
            if other
            else "the columns fit no known kind",
            file=str(path),
            remedy="play trades, quotes, depth, bars, quote bars, ticks or funding",
        )
    for name in kind.columns:
        if not arrow.types.is_integer(schema.field(name).type):
            raise DataError(
                f"{name}: expected integers, was {schema.field(name).type}", file=str(path),
                remedy="store prices and sizes as integers, value * 10**scale",
            )  # fmt: skip
    raw: dict[bytes, bytes] = schema.metadata or {}
    metadata = {
        key.decode(errors="replace"): value.decode(errors="replace") for key, value in raw.items()
    }
    step = _STEP.search(metadata.get("kind", ""))
    return MarketFile(
        path=path,
        kind=kind,
        columns=frozenset(schema.names),
        price_scale=_scale(metadata, "price_scale", path) if kind.prices else 0,
        size_scale=_scale(metadata, "size_scale", path) if kind.sizes else 0,
        rate_scale=_scale(metadata, "rate_scale", path, DIGITS_MAX) if kind.name == FUNDING else 0,
        step_s=int(step[1]) * _SECONDS[step[2]] if step else 0,
        symbols=_symbols(path) if SYMBOL in schema.names else (),
        named=metadata.get("instrument", "") if kind.name == FUNDING else "",
    )


def damaged(path: Path, error: Exception, row: int = 0) -> DataError:
    """Return the error to raise for a file that pyarrow cannot read."""
    text = (str(error).splitlines() or ["unknown error"])[0]
    return DataError(
        f"cannot be read: {text[:200]}", file=str(path), row=row, remedy="fetch it again"
    )


def _schema(path: Path) -> Schema:
    try:
        return parquet.read_schema(path)
    except READ_ERRORS as error:
        raise damaged(path, error) from error


def _scale(metadata: dict[str, str], name: str, path: Path, most: int = SCALE_MAX) -> int:
    text = metadata.get(name, "")
    if not text.isdecimal() or int(text) > most:
        raise DataError(
            f"metadata {name}: expected 0 to {most}, was {text[:20]!r}", file=str(path),
            remedy="write the number of decimals into the file's key-value metadata",
        )  # fmt: skip
    return int(text)


def _symbols(path: Path) -> tuple[str, ...]:
    """Return the values of the symbol column; null is left out, its rows are malformed."""
    try:
        with parquet.ParquetFile(path) as file:
            found = file.read(columns=[SYMBOL])[SYMBOL].unique().to_pylist()
    except READ_ERRORS as error:
        raise damaged(path, error) from error
    return tuple(str(symbol) for symbol in found if symbol is not None)
