"""Client order ids: a pure function of the run and a counter."""

from base64 import b32encode
from hashlib import blake2b

PREFIX_BYTES = 5


class ClientOrderIds:
    """Numbers a run's orders upwards: `hd` + 8 letters of the run id's hash + the number.

    At most 32 letters and digits, the tightest venue rule. `count` is persisted by whoever
    continues a run, so that no id is ever used twice.
    """

    __slots__ = ("_prefix", "count")

    def __init__(self, run_id: str, count: int = 0) -> None:
        digest = blake2b(run_id.encode(), digest_size=PREFIX_BYTES).digest()
        self._prefix = f"hd{b32encode(digest).decode().lower()}"
        self.count = count

    def next(self) -> str:
        """Return the next id."""
        self.count = count = self.count + 1
        return f"{self._prefix}{count}"
