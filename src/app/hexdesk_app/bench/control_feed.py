"""The venue of `bench control`, in a process of its own: messages at a steady pace.

python -m hexdesk_app.bench.control_feed PORT COUNT PER_SECOND
"""

import socket
import sys
import time

from hexdesk_app.bench.live import make_frames


def main() -> None:
    """Send messages, each with the time of its sending in ns before it."""
    port, count, rate = (int(each) for each in sys.argv[1:4])
    frames = list(make_frames(count))
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        begun = time.perf_counter()
        for number, frame in enumerate(frames):
            ahead_s = begun + number / rate - time.perf_counter()
            if ahead_s > 0:
                time.sleep(ahead_s)
            line.sendall(b"%d %s\n" % (time.perf_counter_ns(), frame))


if __name__ == "__main__":
    main()
