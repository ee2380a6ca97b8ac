"""What all tests share."""

from hypothesis import settings

# A slow machine is no bug: time limits are pytest-timeout's.
settings.register_profile("hexdesk", settings(), deadline=None)
settings.load_profile("hexdesk")
