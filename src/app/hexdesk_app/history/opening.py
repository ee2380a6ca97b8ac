"""Opens read models: of a running desk, of one elsewhere, of one that is gone."""

import logging
import os
from pathlib import Path

from hexdesk.errors import ConfigError, PluginError
from hexdesk.plugin.contexts import ReadModelContext
from hexdesk.ports.read_model import ReadModel
from hexdesk_app.config import PluginSection, Sources, format_path, load_config
from hexdesk_app.config.convert import Place
from hexdesk_app.config.paths import Origins
from hexdesk_app.plugins import convert_settings, load, load_into, make
from hexdesk_app.reading.place import desk_place

SECTION = "read_model"
PLUGIN = "sqlite"
"""What reads a folder that no configuration tells of."""
DEFAULT_SECTION = PluginSection(
    name=SECTION, path=(SECTION,), plugin=PLUGIN, settings={}, settings_path=(SECTION,)
)


def open_read_model(path: Path | None = None, *, is_read_only: bool = True) -> ReadModel:
    """Make the read model of a desk that may be running elsewhere.

    Args:
        path: The desk's state folder, its configuration or that one's folder; None for
            `plugins.toml` here.
        is_read_only: Whether only questions will be asked.

    Raises:
        NotFoundError: There is no such file or folder.
        ConfigError: The configuration is wrong or has no `[read_model]`; or as `open_section`.
        PluginError: As `open_section`.
        DataError: As `open_section`.
    """
    path = desk_place(path)
    if path.is_dir():
        return open_section(DEFAULT_SECTION, Origins(), path, is_read_only=is_read_only)
    config = load_config(Sources(files=(path,), environ=dict(os.environ)))
    if config.read_model is None:
        raise ConfigError(
            "is missing: without it this desk keeps no history",
            code="CONFIG_MISSING",
            path="read_model",
            remedy='add [read_model] with plugin = "sqlite", then hexdesk history rebuild',
        )
    state_path = config.base_path / config.desk.state_path
    return open_section(config.read_model, config.origins, state_path, is_read_only=is_read_only)


def open_section(
    section: PluginSection, origins: Origins, state_path: Path, *, is_read_only: bool
) -> ReadModel:
    """Make the read model that a section asks for.

    Raises:
        ConfigError: Its settings are wrong, or another process writes it.
        PluginError: The plugin cannot be loaded.
        DataError: It was written by a newer version; or there is none and it is for questions.
        OSError: The medium refuses.
    """
    registry = load([])
    plugin = load_into(registry, section.plugin, format_path(section.path))
    registration = registry.read_models().get(section.plugin)
    if registration is None:
        raise PluginError(
            f"{section.plugin!r} is no read model",
            code="PLUGIN_KIND",
            plugin=section.plugin,
            distribution=plugin.distribution,
            path=format_path(section.path),
            remedy="hexdesk plugin list shows every read model",
        )
    settings = convert_settings(registration, section.settings, section.settings_path, origins)
    context = read_model_context(state_path, is_read_only=is_read_only)
    place = Place(path=section.path, origins=origins)
    return make(registration.factory, context, settings, plugin, place)


def read_model_context(state_path: Path, *, is_read_only: bool) -> ReadModelContext:
    """Return what a read model's factory is told."""
    return ReadModelContext(
        name=SECTION,
        state_path=state_path,
        is_read_only=is_read_only,
        logger=logging.getLogger("hexdesk.history"),
    )
