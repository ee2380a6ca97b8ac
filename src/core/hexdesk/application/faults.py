"""What code of others may raise, and how it is told."""

from hexdesk.application.soundness import plain_text

FAULTS = (Exception, SystemExit)
"""What a plugin may raise without harm to anybody else; an interrupt is the user's."""
TEXT_LENGTH_MAX = 500


def describe(error: BaseException) -> str:
    """Return an error with the place it was raised at, for people; never the whole traceback."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f" ({place.tb_frame.f_code.co_name}, line {place.tb_lineno})" if place else ""
    try:
        text = str(error)[:TEXT_LENGTH_MAX]
    except FAULTS:
        text = "its text cannot be shown"
    return plain_text(f"{type(error).__name__}: {text}{where}")
