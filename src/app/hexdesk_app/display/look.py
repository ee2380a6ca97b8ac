"""How results are shown to people; what machines read is UTC and has no colours."""

from datetime import UTC, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from hexdesk_app.display.numbers import moment

UTC_NAME = "UTC"


def find_zone(name: str) -> tzinfo:
    """Return a time zone; UTC is known also where no zone database is installed.

    Raises:
        KeyError: There is none of that name.
        OSError: As `KeyError`, for a name that is a folder of the database.
        ValueError: As `KeyError`, for a name that cannot be one.
    """
    return UTC if name == UTC_NAME else ZoneInfo(name)


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader chose.

    Attributes:
        up_color: Of gains; losses have the other one.
        zone: Name of the time zone of all times that are shown.
    """

    up_color: Literal["green", "red"] = "green"
    zone: str = UTC_NAME

    @property
    def tzinfo(self) -> tzinfo:
        """The time zone."""
        return find_zone(self.zone)

    def moment(self, ts_ns: int) -> str:
        """Return a UTC time in ns as date and time of the zone, without its name."""
        return moment(ts_ns, self.tzinfo)


PLAIN_LOOK = Look()
