"""What all tests share."""

import signal

from hypothesis import settings

# A slow machine is no bug: time limits are pytest-timeout's.
settings.register_profile("hexdesk", settings(), deadline=None)
settings.load_profile("hexdesk")

# A shell's background jobs ignore SIGINT, and what they start inherits that; tests press Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)
