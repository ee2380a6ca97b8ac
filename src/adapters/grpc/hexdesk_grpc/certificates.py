"""The files of a server's TLS; newer ones hold for clients that connect after they were written."""

import logging
import ssl
from pathlib import Path
from typing import Protocol

import grpc

from hexdesk.errors import ConfigError
from hexdesk_grpc.listening import ListenSettings

Stamp = tuple[tuple[int, int], ...]
REMEDY = "hexdesk certs init makes a set of certificates"


class TlsSettings(ListenSettings, Protocol):
    """What the settings of both servers say about TLS."""

    @property
    def tls_client_ca(self) -> str:
        """PEM file; empty where clients need no certificate."""
        ...


class Certificates:
    """Certificate, key and authority of one server.

    A client that connects finds those that were written last. Files that cannot be used are told
    once, and those before go on to hold: certificate and key may be replaced one after the other.

    Attributes:
        context: What holds now.
    """

    def __init__(self, base_path: Path, settings: TlsSettings, logger: logging.Logger) -> None:
        """Read the files.

        Raises:
            ConfigError: One of them cannot be read, or they do not fit each other.
        """
        names = ("tls_certificate", "tls_key", "tls_client_ca")
        named = {name: getattr(settings, name) for name in names}
        self._paths = {name: base_path / path for name, path in named.items() if path}
        self._logger = logger
        self._stamp = self._look()
        self.context = self._load()

    @property
    def grpc_configuration(self) -> grpc.ServerCertificateConfiguration:
        """What holds now, as gRPC wants it."""
        certificate, key, *authority = self._pems
        return grpc.ssl_server_certificate_configuration(
            [(key, certificate)], root_certificates=authority[0] if authority else None
        )

    def renew(self) -> bool:
        """Read files that were written since; return whether newer ones hold from now on."""
        try:
            stamp = self._look()
            if stamp == self._stamp:
                return False
            self._stamp = stamp
            self.context = self._load()
        except (ConfigError, OSError) as error:
            self._logger.warning("newer certificates are not used: %s", error)
            return False
        self._logger.info("newer certificates hold for who connects from now on")
        return True

    def _look(self) -> Stamp:
        """Return what tells that files were written."""
        stats = [path.stat() for path in self._paths.values() if path.exists()]
        return tuple((each.st_mtime_ns, each.st_ino) for each in stats)

    def _load(self) -> ssl.SSLContext:
        pems = [_read(name, path) for name, path in self._paths.items()]
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        certificate, key, *authority = self._paths.values()
        try:
            context.load_cert_chain(certificate, key)
            for each in authority:
                context.load_verify_locations(each)
                context.verify_mode = ssl.CERT_REQUIRED
        except ssl.SSLError as error:
            raise ConfigError(
                f"the certificates cannot be used: {error.reason or error}",
                code="CONFIG_VALUE",
                remedy=REMEDY,
            ) from error
        self._pems = pems
        return context


def server_credentials(certificates: Certificates) -> grpc.ServerCredentials:
    """Return credentials of a gRPC server that look at the files for every client."""

    def fetch() -> grpc.ServerCertificateConfiguration | None:
        return certificates.grpc_configuration if certificates.renew() else None

    return grpc.dynamic_ssl_server_credentials(
        certificates.grpc_configuration,
        fetch,  # type: ignore[arg-type]  # None leaves what holds; its stubs do not know
        require_client_authentication=certificates.context.verify_mode is ssl.CERT_REQUIRED,
    )


def server_context(certificates: Certificates) -> ssl.SSLContext:
    """Return a context of a TLS server that looks at the files for every client."""
    context = certificates.context

    def look(connection: ssl.SSLObject | ssl.SSLSocket, _name: str, _of: ssl.SSLContext) -> None:
        certificates.renew()
        connection.context = certificates.context

    context.sni_callback = look
    return context


def _read(setting: str, path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(
            f"{setting}: {path} cannot be read: {error.strerror}",
            code="CONFIG_VALUE",
            remedy=REMEDY,
        ) from error
