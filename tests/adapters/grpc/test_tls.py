"""TLS and mutual TLS, with certificates made for the test."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import grpc
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hexdesk.errors import ConfigError
from hexdesk_api.v1 import desk_pb2
from hexdesk_client import ApiError, AsyncClient, Target
from hexdesk_grpc.settings import GrpcSettings
from tests.adapters.grpc.rig import ServedRig, served

BEGUN = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority, and a certificate of server and client each."""
    place = tmp_path_factory.mktemp("certs")
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test authority")])
    for name in ("ca", "server", "client"):
        key = authority_key if name == "ca" else ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        alternative = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
        certificate = (
            x509.CertificateBuilder()
            .subject_name(authority if name == "ca" else subject)
            .issuer_name(authority)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(BEGUN)
            .not_valid_after(BEGUN + timedelta(days=36_500))
            .add_extension(x509.BasicConstraints(ca=name == "ca", path_length=None), critical=True)
            .add_extension(alternative, critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        pem = serialization.Encoding.PEM
        (place / f"{name}.pem").write_bytes(certificate.public_bytes(pem))
        (place / f"{name}.key").write_bytes(
            key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        )
    return place


def settings(folder: Path, *, mutual: bool = False) -> GrpcSettings:
    return GrpcSettings(
        listen="127.0.0.1:0",
        tls_certificate=str(folder / "server.pem"),
        tls_key=str(folder / "server.key"),
        tls_client_ca=str(folder / "ca.pem") if mutual else "",
    )


async def ask(target: Target) -> str:
    async with AsyncClient(target, timeout_s=5.0) as client:
        desk = await client.call(client.desk.GetDesk, desk_pb2.GetDeskRequest())
        return desk.name


async def test_only_who_trusts_the_authority_talks(folder: Path) -> None:
    async with served(settings(folder)) as rig:
        address = rig.server.address
        assert await ask(Target(address, ca_file=str(folder / "ca.pem"))) == "desk"
        for wrong in (Target(address), Target(address, ca_file=str(folder / "client.pem"))):
            with pytest.raises(ApiError):
                await ask(wrong)


async def test_mutual_tls_needs_a_certificate_of_ones_own(folder: Path) -> None:
    async with served(settings(folder, mutual=True)) as rig:
        address, authority = rig.server.address, str(folder / "ca.pem")
        own = (str(folder / "client.pem"), str(folder / "client.key"))
        assert await ask(Target(address, "", authority, *own)) == "desk"
        with pytest.raises(ApiError) as caught:
            await ask(Target(address, ca_file=authority))
        assert caught.value.code is grpc.StatusCode.UNAVAILABLE


async def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    server = ServedRig("a").make_server(settings(tmp_path))
    with pytest.raises(ConfigError, match="tls_certificate"):
        await server.start()
