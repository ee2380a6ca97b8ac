"""Verbs that cannot be taken back are tried only, until a live desk's account is typed out."""

import re
from collections.abc import Iterator

import click
import pytest
from msgspec.structs import replace

from hexdesk.testing.strategy import WIDE_LIMITS
from tests.app.cli.conftest import Run
from tests.app.cli.remote.conftest import ServedDesk, serve
from tests.app.cli.test_areas import VERBS
from tests.architecture.docs import rows, section

WORDS = {
    "config reload": (),
    "config rollback": ("1",),
    "flatten": (),
    "orders resolve": ("none", "--as", "absent"),
    "reconcile resolve": ("venue", "1", "--policy", "ignore"),
    "risk rearm": (),
    "risk set": ("order_quantity_max", "2000"),
    "shutdown": (),
    "stop": ("-s", "a"),
    "strategy stop": ("a",),
    "strategy unload": ("a",),
}
"""Arguments of each verb."""
IMPOSSIBLE = {"orders resolve", "reconcile resolve", "strategy unload"}
"""Refused by this desk for another reason in the end: a dry run already says so."""


@pytest.fixture
def live(hexdesk: Run) -> Iterator[ServedDesk]:
    limits = replace(WIDE_LIMITS, order_quantity_max="1000")
    with serve(hexdesk, mode="live", limits=limits) as served:
        yield served


def options(verb: click.Command) -> set[str]:
    return {option for parameter in verb.params for option in parameter.opts}


def test_each_verb_of_the_guide_takes_the_account_and_no_other_asks_twice() -> None:
    table = rows(section("control.md", "Which desk is meant"), "wants the account's id")
    named = {verb for row in table for verb in re.findall(r"`([a-z ]+)`", row[1])}
    assert named == {name for name, verb in VERBS.items() if "--yes" in options(verb)}
    assert named - {"live arm"} == set(WORDS)
    assert all("--account" in options(VERBS[name]) for name in WORDS)


@pytest.mark.parametrize("name", WORDS)
def test_it_is_said_twice_with_the_account_or_only_tried(live: ServedDesk, name: str) -> None:
    words = (*name.split(), *WORDS[name], "--reason", "x")
    before = live.do(lambda rig: len(rig.records))
    for said in ((), ("--yes",), ("--account", "venue-1")):
        answer = live(*words, *said)
        if name not in IMPOSSIBLE:
            assert (answer.code, "type the account's id" in answer.err) == (6, True), answer.err
        assert answer.code in {2, 4, 6}
    other = live(*words, "--yes", "--account", "another")
    assert (other.code, "account_id" in other.err) == (4, True)
    assert live.do(lambda rig: len(rig.records)) == before, "nothing was done"
    own = live.do(lambda rig: rig.account.id)
    meant = live(*words, "--yes", "--account", own)
    assert "account_id" not in meant.err
    assert (meant.code == 0) is (name not in IMPOSSIBLE), meant.err


def test_a_desk_on_paper_asks_nothing(desk: ServedDesk) -> None:
    assert desk("flatten").code == 0
    assert desk("strategy", "stop", "a").code == 0
