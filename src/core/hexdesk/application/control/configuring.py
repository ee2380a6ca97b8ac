"""Use cases of plugins and configuration: look, check, read the files again."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from hexdesk.application.control.errors import invalid, unknown
from hexdesk.application.control.paging import page_of
from hexdesk.application.control.planning import Handle, Planning
from hexdesk.application.control.risk import Risks
from hexdesk.domain.values import TimeNs
from hexdesk.ports.control import ControlError, Page, Reason
from hexdesk.ports.control_configuration import (
    ChangeInfo,
    ConfigurationInfo,
    ConfigurationKeeper,
    ConfigurationRevision,
    GetConfiguration,
    GetPlugin,
    ListConfigurationRevisions,
    ListPlugins,
    PluginInfo,
    ReloadConfiguration,
    Reloaded,
    ReloadPlan,
    RollbackConfiguration,
    ValidateConfiguration,
    ValidationInfo,
)
from hexdesk.ports.runtime import Runtime


class Configuring:
    """What persons do with the configuration of a running desk."""

    def __init__(self, runtime: Runtime, planning: Planning, risks: Risks) -> None:
        self._runtime = runtime
        self._planning = planning
        self._risks = risks

    @property
    def queries(self) -> dict[type, Callable[[Any], Awaitable[Any]]]:
        """By kind of query: what is answered in its own time."""
        return {
            ListPlugins: self.list_plugins,
            GetPlugin: self.get_plugin,
            ValidateConfiguration: self.validate,
        }

    async def list_plugins(self, query: ListPlugins) -> Page[PluginInfo]:
        """Return all installed plugins."""
        found = [(each.name, each) for each in await self._keeper().plugins()]
        return page_of(query, found, lambda each: each)

    async def get_plugin(self, query: GetPlugin) -> PluginInfo:
        """Return one of them."""
        found = await self._keeper().plugin(query.name)
        if found is None:
            raise unknown("plugin", query.name, "hexdesk plugin list shows those that are there")
        return found

    async def validate(self, _query: ValidateConfiguration) -> ValidationInfo:
        """Read the files again; change nothing."""
        return await self._keeper().validate()

    def get(self, _query: GetConfiguration) -> ConfigurationInfo:
        """Return every effective value."""
        return self._keeper().values()

    def revisions(self, _query: ListConfigurationRevisions) -> tuple[ConfigurationRevision, ...]:
        """Return what was applied."""
        return self._keeper().revisions()

    async def reload(self, _request: ReloadConfiguration) -> Handle:
        """Read the files again, and make what is to be made; return what applies it at once."""
        return await self._prepare(await self._keeper().prepare())

    async def roll_back(self, request: RollbackConfiguration) -> Handle:
        """Take an earlier configuration; return what applies it at once."""
        if request.revision < 1:
            raise invalid("revision", "expected one of ListConfigurationRevisions")
        return await self._prepare(await self._keeper().prepare(request.revision))

    async def _prepare(self, plan: ReloadPlan) -> Handle:
        keeper = self._keeper()
        fixed = [each for each in plan.changes if each.needs_restart]
        if fixed:
            raise _needs_restart(fixed)
        batch = await self._planning.prepare_batch(plan.added, plan.changed)

        def handle(
            request: ReloadConfiguration | RollbackConfiguration, now_ns: TimeNs
        ) -> Reloaded:
            version = keeper.values().version
            if request.expected_version not in {0, version}:
                raise ControlError(
                    Reason.VERSION_CONFLICT,
                    f"configuration: expected version {request.expected_version}, was {version}",
                    remedy="read it again and decide anew",
                    facts={"version": str(version)},
                )
            batch.check(now_ns)
            limit = self._risks.prepare(plan.risk, request, request.author)
            if request.dry_run or not plan.changes:
                return Reloaded(changes=plan.changes, revision=0)
            limit(now_ns)
            revision = keeper.adopt(plan, request.author, request.reason, now_ns)
            batch.apply(request, plan.removed, now_ns)
            return Reloaded(changes=plan.changes, revision=revision)

        return handle

    def _keeper(self) -> ConfigurationKeeper:
        keeper = self._runtime.configuration
        if keeper is None:
            raise ControlError(Reason.NOT_OFFERED, "this desk does not show its configuration")
        return keeper


def _needs_restart(fixed: Sequence[ChangeInfo]) -> ControlError:
    """Return the refusal of what only a restart changes, each with its reason."""
    why: dict[str, list[str]] = {}
    for each in fixed:
        why.setdefault(each.restart_reason, []).append(each.path)
    texts = [
        f"{', '.join(paths)}" + (f" ({reason})" if reason else "") for reason, paths in why.items()
    ]
    return ControlError(
        Reason.STATE_WRONG,
        f"only a restart changes {'; '.join(texts)}",
        remedy="restart the desk, or take these changes back; nothing was applied",
        facts={"needs_restart": ",".join(each.path for each in fixed)[:500]},
    )
