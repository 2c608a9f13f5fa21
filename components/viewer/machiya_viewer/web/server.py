"""Runs the application until SIGTERM."""

import logging
import socket

import uvicorn

from machiya_viewer.web.headers import App

# Together with what the kit needs to end, well under the 10 s between SIGTERM and SIGKILL.
SHUTDOWN_SECONDS = 3
MAX_HEADER_BYTES = 32 << 10


class PortTakenError(Exception):
    """Something else listens on the port."""


def run(app: App, port: int, log: logging.Logger) -> None:
    """Serve on all interfaces. SIGTERM lets running requests finish, then goes on to the handler it had before.

    Uvicorn takes SIGTERM over while it serves, and raises it again when it is done: the handler of the kit then ends
    the process as it ends every operation. There is no access log, since addresses hold the ids of people.
    """
    try:
        listener = socket.create_server(("0.0.0.0", port), backlog=128)
    except OSError as error:
        raise PortTakenError(f"port {port} cannot be listened on: {error.strerror}") from error
    # asyncio does it for sockets that name their protocol, which those that this one accepts do not. Without it the end
    # of an answer may wait 40 ms for the client to confirm its beginning.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with listener:
        config = uvicorn.Config(
            app,
            log_level=logging.WARNING,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            http="h11",  # it limits headers; httptools takes as many as somebody sends
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            timeout_graceful_shutdown=SHUTDOWN_SECONDS,
        )
        log.info("serving on port %d", port)
        uvicorn.Server(config).run(sockets=[listener])
