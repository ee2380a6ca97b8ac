"""What settings mean, in words."""

from enum import StrEnum
from typing import Annotated, Literal

import pytest
from msgspec import Meta

from hexdesk_app.docstrings import attribute_texts, type_words


class Colour(StrEnum):
    """Colours."""

    RED = "red"
    BLUE = "blue"


class Documented:
    """A class.

    Attributes:
        first: One line.
        second (int): Two lines,
            of which this: is the second.
        third:
            Alone.

    More text: not an attribute.
    """


class Inheriting(Documented):
    """A class with more.

    Attributes:
        third: Told anew.
        fourth: Its own.
    """


class Silent(Inheriting):
    __doc__ = None


class Plain:
    """No attributes."""


def test_texts_come_out_of_the_docstring() -> None:
    assert attribute_texts(Documented) == {
        "first": "One line.",
        "second": "Two lines, of which this: is the second.",
        "third": "Alone.",
    }
    assert attribute_texts(Plain) == attribute_texts(type("Bare", (), {})) == {}


def test_what_is_inherited_is_told_by_the_base() -> None:
    own = {"third": "Told anew.", "fourth": "Its own."}
    assert attribute_texts(Inheriting) == attribute_texts(Documented) | own
    assert attribute_texts(Silent) == attribute_texts(Inheriting)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (int, "whole number"),
        (str | None, "text"),
        (Annotated[float, Meta(ge=0, le=1000)], "number, 0 to 1,000"),
        (Annotated[int, Meta(gt=0)], "whole number, above 0"),
        (Annotated[int, Meta(lt=9)], "whole number, below 9"),
        (Annotated[int, Meta(gt=0, lt=9)], "whole number, above 0, below 9"),
        (Annotated[int, Meta(gt=0, le=9)], "whole number, above 0, at most 9"),
        (Annotated[int, Meta(ge=1, lt=9)], "whole number, at least 1, below 9"),
        (Literal["a", "b"], "a or b"),
        (Colour, "red or blue"),
        (tuple[str, ...], "list of text"),
        (dict[str, object], "table"),
        (Plain, "Plain"),
    ],
)
def test_types_in_words(kind: object, words: str) -> None:
    assert type_words(kind) == words
