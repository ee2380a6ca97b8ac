"""A workshop whose plugins are functions that a test makes up."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from msgspec.structs import replace

from hexdesk.errors import PluginError
from hexdesk.ports.control import ControlError, Reason
from hexdesk.ports.strategy import Strategy, StrategyContext
from hexdesk.ports.workshop import MadeStrategy, StrategyDraft

Factory = Callable[[StrategyContext, Mapping[str, object]], Strategy]
_encode = msgspec.json.Encoder(order="sorted", decimal_format="number").encode


class FakeWorkshop:
    """Implements `Workshop` with plugins by name.

    Attributes:
        plugins: Factories by plugin name; one that raises is refused as a plugin that failed.
        versions: Of plugins, `1` where a test says nothing.
        fixed: Settings that cannot change while a strategy runs.
        bases: Digests of configured sections, by strategy id.
        kept: What took its place, by strategy id.
        pause: Waited for before something is made.
        imports: Names of plugins that were imported afresh.
    """

    def __init__(self, **plugins: Factory) -> None:
        self.plugins = dict(plugins)
        self.versions: dict[str, str] = {}
        self.fixed: frozenset[str] = frozenset()
        self.bases: dict[str, str] = {}
        self.kept: dict[str, MadeStrategy] = {}
        self.pause: Callable[[], Awaitable[None]] | None = None
        self.imports: list[str] = []

    def draft_of(self, strategy_id: str) -> StrategyDraft | None:
        """Return what was kept."""
        made = self.kept.get(strategy_id)
        return None if made is None else made.draft

    def made_of(self, strategy_id: str) -> tuple[str, dict[str, object]]:
        """Return version and settings of what was kept."""
        made = self.kept[strategy_id]
        return made.version, made.effective

    def settings_text(self, settings: Mapping[str, object]) -> str:
        """Return settings as JSON."""
        return _encode(settings).decode()

    def base_of(self, strategy_id: str) -> str:
        """Return what a test said."""
        return self.bases.get(strategy_id, "")

    async def make(
        self, draft: StrategyDraft, context: StrategyContext, *, afresh: bool = False
    ) -> MadeStrategy:
        """Call the plugin's factory after the pause."""
        if self.pause is not None:
            await self.pause()
        if afresh:
            self.imports.append(draft.plugin)
        try:
            strategy = self.plugins[draft.plugin](context, draft.settings)
        except (KeyError, ValueError, PluginError) as error:
            raise ControlError(Reason.PLUGIN_FAILED, f"{draft.plugin}: {error!r}") from error
        return MadeStrategy(
            strategy=strategy,
            draft=replace(draft),
            version=self.versions.get(draft.plugin, "1"),
            settings=self.settings_text(draft.settings),
            effective=draft.settings,
            shown=draft.settings,
            fixed=self.fixed,
        )

    def keep(self, made: MadeStrategy) -> None:
        """Remember."""
        self.kept[made.draft.strategy_id] = made

    def drop(self, strategy_id: str) -> None:
        """Forget."""
        del self.kept[strategy_id]
