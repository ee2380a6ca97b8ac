"""Numbers and timelines of a running desk, published off its path; free where nobody asks."""

from hexdesk_app.telemetry.feed import TimelineFeed
from hexdesk_app.telemetry.sampler import ReadingsSampler
from hexdesk_app.telemetry.watch import Watch, make_watch

__all__ = ["ReadingsSampler", "TimelineFeed", "Watch", "make_watch"]
