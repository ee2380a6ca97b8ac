"""The guide shows the machine as it is."""

import re
from pathlib import Path

import msgspec

from hexdesk.connection import link as link_module
from hexdesk.domain.links import LinkStatus

GUIDE = (Path(__file__).parents[3] / "docs/connections.md").read_text()
ROW = re.compile(r"^\| [A-Z_]+ \|.*\|$", re.MULTILINE)


def test_the_guide_has_the_table_of_the_machine() -> None:
    assert ROW.findall(GUIDE) == ROW.findall(link_module.__doc__ or "")


def test_the_guide_names_every_field_of_a_status() -> None:
    told = set(re.findall(r"`(\w+)`", GUIDE))
    assert {field.name for field in msgspec.structs.fields(LinkStatus)} <= told
