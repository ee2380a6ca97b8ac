"""Approvals through the Control port: what waits for a second person."""

from typing import ClassVar

from hexdesk.ports.control import Mutation, Page, PageQuery, Scope
from hexdesk.ports.control_state import ApprovalRecord


class ListApprovals(PageQuery[Page[ApprovalRecord]], frozen=True, kw_only=True):
    """Return what was asked of a second person, newest first."""


class ApproveCall(Mutation[ApprovalRecord], frozen=True, kw_only=True):
    """Agree to what another person asked; `author` is set by the control plane."""

    scope: ClassVar[Scope] = Scope.ADMIN
    number: int
    author: str = ""


class DenyCall(Mutation[ApprovalRecord], frozen=True, kw_only=True):
    """Refuse it, or take back one's own; `author` is set by the control plane."""

    scope: ClassVar[Scope] = Scope.ADMIN
    is_always_open: ClassVar[bool] = True
    number: int
    author: str = ""
