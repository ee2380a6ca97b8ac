"""The hooks that a plugin module may implement. Each returns registrations and does no work.

A plugin module is named by an entry point in the group `hexdesk.adapters` or `hexdesk.strategies`;
the entry's name is what `plugin = "..."` in `plugins.toml` asks for.
"""

from collections.abc import Iterable

import pluggy

from hexdesk.plugin.registrations import (
    AlertChannelRegistration,
    BrokerRegistration,
    FeedRegistration,
    JournalRegistration,
    ReadModelRegistration,
    RecordingRegistration,
    RiskRuleRegistration,
    ServerRegistration,
    StrategyRegistration,
    TelemetryRegistration,
)

PROJECT = "hexdesk"
ADAPTER_GROUP = "hexdesk.adapters"
STRATEGY_GROUP = "hexdesk.strategies"

hookimpl = pluggy.HookimplMarker(PROJECT)
_hookspec = pluggy.HookspecMarker(PROJECT)


class HookSpecs:
    """Every hook; see each one's example."""

    @_hookspec
    def hexdesk_brokers(self) -> Iterable[BrokerRegistration]:
        """Return broker adapters.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, BrokerRegistration, hookimpl

            @hookimpl
            def hexdesk_brokers():
                return [BrokerRegistration(
                    name="acme", summary="Acme exchange", settings=AcmeSettings,
                    factory=AcmeBroker, capabilities=CAPABILITIES, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_feeds(self) -> Iterable[FeedRegistration]:
        """Return live market-data adapters.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, FeedRegistration, hookimpl

            @hookimpl
            def hexdesk_feeds():
                return [FeedRegistration(
                    name="acme", summary="Acme quotes", settings=AcmeFeedSettings,
                    factory=AcmeFeed, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_recordings(self) -> Iterable[RecordingRegistration]:
        """Return readers of recorded market data.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, RecordingRegistration, hookimpl

            @hookimpl
            def hexdesk_recordings():
                return [RecordingRegistration(
                    name="acme_files", summary="Acme's own files", settings=FileSettings,
                    factory=AcmeRecording, suffixes=(".acme",), contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_journals(self) -> Iterable[JournalRegistration]:
        """Return journal adapters.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, JournalRegistration, hookimpl

            @hookimpl
            def hexdesk_journals():
                return [JournalRegistration(
                    name="acme_journal", summary="Kept at Acme", settings=JournalSettings,
                    factory=AcmeJournal, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_read_models(self) -> Iterable[ReadModelRegistration]:
        """Return read models.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, ReadModelRegistration, hookimpl

            @hookimpl
            def hexdesk_read_models():
                return [ReadModelRegistration(
                    name="acme_history", summary="History at Acme", settings=HistorySettings,
                    factory=AcmeReadModel, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_telemetry(self) -> Iterable[TelemetryRegistration]:
        """Return exporters of metrics, traces and logs.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, TelemetryRegistration, hookimpl

            @hookimpl
            def hexdesk_telemetry():
                return [TelemetryRegistration(
                    name="acme_metrics", summary="Numbers for Acme", settings=MetricsSettings,
                    factory=AcmeTelemetry, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_alert_channels(self) -> Iterable[AlertChannelRegistration]:
        """Return ways in which alerts reach a person.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, AlertChannelRegistration, hookimpl

            @hookimpl
            def hexdesk_alert_channels():
                return [AlertChannelRegistration(
                    name="acme_pager", summary="Pages at Acme", settings=PagerSettings,
                    factory=AcmePager, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_risk_rules(self) -> Iterable[RiskRuleRegistration]:
        """Return rules about orders.

        Example::

            from hexdesk.domain.risk import Layer
            from hexdesk.plugin import CONTRACT_VERSION, RiskRuleRegistration, hookimpl

            @hookimpl
            def hexdesk_risk_rules():
                return [RiskRuleRegistration(
                    name="acme_round_lots", summary="Hundreds only", layer=Layer.ORDER,
                    settings=LotSettings, factory=RoundLots, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_servers(self) -> Iterable[ServerRegistration]:
        """Return servers.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, ServerRegistration, hookimpl

            @hookimpl
            def hexdesk_servers():
                return [ServerRegistration(
                    name="acme_console", summary="Console", settings=ConsoleSettings,
                    factory=AcmeConsole, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError

    @_hookspec
    def hexdesk_strategies(self) -> Iterable[StrategyRegistration]:
        """Return strategies.

        Example::

            from hexdesk.plugin import CONTRACT_VERSION, StrategyRegistration, hookimpl

            @hookimpl
            def hexdesk_strategies():
                return [StrategyRegistration(
                    name="acme_trend", summary="Follows trends", settings=TrendSettings,
                    factory=TrendStrategy, contract=CONTRACT_VERSION)]
        """
        raise NotImplementedError
