"""Tokens: who may do what, for how long."""

import pytest

from hexdesk.ports.control import (
    ControlError,
    EventFilter,
    Reason,
    Scope,
)
from hexdesk.ports.control_requests import (
    CreateToken,
    GetDesk,
    Halt,
    ListTokens,
    RevokeToken,
)
from tests.core.application.control.every_request import outcome
from tests.core.application.control.rig import ADMIN, ControlRig


@pytest.fixture
def kept(rig: ControlRig) -> ControlRig:
    """A desk that has a token for whoever looks after it."""
    rig.tell(CreateToken(name="root", scopes=frozenset(Scope)))
    return rig


def test_the_first_token_must_be_able_to_make_others_and_the_last_one_stays(
    rig: ControlRig,
) -> None:
    reader = CreateToken(name="bot", scopes=frozenset({Scope.READ}))
    assert outcome(rig, reader, ADMIN) is Reason.STATE_WRONG
    assert rig.control.identify("", "p").subject == "local"
    rig.tell(CreateToken(name="root", scopes=frozenset(Scope)))
    rig.tell(reader)
    assert outcome(rig, RevokeToken(name="root"), ADMIN) is Reason.STATE_WRONG
    rig.tell(CreateToken(name="other", scopes=frozenset(Scope)))
    assert rig.tell(RevokeToken(name="root")).revoke_ns


def test_without_any_token_whoever_is_here_may_do_everything(rig: ControlRig) -> None:
    assert rig.control.identify("", "p").scopes == frozenset(Scope)
    rig.tell(CreateToken(name="root", scopes=frozenset(Scope)))
    for secret in ("", "guess", "hdx_"):
        with pytest.raises(ControlError) as caught:
            rig.control.identify(secret, "p")
        assert caught.value.reason is Reason.TOKEN_INVALID


def test_a_token_allows_what_it_says_until_it_ends(kept: ControlRig) -> None:
    rig = kept
    wanted = CreateToken(name="bot", scopes=frozenset({Scope.READ, Scope.TRADE}), ttl_ns=10**9)
    made = rig.tell(wanted)
    assert made.token.author == "ann"
    caller = rig.control.identify(made.secret, "p")
    assert (caller.subject, caller.scopes) == ("bot", wanted.scopes)
    assert outcome(rig, Halt(), caller) is Reason.SCOPE_MISSING
    rig.control = rig.make_control()
    assert rig.control.identify(made.secret, "p") == caller
    rig.clock.advance_by(2 * 10**9)
    assert outcome(rig, GetDesk(), caller) is Reason.TOKEN_INVALID
    with pytest.raises(ControlError):
        rig.control.identify(made.secret, "p")


def test_a_revoked_token_ends_at_once_its_streams_too(kept: ControlRig) -> None:
    rig = kept
    made = rig.tell(CreateToken(name="bot", scopes=frozenset({Scope.READ})))
    caller = rig.control.identify(made.secret, "p")
    feed = rig.control.follow(caller, EventFilter())
    while feed.read(10) is not None:
        pass
    woken: list[int] = []
    feed.wake(lambda: woken.append(1))
    assert rig.tell(RevokeToken(name="bot")).revoke_ns
    assert woken
    with pytest.raises(ControlError):
        feed.read(10)
    assert outcome(rig, GetDesk(), caller) is Reason.TOKEN_INVALID
    assert [each.name for each in rig.ask(ListTokens()).items] == ["bot", "root"]


def test_a_secret_is_shown_once_and_kept_nowhere(kept: ControlRig) -> None:
    rig = kept
    wanted = CreateToken(name="bot", scopes=frozenset({Scope.READ}), request_id="k")
    secret = rig.tell(wanted).secret
    assert secret
    assert rig.tell(wanted).secret == ""
    noted = repr(
        (rig.answers.records, rig.audit.entries, rig.tokens.records, rig.ask(ListTokens()))
    )
    assert secret not in noted
    assert "secret2" not in noted


@pytest.mark.parametrize("name", ["", "local", "Bot", "a b", "-a", "x" * 64, "ü"])
def test_a_tokens_name_is_plain(rig: ControlRig, name: str) -> None:
    wanted = CreateToken(name=name, scopes=frozenset({Scope.READ}))
    assert outcome(rig, wanted, ADMIN) is Reason.FIELD_INVALID


def test_a_name_is_never_used_twice(kept: ControlRig) -> None:
    rig = kept
    wanted = CreateToken(name="bot", scopes=frozenset({Scope.READ}))
    rig.tell(wanted)
    rig.tell(RevokeToken(name="bot"))
    assert outcome(rig, wanted, ADMIN) is Reason.FIELD_INVALID
