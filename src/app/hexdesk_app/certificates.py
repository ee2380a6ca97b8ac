"""Certificates for a control plane: an authority of one's own, and what it signs.

For a desk and the few programs that talk to it; a company has an authority of its own already.
"""

import ipaddress
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hexdesk.domain.values import NS_PER_SECOND, TimeNs
from hexdesk.errors import ConfigError, DataError

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec

FOLDER_MODE = 0o700
FILE_MODE = 0o600
AUTHORITY = "hexdesk authority"
AUTHORITY_DAYS = 3_650
BACKDATED = timedelta(hours=1)
"""For machines whose clocks are behind."""


def write_certificates(
    folder: Path, hosts: Sequence[str], client: str, days: int, now_ns: TimeNs, *, force: bool
) -> list[Path]:
    """Write an authority, a server's and a client's certificate with their keys.

    Args:
        folder: Where to; made if it is not there.
        hosts: Names and addresses that clients call the server by.
        client: Name in the client's certificate.
        days: How long server and client certificates are valid; the authority is 10 years.
        now_ns: Real time.
        force: Whether to replace what is there, all of it.

    Returns:
        The files, which nobody but the user can read.

    Raises:
        ConfigError: `cryptography` is not installed.
        DataError: Files are there already and may not be replaced, or cannot be written.
    """
    wanted = [f"{who}.{kind}" for who in ("ca", "server", "client") for kind in ("pem", "key")]
    there = [name for name in wanted if (folder / name).exists()]
    if there and not force:
        raise DataError(
            f"there are certificates already: {', '.join(there)}",
            file=str(folder),
            remedy="choose another folder, or replace them all with --force: what the old"
            " authority signed is then no longer trusted",
        )
    made = _make(hosts, client, days, now_ns)
    try:
        folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
        return [_write(folder / name, made[name]) for name in wanted]
    except OSError as error:
        raise DataError(
            f"cannot be written: {error.strerror}",
            file=str(error.filename or folder),
            remedy="choose a folder that this user may write to",
        ) from error


def _make(hosts: Sequence[str], client: str, days: int, now_ns: TimeNs) -> Mapping[str, bytes]:
    """Return the content of each file."""
    try:
        from cryptography import x509
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.x509.oid import ExtendedKeyUsageOID
    except ImportError as error:
        raise ConfigError(
            "cryptography is not installed",
            code="MISSING_EXTRA",
            remedy="pip install 'hexdesk-app[certs]'",
        ) from error

    pem = serialization.Encoding.PEM
    keys = {name: ec.generate_private_key(ec.SECP256R1()) for name in ("ca", "server", "client")}
    begin = datetime.fromtimestamp(now_ns // NS_PER_SECOND, UTC)
    alternatives = x509.SubjectAlternativeName([_host_name(host) for host in hosts])
    span = (begin - BACKDATED, begin + timedelta(days=days))
    for_server = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    for_client = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    long = (span[0], begin + timedelta(days=AUTHORITY_DAYS))
    made = {
        "ca": _sign(AUTHORITY, keys["ca"], keys["ca"], long),
        "server": _sign(hosts[0], keys["server"], keys["ca"], span, alternatives, for_server),
        "client": _sign(client, keys["client"], keys["ca"], span, for_client),
    }
    no_password = serialization.NoEncryption()
    private = serialization.PrivateFormat.PKCS8
    certificates = {f"{name}.pem": each.public_bytes(pem) for name, each in made.items()}
    return certificates | {
        f"{name}.key": key.private_bytes(pem, private, no_password) for name, key in keys.items()
    }


def _sign(
    name: str,
    key: "ec.EllipticCurvePrivateKey",
    authority_key: "ec.EllipticCurvePrivateKey",
    span: tuple[datetime, datetime],
    *extensions: "x509.ExtensionType",
) -> "x509.Certificate":
    """Return a certificate (RFC 5280); one that signs itself is the authority's."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    is_authority = key is authority_key
    usage = x509.KeyUsage(
        digital_signature=not is_authority, key_cert_sign=is_authority, crl_sign=is_authority,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    issuer = authority_key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(name))
        .issuer_name(_name(AUTHORITY))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(span[0])
        .not_valid_after(span[1])
        .add_extension(
            x509.BasicConstraints(ca=is_authority, path_length=0 if is_authority else None),
            critical=True,
        )
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer), critical=False)
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def _name(text: str) -> "x509.Name":
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _host_name(host: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(path: Path, content: bytes) -> Path:
    """Write a file that nobody else could read at any time; one that was there stays whole."""
    fresh = path.with_name(f"{path.name}.new")
    with suppress(FileNotFoundError):
        fresh.unlink()
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, FILE_MODE), "wb") as file:
        file.write(content)
    fresh.replace(path)
    return path
