"""TLS and mutual TLS over both doors, with certificates as `hexdesk certs init` makes them."""

import ssl
from pathlib import Path

import aiohttp
import grpc
import pytest

from hexdesk.errors import ConfigError
from hexdesk_api.v1 import desk_pb2
from hexdesk_app.certificates import write_certificates
from hexdesk_app.running.live_clock import wall_time_ns
from hexdesk_client import ApiError, AsyncClient, Target
from hexdesk_grpc.http.settings import HttpSettings
from hexdesk_grpc.settings import GrpcSettings
from tests.adapters.grpc.http.rig import HttpRig, http_served
from tests.adapters.grpc.rig import ServedRig, served


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make what `hexdesk certs init` makes."""
    place = tmp_path_factory.mktemp("certs")
    write_certificates(place, ["127.0.0.1"], "operator", 1, wall_time_ns(), force=False)
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


def http_settings(folder: Path, *, mutual: bool = False) -> HttpSettings:
    return HttpSettings(
        listen="127.0.0.1:0",
        tls_certificate=str(folder / "server.pem"),
        tls_key=str(folder / "server.key"),
        tls_client_ca=str(folder / "ca.pem") if mutual else "",
    )


async def test_https_is_trusted_by_who_knows_the_authority(folder: Path) -> None:
    async with http_served(http_settings(folder)) as rig, aiohttp.ClientSession() as session:
        url = f"https://{rig.http.address}/v1/desk"
        knows = ssl.create_default_context(cafile=folder / "ca.pem")
        async with session.get(url, ssl=knows) as answer:
            assert answer.status == 200
        with pytest.raises(aiohttp.ClientConnectorCertificateError):
            await session.get(url)


async def test_https_asks_for_a_certificate_where_it_is_to(folder: Path) -> None:
    settings = http_settings(folder, mutual=True)
    async with http_served(settings) as rig, aiohttp.ClientSession() as session:
        url = f"https://{rig.http.address}/v1/desk"
        own = ssl.create_default_context(cafile=folder / "ca.pem")
        with pytest.raises(aiohttp.ClientError):
            await session.get(url, ssl=own)
        own.load_cert_chain(folder / "client.pem", folder / "client.key")
        async with session.get(url, ssl=own) as answer:
            assert answer.status == 200


async def test_what_is_no_certificate_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="tls_certificate"):
        await HttpRig("a").make_http(http_settings(tmp_path)).start()
    for name in ("server.pem", "server.key"):
        (tmp_path / name).write_text("nonsense")
    with pytest.raises(ConfigError, match="certificates cannot be used"):
        await HttpRig("a").make_http(http_settings(tmp_path)).start()


# --------------------------------------------------------------------------------------------------
# Files that are written anew


def write_anew(folder: Path) -> ssl.SSLContext:
    """Let another authority sign all of them; return what trusts it."""
    write_certificates(folder, ["127.0.0.1"], "operator", 1, wall_time_ns(), force=True)
    return ssl.create_default_context(cafile=folder / "ca.pem")


@pytest.fixture
def changing(tmp_path: Path) -> Path:
    write_certificates(tmp_path, ["127.0.0.1"], "operator", 1, wall_time_ns(), force=False)
    return tmp_path


async def test_newer_certificates_hold_for_who_connects_next(changing: Path) -> None:
    old = changing / "old.pem"
    old.write_bytes((changing / "ca.pem").read_bytes())
    authority = str(changing / "ca.pem")
    async with served(settings(changing, mutual=True)) as rig:
        own = (str(changing / "client.pem"), str(changing / "client.key"))
        assert await ask(Target(rig.server.address, "", authority, *own)) == "desk"
        write_anew(changing)
        assert await ask(Target(rig.server.address, "", authority, *own)) == "desk"
        with pytest.raises(ApiError):
            await ask(Target(rig.server.address, "", str(old), *own))


async def test_newer_ones_that_do_not_fit_leave_those_before(changing: Path) -> None:
    authority = str(changing / "ca.pem")
    async with served(settings(changing)) as rig:
        (changing / "server.key").write_bytes((changing / "client.key").read_bytes())
        assert await ask(Target(rig.server.address, ca_file=authority)) == "desk"
        (changing / "server.key").unlink()
        assert await ask(Target(rig.server.address, ca_file=authority)) == "desk"


async def test_https_serves_newer_certificates_too(changing: Path) -> None:
    async with http_served(http_settings(changing)) as rig:
        url = f"https://{rig.http.address}/v1/desk"
        before = ssl.create_default_context(cafile=changing / "ca.pem")
        after = write_anew(changing)
        async with aiohttp.ClientSession() as session:
            async with session.get(url, ssl=after) as answer:
                assert answer.status == 200
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(url, ssl=before)


async def test_a_key_of_another_certificate_is_refused_at_the_start(changing: Path) -> None:
    (changing / "server.key").write_bytes((changing / "client.key").read_bytes())
    server = ServedRig("a").make_server(settings(changing))
    with pytest.raises(ConfigError, match="cannot be used"):
        await server.start()
