"""The connections of a desk's adapters: where each stands, and who wants to know."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias

from hexdesk.domain.links import LinkObserver, LinkStatus


class LinkKind(StrEnum):
    """What is at the other end."""

    BROKER = "broker"
    FEED = "feed"


Follower: TypeAlias = Callable[[LinkKind, LinkStatus], None]


class Links:
    """Latest status of every link.

    Attributes:
        latest: By kind and section name; adapters without a connection never appear.
    """

    def __init__(self) -> None:
        self.latest: dict[tuple[LinkKind, str], LinkStatus] = {}
        self._followers: list[Follower] = []

    def observer(self, kind: LinkKind) -> LinkObserver:
        """Return what an adapter of a kind tells its changes."""

        def observe(status: LinkStatus) -> None:
            self.latest[kind, status.name] = status
            for follower in self._followers:
                follower(kind, status)

        return observe

    def follow(self, follower: Follower) -> None:
        """Tell somebody how every link stands, and every change from now on."""
        self._followers.append(follower)
        for (kind, _), status in list(self.latest.items()):
            follower(kind, status)
