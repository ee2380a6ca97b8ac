"""How long each phase of a connection may take, and when a person has to know."""

from dataclasses import dataclass, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLimits:
    """Times in milliseconds; the defaults suit a venue across the internet.

    Attributes:
        connect_ms: For opening.
        authenticate_ms: For logging in.
        sync_ms: For subscribing and taking up the state.
        ping_ms: A ping leaves this often.
        stale_ms: Silence after which the link is STALE.
        heartbeat_ms: Silence after which it is given up and opened anew; more than `stale_ms`.
        backoff_first_ms: Longest first wait before a reconnection; doubled each time.
        backoff_max_ms: Longest wait of all.
        stable_ms: After so long without a loss the counting of attempts starts anew.
        resyncs_max: Gaps filled in place until the link is stable again; then it is opened anew.
        alert_attempts: The alert comes with this reconnection in a row.
        alert_down_ms: It also comes after so long without being live.
    """

    connect_ms: int = 10_000
    authenticate_ms: int = 10_000
    sync_ms: int = 30_000
    ping_ms: int = 10_000
    stale_ms: int = 15_000
    heartbeat_ms: int = 30_000
    backoff_first_ms: int = 500
    backoff_max_ms: int = 60_000
    stable_ms: int = 60_000
    resyncs_max: int = 5
    alert_attempts: int = 5
    alert_down_ms: int = 60_000

    def __post_init__(self) -> None:
        """Refuse limits that cannot work.

        Raises:
            ValueError: One is not above 0, or two contradict each other.
        """
        for field in fields(self):
            value: int = getattr(self, field.name)
            if value <= 0:
                raise ValueError(f"{field.name}: expected more than 0, was {value}")
        if self.stale_ms >= self.heartbeat_ms:
            raise ValueError(
                f"stale_ms={self.stale_ms}: expected less than heartbeat_ms={self.heartbeat_ms}"
            )
        if self.backoff_first_ms > self.backoff_max_ms:
            raise ValueError(
                f"backoff_first_ms={self.backoff_first_ms}:"
                f" expected at most backoff_max_ms={self.backoff_max_ms}"
            )
