"""A configuration that a test makes up."""

from hexdesk.domain.values import TimeNs
from hexdesk.ports.control_configuration import (
    ConfigurationInfo,
    ConfigurationRevision,
    PluginInfo,
    ReloadPlan,
    ValidationInfo,
)


class FakeKeeper:
    """Implements `ConfigurationKeeper` with plain attributes.

    Attributes:
        installed: Plugins by name.
        plan: What a reload would do.
        adopted: Plans that were adopted, with who and why.
    """

    def __init__(self) -> None:
        self.installed: dict[str, PluginInfo] = {}
        self.plan = ReloadPlan(changes=())
        self.adopted: list[tuple[ReloadPlan, str, str]] = []

    async def plugins(self) -> tuple[PluginInfo, ...]:
        """Return plugins by name."""
        return tuple(self.installed[name] for name in sorted(self.installed))

    async def plugin(self, name: str) -> PluginInfo | None:
        """Return one of them."""
        return self.installed.get(name)

    def values(self) -> ConfigurationInfo:
        """Return no values, and the version."""
        return ConfigurationInfo(files=(), values=(), version=1 + len(self.adopted))

    async def validate(self) -> ValidationInfo:
        """Return the changes of the plan."""
        return ValidationInfo(faults=(), changes=self.plan.changes)

    async def prepare(self, revision: int = 0) -> ReloadPlan:
        """Return the plan, or an earlier one."""
        return self.adopted[revision - 2][0] if revision > 1 else self.plan

    def adopt(self, plan: ReloadPlan, author: str, reason: str, now_ns: TimeNs) -> int:
        """Remember."""
        self.adopted.append((plan, author, reason))
        return self.values().version

    def revisions(self) -> tuple[ConfigurationRevision, ...]:
        """Return what was adopted, newest first."""
        return tuple(
            ConfigurationRevision(
                revision=number, create_ns=0, author=author, reason=reason, changes=plan.changes
            )
            for number, (plan, author, reason) in reversed([*enumerate(self.adopted, 2)])
        )
