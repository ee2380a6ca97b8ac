"""What a sound configuration does not do, though a reader may think so."""

from hexdesk_app.config.paths import format_path
from hexdesk_app.config.schema import Config, Mode


def notices(config: Config) -> list[str]:
    """Return what must be said before a desk of this configuration runs, one line each."""
    found: list[str] = []
    if config.desk.mode is Mode.LIVE:
        found.append(
            f"{_place(config, ('desk', 'mode'))} is live, and the desk starts without being armed:"
            " until it is, no order may open anything and each is denied with LIVE_NOT_ARMED"
        )
    found += [
        f"{_place(config, (*section.path, 'capital'))} limits nothing: the rule allocation is"
        " off in [risk.rules]"
        for section in config.enabled_strategies.values()
        if section.capital is not None and "allocation" not in config.risk.rules
    ]
    return found


def _place(config: Config, path: tuple[str, ...]) -> str:
    return f"{format_path(path)} ({config.origins.of(path)})"
