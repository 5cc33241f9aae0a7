"""SIGTERM: what is under way ends, what comes in between does no harm."""

import os
import signal
import socket

from daemon import sha256


def begin_download(daemon, image):
    link = daemon.tls()
    link.sendall(b"GET /images/%s HTTP/1.1\r\nHost: x\r\n\r\n"
                 % sha256(image).encode())
    return link, link.recv(1)


def read_to_end(link, data):
    while chunk := link.recv(65536):
        data += chunk
    return data


def test_reload_while_draining(start):
    """An order for a worker that has ended already finds nothing freed."""
    daemon = start()
    image = os.urandom(8 << 20)  # more than sockets hold
    daemon.publish(image, "1.0")
    link, data = begin_download(daemon, image)
    daemon.signal(signal.SIGTERM)
    daemon.notify.wait("STOPPING=1", daemon.process)
    daemon.reload()
    assert read_to_end(link, data).endswith(image[-1000:])
    assert daemon.finish() == 0


def test_shared_socket_while_draining(start):
    """A connection that nobody takes any more does not keep the loop busy."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    daemon = start(ready=False).start(listen=[listener])
    link = daemon.tls(port=port)
    link.sendall(b"POST /report HTTP/1.1\r\nHost: x\r\n"
                 b"Content-Length: 2\r\n\r\n{")
    daemon.signal(signal.SIGTERM)
    daemon.notify.wait("STOPPING=1", daemon.process)
    waiting = socket.create_connection(("127.0.0.1", port))
    link.sendall(b"}")
    assert read_to_end(link, b"").startswith(b"HTTP/1.1 400 ")
    assert daemon.finish() == 0
    waiting.close()
    listener.close()


def test_a_second_server_on_the_port(start):
    """SO_REUSEPORT would let it in, and it would get half of the clients."""
    first = start()
    second = start(ready=False)
    second.ports["main"].close()
    text = second.config.read_text().replace(
        f"127.0.0.1:{second.port}", f"127.0.0.1:{first.port}")
    second.config.write_text(text)
    second.launch()
    assert second.finish() == 1
    assert "server.listen[0]: listen on 127.0.0.1:" in second.log.text()
    assert "Address already in use" in second.log.text()
    assert first.get("/healthz").status == 200


def test_no_data_directory(start):
    d = start(ready=False)
    d.data.rmdir()
    done = d.command("check", "-c", d.config)
    assert done.returncode == 1
    assert ": server.data_dir: " in done.stderr
    assert "No such file or directory; it has to be there" in done.stderr
    d.launch()
    assert d.finish() == 1
    assert ": server.data_dir: " in d.log.text()


def test_no_forecast_without_the_data(start):
    """Monitoring must not take a wrong directory for good news."""
    d = start(ready=False)
    d.data.rmdir()
    done = d.command("chains", "--report", "-c", d.config)
    assert done.returncode == 1
    assert ": server.data_dir: " in done.stderr
