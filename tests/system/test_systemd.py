"""What systemd is told, the sockets it hands over, the unit files."""

import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess

import pytest

from daemon import BINARY

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNIT = ROOT / "systemd" / "otterd.service"


def messages(daemon):
    return [line for message in daemon.notify.seen for line in message]


def test_life(start):
    d = start()
    d.reload()
    d.signal(signal.SIGTERM)
    d.notify.wait("STOPPING=1", d.process)
    seen = [line for line in messages(d)
            if line in ("READY=1", "RELOADING=1", "STOPPING=1")]
    assert seen == ["READY=1", "RELOADING=1", "READY=1", "STOPPING=1"]
    reloading = next(m for m in d.notify.seen if "RELOADING=1" in m)
    assert any(re.fullmatch(r"MONOTONIC_USEC=\d+", x) for x in reloading)
    assert d.finish() == 0


def test_watchdog(start):
    d = start(WATCHDOG_USEC="2000000")
    for _ in range(3):
        assert d.notify.wait("WATCHDOG=1", d.process)


def test_no_watchdog_unless_wanted(start):
    d = start()
    d.reload()
    d.stop()
    assert "WATCHDOG=1" not in messages(d)


def test_without_systemd(start):
    """NOTIFY_SOCKET is not there: it runs all the same."""
    d = start(ready=False)
    d.launch(NOTIFY_SOCKET="/nonexistent/notify")
    d.log.wait("serving")
    assert d.get("/healthz").status == 200


@pytest.fixture
def listener():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        s.listen(64)
        yield s


def test_socket_activation(start, listener):
    d = start(ready=False)
    port = listener.getsockname()[1]
    early = socket.create_connection(("127.0.0.1", port))
    d.start(listen=[listener])
    assert d.get("/healthz", port=port).status == 200
    early.close()
    d.stop()
    # The port stays open: who comes now is served by the next process.
    waiting = socket.create_connection(("127.0.0.1", port))
    d.start(listen=[listener])
    assert d.get("/healthz", port=port).status == 200
    waiting.close()


def test_socket_activation_takes_no_port_of_its_own(start, listener):
    """Ports that the configuration names may be another's then."""
    d = start(ready=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        d.write_config(server={
            "listen": [f"127.0.0.1:{taken.getsockname()[1]}"]})
        d.start(listen=[listener])
        port = listener.getsockname()[1]
        assert d.get("/healthz", port=port).status == 200


def test_sockets_for_another_process(start, listener):
    """LISTEN_PID names somebody else."""
    d = start(ready=False)
    d.start(LISTEN_FDS="1", LISTEN_PID="1")
    assert d.get("/healthz").status == 200


# ---- log --------------------------------------------------------------------

def test_text_log(start):
    d = start({"server": {"log": {"level": "debug"}}})
    d.poll()
    d.get("/healthz")
    d.stop()
    for line in d.log.lines:
        assert re.match(r"<[3-7]>[a-z0-9-]+: .", line), line


def test_json_log(start):
    d = start({"server": {"log": {"level": "debug", "form": "json"}}})
    d.poll()
    d.stop()
    assert d.log.lines
    for line in d.log.lines:
        row = json.loads(line)
        assert {"time", "level", "event", "message"} <= set(row), line


def test_quiet_log(start):
    d = start({"server": {"log": {"level": "error"}}})
    d.poll()
    d.stop()
    assert d.log.lines == []


def test_no_forged_lines(start):
    d = start({"server": {"log": {"level": "debug"}}})
    d.get("/manifest?product=x%0a<3>forged:%20line")
    d.get("/x", {"Authorization": "Bearer a"})
    d.stop()
    assert not any(line.startswith("<3>forged") for line in d.log.lines)


# ---- unit files -------------------------------------------------------------

analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"),
                             reason="systemd-analyze is missing")


@analyze
def test_exposure():
    done = subprocess.run(["systemd-analyze", "security", "--no-pager",
                           "--offline=true", UNIT], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if os.geteuid() and "Failed to create directory" in done.stderr:
        pytest.skip("systemd-analyze wants /run/systemd, which only root "
                    "can make here")
    found = re.search(r"Overall exposure level for .*: ([0-9.]+)", done.stdout)
    assert found, done.stdout + done.stderr
    assert float(found[1]) <= 1.5


def test_install(tmp_path):
    """Everything is where Debian has it, and the unit starts what is there."""
    subprocess.run(
        ["make", "-s", "-C", ROOT, f"MODE={BINARY.parent.name}",
         f"DESTDIR={tmp_path}", "install"], check=True, timeout=600,
        stdout=subprocess.DEVNULL,
        env={k: v for k, v in os.environ.items()
             if not k.startswith(("MAKE", "MFLAGS"))})
    paths = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*")
             if p.is_file()}
    assert paths == {
        "usr/bin/otterd", "etc/otterd/otterd.yaml.example",
        "usr/lib/systemd/system/otterd.service",
        "usr/lib/systemd/system/otterd.socket",
        "usr/lib/sysusers.d/otterd.conf", "usr/lib/tmpfiles.d/otterd.conf"}
    unit = (tmp_path / "usr/lib/systemd/system/otterd.service").read_text()
    assert re.search(r"^Type=notify$", unit, re.M)
    assert re.search(r"^ExecReload=.*HUP", unit, re.M)
    assert re.search(r"^WatchdogSec=", unit, re.M)
    program = re.search(r"^ExecStart=/(\S+)", unit, re.M)[1]
    done = subprocess.run([tmp_path / program, "--version"])
    assert done.returncode == 0


@analyze
def test_units_are_well_formed(tmp_path):
    for name in ("otterd.service", "otterd.socket"):
        text = (ROOT / "systemd" / name).read_text()
        (tmp_path / name).write_text(
            text.replace("/usr/bin/otterd", str(BINARY.resolve())))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", tmp_path / "otterd.service",
         tmp_path / "otterd.socket"], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    ours = [line for line in done.stdout.splitlines() if "otterd" in line]
    assert ours == [], done.stdout
