"""`hexdesk doctor`: what it looks at, and the exit code."""

import pytest

from tests.app.cli.conftest import Answer, Run


def outcomes(answer: Answer) -> dict[str, str]:
    return {each["code"]: each["outcome"] for each in answer.data["checks"]}


def test_a_sound_place_passes(hexdesk: Run) -> None:
    """D43, E44: the list before going live looks itself through."""
    answer = hexdesk("doctor", "--json")
    found = outcomes(answer)
    assert (answer.code, answer.data["ok"]) == (0, True)
    for code in ("PYTHON", "PACKAGES", "CONFIGURATION", "STATE_FOLDER", "PLUGINS", "DESK_MADE"):
        assert found[code] == "passed"
    assert found["JOURNAL"] == found["DESK_RUNS"] == "skipped"
    table = hexdesk("doctor")
    assert (table.code, "The state folder can be written" in table.out) == (0, True)


@pytest.mark.parametrize(
    ("setting", "code", "said"),
    [
        ("desk.sede=1", "CONFIGURATION", "desk.sede"),
        ("strategies.turner.plugin=nope", "PLUGINS", "nope"),
        ("desk.state_path=plugins.toml", "STATE_FOLDER", "plugins.toml"),
    ],
)
def test_what_is_wrong_fails_with_a_remedy(
    hexdesk: Run, setting: str, code: str, said: str
) -> None:
    answer = hexdesk("doctor", "--json", "--set", setting)
    assert (answer.code, answer.data["ok"]) == (1, False)
    (bad,) = (each for each in answer.data["checks"] if each["code"] == code)
    assert bad["outcome"] == "failed"
    assert said in bad["text"]
    assert bad["remedy"]


def test_a_live_desk_needs_more(hexdesk: Run) -> None:
    answer = hexdesk("doctor", "--live", "--json", "--set", "desk.mode=live")
    found = outcomes(answer)
    assert (answer.code, found["JOURNAL_KEPT"], found["MODE"]) == (1, "failed", "passed")
    assert found["ALERT_CHANNELS"] == "warned"
    assert found["KEYS"] == found["CONFORMANCE"] == "passed"
    skipped = {code for code, each in found.items() if each == "skipped"}
    assert {"KEY_RIGHTS", "CALENDAR", "VALIDATION"} <= skipped


def test_a_desk_that_is_not_there_by_name(hexdesk: Run) -> None:
    answer = hexdesk("doctor", "--json", "--desk", "nowhere")
    assert (answer.code, outcomes(answer)["DESK_RUNS"]) == (1, "failed")
