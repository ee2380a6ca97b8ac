"""Makes strategies out of installed plugins, away from the desk's thread.

The application offers it; a fake is `hexdesk.testing.workshop`.
"""

from collections.abc import Mapping
from typing import Protocol

import msgspec

from hexdesk.ports.strategy import Strategy, StrategyContext


class StrategyDraft(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy is to be made of.

    Attributes:
        strategy_id: Name of its section, or of the section that it would have.
        plugin: Entry point.
        broker: Section name of its broker.
        instrument_ids: What it trades.
        settings: As in `plugins.toml`; secrets are references.
        cancels_on_fault: Whether its open orders are canceled when it is quarantined.
    """

    strategy_id: str
    plugin: str
    broker: str
    instrument_ids: tuple[str, ...]
    settings: dict[str, object]
    cancels_on_fault: bool = True


class MadeStrategy(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy that has not taken its place.

    Attributes:
        strategy: The plugin's object.
        draft: What it was made of.
        version: Of its plugin's distribution.
        settings: The draft's, written as JSON, the same for equal ones.
        effective: Every setting with its value, defaults included; secrets are references.
        shown: The same for people: of secrets only whether they are set.
        fixed: Names of the settings that cannot change while it runs.
        own: What the workshop itself keeps of it.
    """

    strategy: Strategy
    draft: StrategyDraft
    version: str
    settings: str
    effective: dict[str, object]
    shown: dict[str, object]
    fixed: frozenset[str]
    own: object = None


class Workshop(Protocol):
    """Makes strategies, and knows what those of the desk were made of."""

    def draft_of(self, strategy_id: str) -> StrategyDraft | None:
        """Return what the strategy in the desk was made of; None if there is none."""
        ...

    def made_of(self, strategy_id: str) -> tuple[str, dict[str, object]]:
        """Return the version of a strategy's plugin and its effective settings."""
        ...

    def settings_text(self, settings: Mapping[str, object]) -> str:
        """Return settings as JSON, the same for equal ones."""
        ...

    def base_of(self, strategy_id: str) -> str:
        """Return the digest of the section that the configuration has for it; empty for none."""
        ...

    async def make(
        self, draft: StrategyDraft, context: StrategyContext, *, afresh: bool = False
    ) -> MadeStrategy:
        """Make a strategy, in its own time; the desk goes on meanwhile.

        Args:
            draft: Of what.
            context: For its factory.
            afresh: Whether its plugin is imported again, so that what is installed now is taken.

        Raises:
            ControlError: It cannot be made; nothing has changed.
        """
        ...

    def keep(self, made: MadeStrategy) -> None:
        """Note that a strategy took its place."""
        ...

    def drop(self, strategy_id: str) -> None:
        """Note that a strategy was taken away."""
        ...
