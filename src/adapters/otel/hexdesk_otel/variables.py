"""OpenTelemetry's standard variables, read strictly: what would be ignored is refused by name."""

import math
from collections.abc import Mapping

from hexdesk.errors import ConfigError

RATIO_DEFAULT = 0.01
ALWAYS = {"always_on": 1.0, "always_off": 0.0}
"""Samplers that take no argument."""
SIGNALS = ("traces", "metrics", "logs")
PROTOCOLS = ("grpc", "http/protobuf")
LISTS = ("OTEL_RESOURCE_ATTRIBUTES", "OTEL_EXPORTER_OTLP_HEADERS", *(
    f"OTEL_EXPORTER_OTLP_{signal.upper()}_HEADERS" for signal in SIGNALS
))  # fmt: skip


class Variables:
    """The variables of one process. What is read raises ConfigError where it makes no sense."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Check what the SDK reads by itself: it would leave out what it does not understand."""
        self._environ = environ
        for name in LISTS:
            for pair in filter(None, map(str.strip, self._text(name).split(","))):
                if "=" not in pair.lstrip("="):
                    raise wrong(name, "NAME=VALUE, several with commas")  # it may be a key

    @property
    def is_disabled(self) -> bool:
        """Whether nothing is to leave."""
        text = self._text("OTEL_SDK_DISABLED").lower()
        if text not in {"", "true", "false"}:
            raise wrong("OTEL_SDK_DISABLED", "true or false", text)
        return text == "true"

    @property
    def ratio(self) -> float:
        """The part of the orders to keep; a call's own decision holds for its order."""
        sampler = self._text("OTEL_TRACES_SAMPLER").removeprefix("parentbased_")
        if sampler in ALWAYS:
            return ALWAYS[sampler]
        if sampler not in {"", "traceidratio"}:
            raise wrong("OTEL_TRACES_SAMPLER", "always_on, always_off or traceidratio", sampler)
        ratio = self._number("OTEL_TRACES_SAMPLER_ARG", RATIO_DEFAULT)
        if not 0 <= ratio <= 1:
            raise wrong("OTEL_TRACES_SAMPLER_ARG", "a ratio from 0 to 1", str(ratio))
        return ratio

    def exporters(self, signal: str) -> frozenset[str]:
        """Return where a signal goes; metrics are shown to Prometheus by the settings."""
        name = f"OTEL_{signal.upper()}_EXPORTER"
        chosen = self._text(name)
        if not chosen:
            return frozenset({"otlp"})
        known = {"otlp", "console", "none", *(("prometheus",) if signal == "metrics" else ())}
        found = frozenset(map(str.strip, chosen.split(",")))
        if found - known:
            raise wrong(name, f"{', '.join(sorted(known))}, several with commas", chosen)
        return found

    def protocol(self, chosen: str) -> str:
        """Return how the receiver is spoken to; it is one for all signals."""
        if chosen == "auto":
            chosen = self._text("OTEL_EXPORTER_OTLP_PROTOCOL") or PROTOCOLS[0]
        if chosen not in PROTOCOLS:
            raise wrong("OTEL_EXPORTER_OTLP_PROTOCOL", " or ".join(PROTOCOLS), chosen)
        for signal in SIGNALS:
            name = f"OTEL_EXPORTER_OTLP_{signal.upper()}_PROTOCOL"
            if self._text(name) not in ("", chosen):
                raise wrong(name, f"{chosen}, as all signals have", self._text(name))
        return chosen

    def has_endpoint(self, signal: str, protocol: str) -> bool:
        """Whether a signal has a receiver; its URL is left to the SDK."""
        names = ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT")
        given = [name for name in names if self._text(name)]
        for name in given:
            is_url = self._text(name).startswith(("http://", "https://"))
            if not is_url and protocol == "http/protobuf":
                raise wrong(name, "http://... or https://...")  # what it says may be a key
        return bool(given)

    def positive(self, name: str, default: float) -> float:
        """Return a number above zero."""
        value = self._number(name, default)
        if not 0 < value < math.inf:
            raise wrong(name, "a number above 0", str(value))
        return value

    def _number(self, name: str, default: float) -> float:
        text = self._text(name)
        if not text:
            return default
        try:
            return float(text)
        except ValueError as error:
            raise wrong(name, "a number", text) from error

    def _text(self, name: str) -> str:
        return self._environ.get(name, "").strip()


def wrong(name: str, expected: str, found: str = "") -> ConfigError:
    """Return what is said of a variable or setting."""
    return ConfigError(
        f"{name}: expected {expected}" + (f", was {found!r}" if found else ""),
        code="CONFIG_VALUE",
        remedy=f"correct or unset {name}",
    )
