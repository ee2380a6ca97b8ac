"""Nothing is opened where a feed that carries it is not current, and elsewhere it is."""

import pytest

from hexdesk.application.alerts import AlertLog
from hexdesk.application.orders.standing import Standing
from hexdesk.application.pulse import Pulse
from hexdesk.domain.commands import ClearReducing, SetReducing
from hexdesk.domain.links import LinkState, LinkStatus
from hexdesk_app.running.feed_gate import FeedGate, Listings
from hexdesk_app.running.links import LinkKind

X, Y, Z = "X.ONE", "Y.TWO", "Z.NOBODY"


class Site:
    """A gate between feeds whose links change, and a desk that comes to its inputs when told."""

    def __init__(self, **listed: list[str]) -> None:
        self.listings = Listings(listed)
        for name, ids in listed.items():
            self.listings.note(name, ids)
        self.statuses: dict[tuple[LinkKind, str], LinkStatus] = {}
        self.waiting: list[SetReducing | ClearReducing] = []
        self.standing = Standing(AlertLog(), Pulse())
        self.gate = FeedGate(
            self.standing, self.waiting.append, lambda: 7, self.listings, self.statuses
        )

    def link(self, name: str, state: LinkState) -> None:
        """Let a feed's link change."""
        status = LinkStatus(name, state, 0, 0, "", 0, is_alerting=False, ts_init=0)
        self.statuses[LinkKind.FEED, name] = status
        self.gate.on_link(status)

    def shut(self) -> set[str]:
        """Let the desk come to its inputs; return what opens nothing then."""
        while self.waiting:
            self.standing.reduce(self.waiting.pop(0))
        return set(self.standing.reducing)


def test_a_feed_shuts_what_it_carries_and_nothing_else() -> None:
    site = Site(one=[X], two=[Y])
    site.gate.watch([X, Y])
    site.link("one", LinkState.LIVE)
    site.link("two", LinkState.STALE)
    assert site.shut() == {Y}
    site.link("one", LinkState.BACKING_OFF)
    assert site.shut() == {X, Y}
    site.link("two", LinkState.LIVE)
    assert site.shut() == {X}
    assert site.standing.reducing[X] == {"FEED_STALE": "feed one: backing_off"}


def test_what_two_feeds_carry_opens_when_both_are_back() -> None:
    site = Site(one=[X], two=[X])
    site.gate.watch([X])
    site.link("one", LinkState.STALE)
    site.link("two", LinkState.STALE)
    site.link("two", LinkState.LIVE)
    assert site.shut() == {X}
    site.link("one", LinkState.LIVE)
    assert site.shut() == set()


def test_a_feed_that_is_back_before_the_desk_heard_of_its_loss_does_not_stay_shut() -> None:
    site = Site(one=[X])
    site.gate.watch([X])
    site.link("one", LinkState.STALE)
    site.link("one", LinkState.LIVE)
    assert site.shut() == set()


def test_one_change_is_said_once() -> None:
    site = Site(one=[X])
    site.gate.watch([X])
    site.link("one", LinkState.STALE)
    site.link("one", LinkState.BACKING_OFF)
    assert len(site.waiting) == 1
    for state in (LinkState.STALE, LinkState.BACKING_OFF, LinkState.CONNECTING):
        site.link("one", state)
        assert site.shut() == {X}
    site.link("one", LinkState.LIVE)
    site.shut()
    site.link("one", LinkState.LIVE)
    assert not site.waiting


def test_what_the_run_before_left_shut_is_opened_by_a_feed_that_is_current() -> None:
    site = Site(one=[X])
    site.standing.reduce(SetReducing(X, "FEED_STALE", "feed one: stale", 1))
    site.link("one", LinkState.LIVE)
    site.gate.watch([X])
    assert site.shut() == set()


def test_what_is_watched_later_is_shut_at_once() -> None:
    site = Site(one=[X])
    site.link("one", LinkState.STALE)
    assert site.shut() == set()
    site.gate.watch([X])
    assert site.shut() == {X}


@pytest.mark.parametrize("listed", [[], [X]], ids=["nothing", "something"])
def test_what_nobody_lists_is_asked_of_who_may_have_it(listed: list[str]) -> None:
    """Of a feed without a list at once; of others once all were reached, so that one refuses."""
    listings = Listings(["one", "two"])
    listings.note("one", listed)
    assert listings.carries("one", Z) is not bool(listed)
    assert listings.carries("two", Z)
    listings.note("two", [Y])
    assert listings.carries("one", Z)
    assert not listings.carries("one", Y)
    assert listings.carries("two", Y)
