"""Which desk a command's PATH means, for commands that read what a desk left."""

from pathlib import Path

from hexdesk_app.config.load import DEFAULT_FILE
from hexdesk_app.problems import NotFoundError


def desk_place(path: Path | None) -> Path:
    """Return a configuration's file, or a folder that is not a configuration's.

    Args:
        path: A configuration, the folder of its `plugins.toml`, or a folder of what a desk left;
            None for `plugins.toml` here.

    Raises:
        NotFoundError: There is no such file or folder.
    """
    path = path or Path(DEFAULT_FILE)
    if not path.exists():
        raise NotFoundError(
            f"there is no {path}", remedy="name the desk's state folder, or its plugins.toml"
        )
    configured = path / DEFAULT_FILE
    return configured if configured.is_file() else path
