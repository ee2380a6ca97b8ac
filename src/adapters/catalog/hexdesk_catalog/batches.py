"""Rows of a file as columns of Python integers, checked, at the scales of their instruments.

Checks run on whole columns; only where one fails are single rows looked at.
"""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from hexdesk.domain.instruments import Instrument
from hexdesk.domain.money import pow10
from hexdesk.errors import DataError
from hexdesk.ports.recordings import ProblemLog
from hexdesk_catalog.arrow import READ_ERRORS, Column, Records, arrow, compute, parquet
from hexdesk_catalog.files import MarketFile, damaged
from hexdesk_catalog.instruments import instrument_ids
from hexdesk_catalog.kinds import (
    BARS,
    DEPTH,
    QUOTE_BARS,
    SYMBOL,
    TRADE_ID,
    TRADES,
    TS_INIT,
)

BATCH_ROWS = 16_384
SORTED_KINDS = (BARS, QUOTE_BARS)
"""Read as a whole and played by their ends: their files are often sorted by contract."""

_ROW = "row"


class Batch(msgspec.Struct):
    """Some rows of a file, column by column.

    Attributes:
        ids: Instrument id of each row.
        columns: Integers by column name; `ts_init` is always among them, rows are numbered in
            `row`.
        trade_ids: Of trades; empty texts where the file has none.
        usable: Whether each row is well formed; None if all are. Only rows of depth are kept where
            they are not: they may still end a message.
    """

    ids: list[str]
    columns: dict[str, list[int]]
    trade_ids: list[str]
    usable: list[bool] | None

    def __getitem__(self, name: str) -> list[int]:
        """Return a column."""
        return self.columns[name]


class BatchReader:
    """Reads one file.

    Raises:
        DataError: From `batches`: the file is damaged, or a number does not fit the scale or the
            64 bits that an instrument gives it.
    """

    def __init__(
        self,
        file: MarketFile,
        chosen: str,
        instruments: Mapping[str, Instrument],
        log: ProblemLog,
    ) -> None:
        self._file = file
        self._name = str(file.path)
        self._log = log
        self._latest = 0
        self._ids = instrument_ids(file, chosen)
        ours = [instruments[instrument_id] for instrument_id in self._ids]
        self._price_shifts = [each.price_scale - file.price_scale for each in ours]
        self._size_shifts = [each.quantity_scale - file.size_scale for each in ours]

    def batches(self) -> Iterator[Batch]:
        """Yield the rows of the file in order; malformed ones are reported."""
        row = 1
        try:
            for records in self._records():
                yield self._batch(records)
                row += len(records)
        except READ_ERRORS as error:
            raise damaged(self._file.path, error, row) from error

    def _records(self) -> Iterator[Records]:
        """Yield record batches that carry the numbers of their rows."""
        file = self._file
        names = {*file.kind.columns, TS_INIT, SYMBOL, TRADE_ID} & file.columns
        row = 1
        with parquet.ParquetFile(file.path) as source:
            if file.kind.name in SORTED_KINDS:
                table = source.read(columns=[*names])
                table = table.append_column(_ROW, _numbers(1, len(table)))
                table = table.sort_by(file.time)  # stable
                yield from table.combine_chunks().to_batches(max_chunksize=BATCH_ROWS)
                return
            for records in source.iter_batches(batch_size=BATCH_ROWS, columns=[*names]):
                yield records.append_column(_ROW, _numbers(row, len(records)))
                row += len(records)

    def _batch(self, records: Records) -> Batch:
        kind = self._file.kind
        columns = {name: records.column(name).cast(arrow.int64()) for name in kind.columns}
        columns[_ROW] = records.column(_ROW)
        columns[TS_INIT] = records.column(self._file.time).cast(arrow.int64())
        codes = self._codes(records)
        if codes is not None:
            columns[SYMBOL] = codes
        trade_ids = _trade_ids(records) if kind.name == TRADES else None
        usable = self._usable(columns)
        if usable is not None and kind.name != DEPTH:
            columns = {name: column.filter(usable) for name, column in columns.items()}
            trade_ids = trade_ids.filter(usable) if trade_ids is not None else None
            usable = None
        elif usable is not None:
            columns = {name: column.fill_null(0) for name, column in columns.items()}
        self._note_backward(columns, usable)
        for names, shifts in ((kind.prices, self._price_shifts), (kind.sizes, self._size_shifts)):
            for name in names:
                columns[name] = self._rescale(name, columns, shifts)
        return Batch(
            ids=self._row_ids(columns),
            columns={name: column.to_pylist() for name, column in columns.items()},
            trade_ids=trade_ids.to_pylist() if trade_ids is not None else [],
            usable=usable.to_pylist() if usable is not None else None,
        )

    def _codes(self, records: Records) -> Column | None:
        """Return the number of each row's symbol, None for a file without symbols."""
        if not self._file.symbols:
            return None
        symbols = records.column(SYMBOL).cast(arrow.string())
        known = arrow.array(self._file.symbols, arrow.string())
        return compute.index_in(symbols, value_set=known).cast(arrow.int64())

    def _row_ids(self, columns: dict[str, Column]) -> list[str]:
        codes = columns.get(SYMBOL)
        if codes is None:
            return [self._ids[0]] * len(columns[_ROW])
        ids = self._ids
        return [ids[code] for code in codes.to_pylist()]

    # --- what may be wrong --------------------------------------------------------------------

    def _usable(self, columns: dict[str, Column]) -> Column | None:
        """Report malformed rows; return a mask of the others, None if all are well formed."""
        found = [
            (text, compute.fill_null(mask, fill_value=False))
            for text, mask in _faults(self._file.kind.name, self._file.kind.sizes, columns)
        ]
        found = [(text, mask) for text, mask in found if compute.any(mask).as_py()]
        if not found:
            return None
        bad = found[0][1]
        for _, mask in found[1:]:
            bad = compute.or_(bad, mask)
        texts = [text for text, _ in found]
        rows = columns[_ROW].filter(bad).to_pylist()
        for row, *faults in zip(
            rows, *(mask.filter(bad).to_pylist() for _, mask in found), strict=True
        ):
            self._log.add(self._name, row, texts[faults.index(True)])
        return compute.invert(bad)

    def _note_backward(self, columns: dict[str, Column], usable: Column | None) -> None:
        """Report well-formed rows that go back in time; they are played where they stand."""
        times, rows = columns[TS_INIT], columns[_ROW]
        if usable is not None:
            times, rows = times.filter(usable), rows.filter(usable)
        if not len(times):
            return
        earlier = arrow.concat_arrays([arrow.array([self._latest], arrow.int64()), times[:-1]])
        back = compute.subtract(earlier, times)
        self._latest = times[-1].as_py()
        mask = compute.greater(back, 0)
        if not compute.any(mask).as_py():
            return
        late = zip(rows.filter(mask).to_pylist(), back.filter(mask).to_pylist(), strict=True)
        for row, step in late:
            self._log.add(
                self._name, row, f"ts_init went back by {step} ns; played where it stands"
            )

    def _rescale(self, name: str, columns: dict[str, Column], shifts: Sequence[int]) -> Column:
        """Return a column at the scales of its instruments, exactly."""
        column = columns[name]
        if not any(shifts):
            return column
        ups = arrow.array([pow10(max(shift, 0)) for shift in shifts], arrow.int64())
        downs = arrow.array([pow10(max(-shift, 0)) for shift in shifts], arrow.int64())
        codes = columns.get(SYMBOL)
        up, down = (ups[0], downs[0]) if codes is None else (ups.take(codes), downs.take(codes))
        whole = compute.divide(column, down)
        inexact = compute.not_equal(compute.multiply(whole, down), column)
        if compute.any(inexact).as_py():
            row = columns[_ROW].filter(inexact)[0].as_py()
            raise DataError(
                f"{name} has more decimals than the configured instrument", file=self._name,
                row=row, remedy="raise its price_scale or quantity_scale",
            )  # fmt: skip
        return compute.multiply_checked(whole, up)


def _faults(
    kind: str, sizes: tuple[str, ...], columns: dict[str, Column]
) -> list[tuple[str, Column]]:
    """Return what may be wrong with rows, and a mask of the rows of which it is true."""
    found = [(f"{name} is missing", column.is_null()) for name, column in columns.items()]
    found += [(f"{name}: expected 0 or more", compute.less(columns[name], 0)) for name in sizes]
    found += [
        (f"{name}: expected nanoseconds since 1970", compute.less_equal(column, 0))
        for name, column in columns.items()
        if name.startswith("ts_")
    ]
    for name, choices in (("side", [1, -1]), ("aggressor", [1, 0, -1])):
        if name in columns:
            known = compute.is_in(columns[name], value_set=arrow.array(choices, arrow.int64()))
            found.append((f"{name}: expected one of {choices}", compute.invert(known)))
    if kind == BARS:
        high, low = columns["high"], columns["low"]
        for name in ("open", "close"):
            inside = compute.and_(
                compute.less_equal(low, columns[name]), compute.less_equal(columns[name], high)
            )
            found.append((f"expected low <= {name} <= high", compute.invert(inside)))
    if kind in SORTED_KINDS:
        short = compute.less_equal(columns["ts_close"], columns["ts_event"])
        found.append(("expected ts_close after ts_event", short))
    return found


def _trade_ids(records: Records) -> Column:
    if TRADE_ID not in records.schema.names:
        return arrow.repeat("", len(records))
    return records.column(TRADE_ID).cast(arrow.string()).fill_null("")


def _numbers(first: int, count: int) -> Column:
    return arrow.array(range(first, first + count), arrow.int64())
