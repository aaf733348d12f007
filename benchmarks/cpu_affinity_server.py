"""A server in a process of its own with affinity to one CPU core, and `wrk` on another (Linux only)."""

import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parent
SERVER_CORE, CLIENT_CORE = 0, 1
_START_SECONDS = 60


class Load(NamedTuple):
    """What `wrk` did in one go."""

    requests: int
    per_second: float
    refused: int
    """Answers with a status other than 2xx or 3xx."""


class Server(NamedTuple):
    """A running server."""

    url: str
    """Where `POST` is answered."""
    pid: int

    def cpu_seconds(self) -> float:
        """Return the processor time that the process and its threads have used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_mebibytes(self) -> float:
        """Return the memory of the process that is in RAM."""
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{self.pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0


def check_tools(*names: str) -> None:
    """Leave with a sentence when this machine lacks a program, or a second core."""
    missing = [name for name in names if shutil.which(name) is None]
    if missing:
        sys.exit(f"this benchmark needs {', '.join(missing)} on the PATH: install it (Debian has wrk and util-linux)")
    if (os.cpu_count() or 1) < 2:
        sys.exit("this benchmark needs two cores, one for the server and one for wrk")


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextlib.contextmanager
def serving(command: Sequence[str | Path], port: int, path: str) -> Iterator[Server]:
    """Run a server that listens on a port, on the server's core; yield it once it accepts connections."""
    pinned = ["taskset", "-c", str(SERVER_CORE), *map(str, command)]
    process = subprocess.Popen(pinned, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        _wait_for(port, process)
        yield Server(f"http://127.0.0.1:{port}{path}", process.pid)
    finally:
        process.terminate()
        process.communicate()


def _wait_for(port: int, process: subprocess.Popen[str]) -> None:
    ends = time.monotonic() + _START_SECONDS
    while time.monotonic() < ends:
        if process.poll() is not None:
            sys.exit(f"the server did not start: {process.communicate()[1].strip().splitlines()[-1:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    sys.exit(f"nobody listens on port {port} after {_START_SECONDS} seconds")


def load(url: str, script: str, seconds: int, connections: int, *arguments: str) -> Load:
    """Run `wrk` with a script of `benchmarks/wrk` on the other core and return what it counted."""
    command = ["taskset", "-c", str(CLIENT_CORE), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s"]
    command += ["--timeout", "10s", "-s", str(HERE / "wrk" / f"{script}.lua"), url, "--", *arguments]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Load(
        requests=int(_number(r"(\d+) requests in", printed)),
        per_second=_number(r"Requests/sec:\s+([\d.]+)", printed),
        refused=int(_number(r"Non-2xx or 3xx responses: (\d+)", printed, default=0)),
    )


def _number(pattern: str, text: str, *, default: float | None = None) -> float:
    found = re.search(pattern, text)
    if found is None and default is not None:
        return default
    if found is None:
        sys.exit(f"wrk printed nothing like {pattern!r}: {text[-300:]}")
    return float(found[1])


def machine() -> str:
    """Return the processor's name and the count of cores, for tables."""
    found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text())
    return f"{found[1].strip() if found else 'unknown processor'}, {os.cpu_count()} cores"
