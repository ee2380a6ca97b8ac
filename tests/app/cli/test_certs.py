"""`hexdesk certs init`: who may read what it makes, who trusts it, what is kept."""

from pathlib import Path

import pytest
from cryptography import x509

from hexdesk.domain.values import NS_PER_SECOND
from hexdesk.errors import DataError
from hexdesk_app.certificates import write_certificates
from hexdesk_app.running.live_clock import wall_time_ns
from tests.app.cli.conftest import Run

NOW_NS = 1_800_000_000 * NS_PER_SECOND


def certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_authority_signed_what_is_there(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "certs"
    hosts = ["desk.example.com", "10.0.0.7"]
    files = write_certificates(folder, hosts, "ann", 30, NOW_NS, force=False)
    assert [path.stat().st_mode & 0o777 for path in files] == [0o600] * 6
    assert folder.stat().st_mode & 0o777 == 0o700
    authority, server, client = (
        certificate(folder / f"{name}.pem") for name in ("ca", "server", "client")
    )
    for each in (server, client):
        each.verify_directly_issued_by(authority)
        assert (each.not_valid_after_utc - each.not_valid_before_utc).days == 30
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["desk.example.com"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.7"]
    assert client.subject.rfc4514_string() == "CN=ann"


def test_what_is_there_is_kept_unless_it_is_to_go(hexdesk: Run, tmp_path: Path) -> None:
    place = tmp_path / "certs"
    assert hexdesk("certs", "init", str(place)).code == 0
    before = (place / "ca.key").read_bytes()
    refused = hexdesk("certs", "init", str(place))
    assert (refused.code, (place / "ca.key").read_bytes()) == (1, before)
    assert "--force" in refused.err
    found = hexdesk("certs", "init", str(place), "--force", "--json")
    assert (found.code, len(found.data["files"])) == (0, 6)
    assert (place / "ca.key").read_bytes() != before


@pytest.mark.parametrize("host", ["", "a b", "https://desk"])
def test_a_host_that_is_none_is_refused(hexdesk: Run, tmp_path: Path, host: str) -> None:
    assert hexdesk("certs", "init", str(tmp_path / "certs"), "--host", host).code == 4


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="cannot be written"):
        write_certificates(tmp_path / "file" / "certs", ["a"], "b", 1, wall_time_ns(), force=False)
