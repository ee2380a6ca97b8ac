"""The control plane as JSON over HTTP: the contract's own annotations say which path is what."""

from hexdesk.plugin import (
    CONTRACT_VERSION,
    Server,
    ServerContext,
    ServerRegistration,
    hookimpl,
)
from hexdesk_grpc.http.settings import HttpSettings

NAME = "http"


def _make_server(context: ServerContext, settings: HttpSettings) -> Server:
    from hexdesk_grpc.http.server import HttpServer

    return HttpServer(context, settings)


@hookimpl
def hexdesk_servers() -> list[ServerRegistration]:
    """Offer the control plane as JSON over HTTP."""
    return [
        ServerRegistration(
            name=NAME,
            summary="Control plane as JSON over HTTP: curl, scripts, load balancers",
            settings=HttpSettings,
            factory=_make_server,
            contract=CONTRACT_VERSION,
            controls=True,
        )
    ]
