"""Ports on the loopback interface."""

import secrets
import socket

LOOPBACK = "127.0.0.1"
# Below Linux's outgoing range (32768 and up), where a remembered port can be taken by any outgoing connection.
LOWEST_PORT, HIGHEST_PORT = 20_000, 31_999
TRIES = 50


def free_port(preferred: int | None = None) -> int:
    """`preferred` if nobody listens there, else another free port. Somebody may take it first: then ask again."""
    candidates = [preferred] if preferred else []
    # Not `random`: test runners seed it, and all their workers would try the same ports in the same order.
    candidates += [LOWEST_PORT + secrets.randbelow(HIGHEST_PORT - LOWEST_PORT + 1) for _ in range(TRIES)]
    for port in (*candidates, 0):
        try:
            with listening_socket(port) as probe:
                return int(probe.getsockname()[1])
        except OSError:
            continue
    raise OSError("no free port on 127.0.0.1")


def listening_socket(port: int) -> socket.socket:
    """A bound, listening socket; OSError when the port is taken. Recently closed connections do not count as taken."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    return listener
