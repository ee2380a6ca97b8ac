"""Plugins, configuration and history on the wire: which request each method is, and its answer."""

from collections.abc import Iterable

from hexdesk.ports import control_configuration as configuration
from hexdesk.ports.control import Page
from hexdesk.ports.control_events import Event
from hexdesk.ports.control_history import EquityInfo, ListEquityPoints, ListEvents
from hexdesk_api.v1 import configuration_pb2, history_pb2, plugins_pb2
from hexdesk_grpc.encoding import event
from hexdesk_grpc.from_wire import event_kinds, mutation, page
from hexdesk_grpc.method import Method, listed
from hexdesk_grpc.names import PLUGINS, id_of, name_of
from hexdesk_grpc.to_wire import money, timestamp


def list_plugins(message: plugins_pb2.ListPluginsRequest) -> configuration.ListPlugins:
    """Return the question."""
    return configuration.ListPlugins(**page(message))


def get_plugin(message: plugins_pb2.GetPluginRequest) -> configuration.GetPlugin:
    """Return the question."""
    return configuration.GetPlugin(name=id_of(PLUGINS, message.name))


def get(_message: configuration_pb2.GetConfigurationRequest) -> configuration.GetConfiguration:
    """Return the question."""
    return configuration.GetConfiguration()


def validate(
    _message: configuration_pb2.ValidateConfigurationRequest,
) -> configuration.ValidateConfiguration:
    """Return the question."""
    return configuration.ValidateConfiguration()


def reload(
    message: configuration_pb2.ReloadConfigurationRequest,
) -> configuration.ReloadConfiguration:
    """Return what is asked."""
    return configuration.ReloadConfiguration(**mutation(message))


def roll_back(
    message: configuration_pb2.RollbackConfigurationRequest,
) -> configuration.RollbackConfiguration:
    """Return what is asked."""
    return configuration.RollbackConfiguration(revision=message.revision, **mutation(message))


def list_revisions(
    _message: configuration_pb2.ListConfigurationRevisionsRequest,
) -> configuration.ListConfigurationRevisions:
    """Return the question."""
    return configuration.ListConfigurationRevisions()


def list_events(message: history_pb2.ListEventsRequest) -> ListEvents:
    """Return the question."""
    return ListEvents(
        kinds=event_kinds(message.kinds), after_sequence=message.after_sequence, **page(message)
    )


def list_equity_points(message: history_pb2.ListEquityPointsRequest) -> ListEquityPoints:
    """Return the question."""
    return ListEquityPoints(currency=message.currency, count_max=message.point_count_max)


def plugin(info: configuration.PluginInfo) -> plugins_pb2.Plugin:
    """Return a plugin."""
    return plugins_pb2.Plugin(
        name=name_of(PLUGINS, info.name),
        kinds=info.kinds,
        distribution=info.distribution,
        summary=info.summary,
        contract_version=info.contract_version,
        used_by=info.used_by,
        problem=info.problem,
        settings=[
            plugins_pb2.PluginSetting(
                key=each.key,
                type=each.type,
                default_value=each.default,
                required=each.required,
                description=each.description,
            )
            for each in info.settings
        ],
    )


def values(info: configuration.ConfigurationInfo) -> configuration_pb2.Configuration:
    """Return effective values."""
    return configuration_pb2.Configuration(
        files=info.files,
        values=[
            configuration_pb2.ConfigurationValue(
                path=each.path, value=each.value, origin=each.origin
            )
            for each in info.values
        ],
        version=info.version,
    )


def validation(
    info: configuration.ValidationInfo,
) -> configuration_pb2.ValidateConfigurationResponse:
    """Return what reading the files again would come to."""
    return configuration_pb2.ValidateConfigurationResponse(
        faults=[
            configuration_pb2.ConfigurationFault(
                code=each.code,
                path=each.path,
                origin=each.origin,
                text=each.text,
                remedy=each.remedy,
            )
            for each in info.faults
        ],
        changes=_changes(info.changes),
    )


def reloaded(done: configuration.Reloaded) -> configuration_pb2.ReloadConfigurationResponse:
    """Return what it came to."""
    return configuration_pb2.ReloadConfigurationResponse(
        changes=_changes(done.changes), revision=done.revision
    )


def revisions(
    found: tuple[configuration.ConfigurationRevision, ...],
) -> configuration_pb2.ListConfigurationRevisionsResponse:
    """Return what was applied."""
    return configuration_pb2.ListConfigurationRevisionsResponse(
        revisions=[
            configuration_pb2.ConfigurationRevision(
                revision=each.revision,
                create_time=timestamp(each.create_ns),
                author=each.author,
                reason=each.reason,
                changes=_changes(each.changes),
            )
            for each in found
        ]
    )


def events(found: Page[Event]) -> history_pb2.ListEventsResponse:
    """Return a page of events."""
    shown = [each for each in map(event, found.items) if each is not None]
    return history_pb2.ListEventsResponse(events=shown, next_page_token=found.next_page_token)


def equity_points(found: tuple[EquityInfo, ...]) -> history_pb2.ListEquityPointsResponse:
    """Return the equity curve."""
    return history_pb2.ListEquityPointsResponse(
        points=[
            history_pb2.EquityPoint(time=timestamp(each.ts_ns), equity=money(each.equity))
            for each in found
        ]
    )


def _changes(
    changes: Iterable[configuration.ChangeInfo],
) -> list[configuration_pb2.ConfigurationChange]:
    return [
        configuration_pb2.ConfigurationChange(
            path=each.path,
            before=each.before,
            after=each.after,
            needs_restart=each.needs_restart,
            restart_reason=each.restart_reason,
        )
        for each in changes
    ]


METHODS: dict[str, Method] = {
    "PluginService.ListPlugins": Method(
        list_plugins, listed(plugins_pb2.ListPluginsResponse, "plugins", plugin)
    ),
    "PluginService.GetPlugin": Method(get_plugin, plugin),
    "ConfigurationService.GetConfiguration": Method(get, values),
    "ConfigurationService.ValidateConfiguration": Method(validate, validation),
    "ConfigurationService.ReloadConfiguration": Method(reload, reloaded),
    "ConfigurationService.RollbackConfiguration": Method(roll_back, reloaded),
    "ConfigurationService.ListConfigurationRevisions": Method(list_revisions, revisions),
    "HistoryService.ListEvents": Method(list_events, events),
    "HistoryService.ListEquityPoints": Method(list_equity_points, equity_points),
}
"""By service and name: how the request is read, and how the answer is shown."""
