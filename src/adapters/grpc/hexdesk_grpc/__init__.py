"""The control plane over gRPC: `hexdesk_api` in front of the Control port."""

from hexdesk.plugin import (
    CONTRACT_VERSION,
    Server,
    ServerContext,
    ServerRegistration,
    hookimpl,
)
from hexdesk_grpc.settings import GrpcSettings

NAME = "grpc"


def _make_server(context: ServerContext, settings: GrpcSettings) -> Server:
    from hexdesk_grpc.server import GrpcServer

    return GrpcServer(context, settings)


@hookimpl
def hexdesk_servers() -> list[ServerRegistration]:
    """Offer the control plane's server."""
    return [
        ServerRegistration(
            name=NAME,
            summary="Control plane over gRPC: operators, scripts and other programs",
            settings=GrpcSettings,
            factory=_make_server,
            contract=CONTRACT_VERSION,
            controls=True,
        )
    ]
