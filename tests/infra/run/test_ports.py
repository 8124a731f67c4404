"""A listening socket holds its port: nobody else gets it, not even between two lives of the process behind it."""

import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from infra.run.child import CannotStart
from infra.run.ports import EPHEMERAL, LOOPBACK, free_port, listening, port_of
from infra.run.supervisor import Process, Supervisor
from tests.waiting import DEADLINE, until

SERVES = """
import http.server, socket, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
server = http.server.HTTPServer(("127.0.0.1", 0), Ready, bind_and_activate=False)
server.socket.close()
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
"""


def test_simultaneous_wishes_for_one_port_get_different_ports() -> None:
    wish = free_port()
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: listening(preferred=wish), range(32)))
    ports = {port_of(listener) for listener in made}
    for listener in made:
        listener.close()
    assert len(ports) == len(made)
    assert wish in ports
    assert max(ports) < EPHEMERAL


def test_address_of_another_machine_is_refused() -> None:
    with pytest.raises(CannotStart, match=r"^It is not possible to listen on 192\.0\.2\.1: "):
        listening("192.0.2.1")


async def test_process_keeps_its_port_while_it_restarts(tmp_path: Path) -> None:
    with listening() as listener:
        port = port_of(listener)
        process = Process(
            "server",
            [sys.executable, "-c", SERVES, str(listener.fileno())],
            dict(os.environ),
            tmp_path / "server.log",
            f"http://{LOOPBACK}:{port}/readyz",
            listener,
        )
        supervisor = Supervisor([process], lambda line: None)
        await supervisor.start()
        try:
            await supervisor.wait_ready(DEADLINE)
            server = supervisor.running["server"]
            first = server.pid
            assert first
            os.kill(first, signal.SIGKILL)

            async def dead() -> bool:
                return server.pid != first

            await until(dead)
            with listening(preferred=port) as other:
                assert port_of(other) != port
            await supervisor.wait_ready(DEADLINE)
        finally:
            await supervisor.stop()
