"""Client of a running desk: typed calls, errors with reasons, events that resume by themselves.

from hexdesk_api.v1 import desk_pb2
from hexdesk_client import Client, Target

with Client(Target.from_environment()) as desk:
print(desk.call(desk.desk.GetDesk, desk_pb2.GetDeskRequest()))
for response in desk.follow():
print(response.events)
"""

from hexdesk_client.aio import AsyncClient
from hexdesk_client.client import Client
from hexdesk_client.errors import ApiError
from hexdesk_client.plain import PlainClient, make_request
from hexdesk_client.target import Target

__all__ = ["ApiError", "AsyncClient", "Client", "PlainClient", "Target", "make_request"]
