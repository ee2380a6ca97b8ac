"""Values of secrets are taken out of texts, whatever wrote them."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hexdesk.plugin import Secret
from hexdesk.plugin.redaction import LENGTH_MIN, MASK, REVEALED_MAX, redact, remember


def test_what_was_revealed_is_masked_also_in_an_url(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACME_KEY", "p@ss/w0rd?")
    Secret("env:ACME_KEY").reveal()
    assert redact("no secret here") == "no secret here"
    assert redact("https://x:p%40ss%2Fw0rd%3F@host/p@ss/w0rd?") == f"https://x:{MASK}@host/{MASK}"


@pytest.fixture(autouse=True, scope="module")
def nothing_is_remembered() -> Iterator[None]:
    """What these tests remember must not reach the texts of others."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hexdesk.plugin.redaction._revealed", {})
        yield


@given(st.text(min_size=LENGTH_MIN, max_size=40), st.text(), st.text())
def test_no_text_shows_a_value(value: str, before: str, after: str) -> None:
    remember(value)
    assert value == MASK * 2 or value not in redact(before + value + after)


def test_short_values_are_words() -> None:
    remember("abc")
    assert redact("abc") == "abc"


def test_many_are_remembered_but_not_for_ever() -> None:
    for number in range(REVEALED_MAX + 1):
        remember(f"value-{number:06}")
    assert redact("value-000000") == "value-000000"
    assert redact(f"value-{REVEALED_MAX:06}") == MASK
