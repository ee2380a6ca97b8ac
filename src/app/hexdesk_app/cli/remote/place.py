"""Where a desk is and who asks: from flags, the environment, or a profile file."""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

import msgspec
import platformdirs

from hexdesk.errors import ConfigError

PROFILES_VARIABLE = "HEXDESK_PROFILES"
DEFAULT = "default"


class Profile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[NAME]` of the profile file; relative files start at its folder.

    Attributes:
        address: `host:port`.
        token_file: Holds the token.
        ca: The authority that signed the desk's certificate.
        certificate: One's own certificate.
        key: Its key.
    """

    address: str = ""
    token_file: str = ""
    ca: str = ""
    certificate: str = ""
    key: str = ""


def profiles_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return where profiles are kept."""
    named = (os.environ if environ is None else environ).get(PROFILES_VARIABLE, "")
    return Path(named) if named else platformdirs.user_config_path("hexdesk") / "profiles.toml"


def read_profile(file: Path, name: str) -> Profile:
    """Return a profile; an empty name is `default`, which need not be there.

    Raises:
        ConfigError: There is no such profile, or the file makes no sense.
    """
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        tables = {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(
            f"{file} cannot be read: {getattr(error, 'strerror', None) or error}",
            code="CONFIG_TOML",
            remedy='write [NAME] with address = "host:port", token_file, ca, certificate, key',
        ) from error
    if name and name not in tables:
        known = ", ".join(sorted(tables)) or "none"
        raise ConfigError(
            f"there is no desk {name!r} in {file}; known: {known}",
            code="CONFIG_VALUE",
            remedy=f'add [{name}] with address = "host:port" there',
        )
    try:
        found = msgspec.convert(tables.get(name or DEFAULT, {}), Profile)
    except msgspec.ValidationError as error:
        raise ConfigError(
            f"{file}: [{name or DEFAULT}]: {error}",
            code="CONFIG_VALUE",
            remedy="it may have address, token_file, ca, certificate and key",
        ) from error
    files = {
        field: str(file.parent / Path(value).expanduser())
        for field in ("token_file", "ca", "certificate", "key")
        if (value := getattr(found, field))
    }
    return msgspec.structs.replace(found, **files)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """What flags and the environment say of a desk; empty for what they do not say.

    Attributes:
        desk: Name of a profile.
        address: `host:port`.
        token_file: Holds the token.
        ca_file: The authority that signed the desk's certificate.
        certificate_file: One's own certificate.
        key_file: Its key.
    """

    desk: str
    address: str
    token_file: str
    ca_file: str
    certificate_file: str
    key_file: str

    def complete(self, environ: Mapping[str, str]) -> "Place":
        """Return a place that a profile completes, where flags and environment are silent.

        Raises:
            ConfigError: There is no such profile, or the file makes no sense.
        """
        profile = read_profile(profiles_file(environ), self.desk)
        has_token = self.token_file or environ.get("HEXDESK_TOKEN")
        return Place(
            desk=self.desk,
            address=self.address or profile.address,
            token_file=self.token_file if has_token else profile.token_file,
            ca_file=self.ca_file or profile.ca,
            certificate_file=self.certificate_file or profile.certificate,
            key_file=self.key_file or profile.key,
        )
