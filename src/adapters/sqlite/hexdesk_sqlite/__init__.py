"""The read model of the desk in one SQLite file."""

from collections.abc import Iterable

from hexdesk.plugin import CONTRACT_VERSION, ReadModelRegistration, hookimpl
from hexdesk_sqlite.read_model import SqliteReadModel
from hexdesk_sqlite.settings import SqliteSettings


@hookimpl
def hexdesk_read_models() -> Iterable[ReadModelRegistration]:
    """Offer the read model."""
    return [
        ReadModelRegistration(
            name="sqlite",
            summary="History in one SQLite file, made again from the journal at any time",
            settings=SqliteSettings,
            factory=SqliteReadModel,
            contract=CONTRACT_VERSION,
        )
    ]
