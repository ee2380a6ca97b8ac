"""Recorded market data as a feed, at a chosen speed: the sample, CSV files and JSON lines."""

from hexdesk.plugin import CONTRACT_VERSION, RecordingRegistration, hookimpl
from hexdesk_replay.recording import SUFFIXES, ReplayRecording
from hexdesk_replay.sample import SCHEME
from hexdesk_replay.settings import ReplaySettings


@hookimpl
def hexdesk_recordings() -> list[RecordingRegistration]:
    """Offer `plugin = "replay"`."""
    return [
        RecordingRegistration(
            name="replay",
            summary="The sample, CSV files and JSON lines, in order of receipt",
            settings=ReplaySettings,
            factory=ReplayRecording,
            contract=CONTRACT_VERSION,
            suffixes=SUFFIXES,
            schemes=(SCHEME,),
        )
    ]
