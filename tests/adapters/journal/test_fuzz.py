"""Whatever is done to a journal's bytes, what is read of it is what was written, or nothing.

A small number of mutations by default; `HEXDESK_FUZZ=1000000` sets another, `HEXDESK_FUZZ_SEED`
the first seed. A failure names the mutation's seed: with that one and `HEXDESK_FUZZ=1` it is done
again.
"""

import os
import random
import tempfile
import zlib
from collections.abc import Callable
from itertools import count
from pathlib import Path

import msgspec
import pytest

from hexdesk.errors import DataError
from hexdesk.ports.journal import JournalRecord
from hexdesk.testing.journal_kit import SAMPLE_RECORDS
from hexdesk_journal.file import FileJournal
from hexdesk_journal.framing import MARKER
from hexdesk_journal.segments import HeaderError, Segment, decode_header
from hexdesk_journal.settings import JournalSettings
from tests.adapters.journal.samples import context, order

COUNT = int(os.environ.get("HEXDESK_FUZZ", "4000"))
SEED = int(os.environ.get("HEXDESK_FUZZ_SEED", "1"))
ON_DISK_SHARE = 40
"""One in so many mutations is also opened as a journal on the disk."""
FORMAT_1 = Path(__file__).parent / "format1" / "00000001.seg"


class Sample(msgspec.Struct, frozen=True):
    """A sound segment.

    Attributes:
        data: Its bytes.
        ends: Where its header and each of its frames end.
        batches: Records of each frame.
        version: Of its format.
    """

    data: bytes
    ends: tuple[int, ...]
    batches: tuple[list[JournalRecord], ...]
    version: int

    def frame(self, number: int) -> bytes:
        """Return the bytes of a frame, from 0."""
        return self.data[self.ends[number] : self.ends[number + 1]]


Mutation = Callable[[random.Random, Sample], bytes]


def sample_of(data: bytes) -> Sample:
    """Take a sound segment apart."""
    segment = opened(data)
    reader = segment.reader()
    ends, batches = [segment.frames_from], list[list[JournalRecord]]()
    for batch in reader.batches():
        batches.append(batch)
        ends.append(reader.offset)
    assert reader.problem is None
    return Sample(data, (*ends[:1], *ends[2:], reader.offset), tuple(batches), segment.version)


def opened(data: bytes) -> Segment:
    header, version, frames_from = decode_header(data)
    return Segment(Path("fuzz"), data, version, header, frames_from)


def written(folder: Path) -> bytes:
    """Write a segment with frames of many sizes and return its bytes."""
    journal = FileJournal(context(folder), JournalSettings(sync="none"))
    for number, size in enumerate((1, 4, 2, 7, 1, 3, 1)):
        for place in range(size):
            journal.append(SAMPLE_RECORDS[(number * 5 + place) % len(SAMPLE_RECORDS)])
            journal.append(order(number))
        journal.commit()
    journal.close()
    return (journal.folder / "00000001.seg").read_bytes()


# --------------------------------------------------------------------------------------------------
# What is done to the bytes


def flip_bits(rng: random.Random, sample: Sample) -> bytes:
    data = bytearray(sample.data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(data)


def overwrite(rng: random.Random, sample: Sample) -> bytes:
    data = bytearray(sample.data)
    begin = rng.randrange(len(data))
    for place in range(begin, min(begin + rng.randrange(1, 64), len(data))):
        data[place] = rng.choice((0, 255, rng.randrange(256)))
    return bytes(data)


def insert(rng: random.Random, sample: Sample) -> bytes:
    place = rng.randrange(len(sample.data) + 1)
    new = rng.choice((rng.randbytes(rng.randrange(1, 40)), MARKER, bytes(rng.randrange(1, 600))))
    return sample.data[:place] + new + sample.data[place:]


def delete(rng: random.Random, sample: Sample) -> bytes:
    place = rng.randrange(len(sample.data))
    return sample.data[:place] + sample.data[place + rng.randrange(1, 64) :]


def truncate(rng: random.Random, sample: Sample) -> bytes:
    return sample.data[: rng.choice((rng.randrange(len(sample.data)), rng.choice(sample.ends)))]


def repeat_frame(rng: random.Random, sample: Sample) -> bytes:
    frame = sample.frame(rng.randrange(len(sample.batches)))
    place = rng.choice(sample.ends)
    return sample.data[:place] + frame + sample.data[place:]


def swap_frames(rng: random.Random, sample: Sample) -> bytes:
    order = list(range(len(sample.batches)))
    one, other = rng.sample(order, 2)
    order[one], order[other] = order[other], order[one]
    return sample.data[: sample.ends[0]] + b"".join(map(sample.frame, order))


def drop_frame(rng: random.Random, sample: Sample) -> bytes:
    number = rng.randrange(len(sample.batches) - 1)
    return sample.data[: sample.ends[number]] + sample.data[sample.ends[number + 1] :]


def copy_within(rng: random.Random, sample: Sample) -> bytes:
    size = rng.randrange(1, 200)
    source, target = (rng.randrange(len(sample.data)) for _ in range(2))
    chunk = sample.data[source : source + size]
    return sample.data[:target] + chunk + sample.data[target + len(chunk) :]


def edit_and_check(rng: random.Random, sample: Sample) -> bytes:
    """Change a frame by hand and compute its checksum again: only the chain can tell."""
    number = rng.randrange(len(sample.batches))
    frame = bytearray(sample.frame(number))
    frame[rng.randrange(8, len(frame))] ^= 1 << rng.randrange(8)
    frame[4:8] = zlib.crc32(frame[8:]).to_bytes(4, "little")
    return sample.data[: sample.ends[number]] + frame + sample.data[sample.ends[number + 1] :]


MUTATIONS: list[Mutation] = [
    flip_bits, overwrite, insert, delete, truncate, repeat_frame, swap_frames, drop_frame,
    copy_within,
]  # fmt: skip
BY_HAND: list[Mutation] = [edit_and_check]


# --------------------------------------------------------------------------------------------------
# What must hold


def common_prefix(one: bytes, other: bytes) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def check_reading(sample: Sample, data: bytes) -> None:
    """Every frame before the first changed byte is read, and nothing else is."""
    sound = common_prefix(sample.data, data)
    try:
        segment = opened(data)
    except (HeaderError, DataError):
        assert sound < sample.ends[0], "a sound header was refused"
        return
    assert sound >= sample.ends[0], "a changed header was taken"
    reader = segment.reader()
    found = list(reader.batches())
    whole = sum(end <= sound for end in sample.ends) - 1
    assert found == list(sample.batches[:whole])
    assert reader.offset == sample.ends[whole]
    assert (reader.problem is None) is (reader.offset == len(data))


def check_opening(folder: Path, sample: Sample, data: bytes) -> None:
    """A desk that starts on it is refused, or has what is before the first changed byte."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        path = Path(name) / "journal" / "00000001.seg"
        path.parent.mkdir()
        path.write_bytes(data)
        try:
            journal = FileJournal(context(Path(name)), JournalSettings(sync="none"))
        except DataError:
            return
        try:
            found = list(journal.records())
        finally:
            journal.close()
    sound = common_prefix(sample.data, data)
    whole = max(sum(end <= sound for end in sample.ends) - 1, 0)
    assert found == [record for batch in sample.batches[:whole] for record in batch]


@pytest.mark.timeout(60 + COUNT // 100)
def test_nothing_false_is_read_whatever_happens_to_the_bytes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("ERROR", "hexdesk.journal")  # thousands of torn tails
    samples = [sample_of(written(tmp_path)), sample_of(FORMAT_1.read_bytes())]
    assert [sample.version for sample in samples] == [2, 1]
    left = COUNT
    for seed in count(SEED):
        if not left:
            break
        rng = random.Random(seed)
        sample = samples[rng.randrange(8) == 0]
        mutate = rng.choice(MUTATIONS + BY_HAND if sample.version > 1 else MUTATIONS)
        data = mutate(rng, sample)
        if data == sample.data:
            continue
        left -= 1
        try:
            check_reading(sample, data)
            if seed % ON_DISK_SHARE == 0:
                check_opening(tmp_path, sample, data)
        except Exception as error:
            error.add_note(f"HEXDESK_FUZZ_SEED={seed} ({mutate.__name__})")
            raise


@pytest.mark.parametrize("mutate", MUTATIONS + BY_HAND, ids=lambda mutate: mutate.__name__)
def test_every_mutation_changes_something(mutate: Mutation, tmp_path: Path) -> None:
    sample = sample_of(written(tmp_path))
    rng = random.Random(SEED)
    assert sum(mutate(rng, sample) != sample.data for _ in range(20)) >= 15
