"""Numbered cases: what a kit checks, and when it does not apply."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import msgspec
import pytest

F = TypeVar("F", bound=Callable[..., object])

ATTRIBUTE = "hexdesk_case"


class Case(msgspec.Struct, frozen=True):
    """One case of a kit.

    Attributes:
        number: Letter of the kit and two digits; never given to another case.
        title: What must hold, as a sentence.
        needs: Without any of these the case is skipped.
    """

    number: str
    title: str
    needs: tuple[str, ...] = ()


def case(number: str, *needs: str) -> Callable[[F], F]:
    """Mark a method of a kit as a numbered case; its docstring is the title."""

    def mark(function: F) -> F:
        title = (function.__doc__ or "").strip().removesuffix(".")
        setattr(function, ATTRIBUTE, Case(number, title, needs))
        return function

    return mark


def case_of(function: object) -> Case | None:
    """Return the case that a function is, None for any other function."""
    found = getattr(function, ATTRIBUTE, None)
    return found if isinstance(found, Case) else None


def cases_of(kit: type) -> list[Case]:
    """Return the cases of a kit by number, for documentation."""
    members = (getattr(kit, name) for name in dir(kit))
    found = [case for case in map(case_of, members) if case is not None]
    return sorted(found, key=lambda case: case.number)


def skip_undeclared(request: pytest.FixtureRequest, declared: Iterable[str]) -> None:
    """Skip the running case if something that it needs is not declared."""
    found = case_of(request.function)
    if found is None:
        return
    missing = sorted(set(found.needs) - set(declared))
    if missing:
        pytest.skip(f"{found.number} {found.title}: not declared: {', '.join(missing)}")


def check(condition: object, rule: str, found: object = "") -> None:
    """Fail a case.

    Raises:
        AssertionError: The condition does not hold; says the rule and what was found instead.
    """
    __tracebackhide__ = True
    if not condition:
        raise AssertionError(f"{rule}; found {found!r}" if found != "" else rule)
