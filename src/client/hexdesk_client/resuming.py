"""How a stream of events goes on after it was lost; what both clients share."""

import grpc

from hexdesk_api.v1 import events_pb2
from hexdesk_client.errors import ApiError

REST_FIRST_S = 0.1
REST_MAX_S = 10.0
LASTING = frozenset(
    {
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.RESOURCE_EXHAUSTED,
        grpc.StatusCode.CANCELLED,
        grpc.StatusCode.UNKNOWN,
    }
)
"""What may be over soon; anything else is told to the caller."""


class Place:
    """Where a reader is in the stream, and how long it rests before it asks again."""

    def __init__(self, request: events_pb2.StreamEventsRequest) -> None:
        self._request = events_pb2.StreamEventsRequest()
        self._request.CopyFrom(request)
        self._rest_s = REST_FIRST_S

    @property
    def request(self) -> events_pb2.StreamEventsRequest:
        """What to ask for now."""
        return self._request

    def note(self, response: events_pb2.StreamEventsResponse) -> None:
        """Go on behind a response."""
        self._request.resume_token = response.resume_token
        self._rest_s = REST_FIRST_S

    def rest_s(self, error: ApiError) -> float:
        """Return how long to rest after the stream was lost.

        Raises:
            ApiError: It will not come back by itself.
        """
        if error.code not in LASTING:
            raise error
        rest_s = self._rest_s
        self._rest_s = min(2 * rest_s, REST_MAX_S)
        return rest_s
