#!/usr/bin/python3
"""bench OTTERD CHOOSE - what otterd costs beside nginx, in one run.

Both servers have one worker on the first core and the same certificate; the
load comes from the second core.  What counts is the server's CPU time per
request, taken in turn (A B A B), as the median of the pairs' ratios.
"""

import argparse
import os
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import types

from load import Failed, Idle, Load
from servers import CORE, Nginx, Otterd, make_certificate

HERE = os.path.dirname(os.path.abspath(__file__))
ECDSA = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
RSA = ("rsa:2048",)
CONNECTIONS = 64
IDLE = 1000          # connections
IMAGE = 10_000_000   # bytes
FEW, MANY = 1_000, 1_000_000  # devices
# An older device, so that there is an update in every manifest.
POLL = "/manifest?product=bench&device=dev%07d&version=1.0.0"


class Bench:
    """The directory, the load and the options that all rows share."""

    def __init__(self, options, work):
        self.options = options
        self.work = work
        self.load = Load(work, HERE)
        self.www = os.path.join(work, "www")
        os.makedirs(self.www)
        os.chmod(work, 0o755)
        self.image = os.path.join(self.www, "image.bin")
        with open(self.image, "wb") as f:
            f.write(os.urandom(IMAGE))
        self.certificates = {
            "ecdsa": make_certificate(work, "ecdsa", ECDSA),
            "rsa": make_certificate(work, "rsa", RSA),
        }

    def otterd(self, name, certificate="ecdsa", devices=FEW):
        """A daemon with a release; the path of its image comes with it."""
        server = Otterd(self.options.binary, self.work, name,
                        self.certificates[certificate], devices)
        try:
            server.image = server.publish(self.image)
        except BaseException:
            server.stop()
            raise
        return server

    def nginx(self, certificate="ecdsa", like=None):
        """nginx, with a static file as large as a manifest of `like`."""
        manifest = like.call("GET", POLL % 1)
        with open(os.path.join(self.www, "manifest"), "wb") as f:
            f.write(b"x" * len(manifest))
        return Nginx(self.work, self.certificates[certificate])

    def cost(self, server, path, how):
        """CPU seconds per request of one run."""
        before = server.cpu()
        done = self.load.run(server.port, path,
                             seconds=self.options.seconds, **how)
        time.sleep(0.3)  # what the last requests left behind
        requests = done.requests
        if path.startswith("/image"):
            requests = done.bytes / IMAGE  # with those cut off at the end
        return (server.cpu() - before) / requests

    def pairs(self, a, b):
        """Costs of a and b, each (server, path, how), taken in turn."""
        for server, path, how in (a, b):
            self.load.run(server.port, path, seconds=1, **how)
        costs = []
        for _ in range(self.options.pairs):
            costs.append((self.cost(*a), self.cost(*b)))
        return costs


def ratio(costs):
    """The median of the ratios, and both absolute figures."""
    a, b = (statistics.median(x) for x in zip(*costs))
    return types.SimpleNamespace(
        value=statistics.median(x / y for x, y in costs),
        text=f"{a * 1e6:.1f} / {b * 1e6:.1f} us")


def check_full_handshakes(bench, server, path, how, port):
    """Fail when wrk resumes sessions with this server."""
    before = server.resumed()
    bench.load.run(port, path, seconds=1, **how)
    if server.resumed() > before:
        raise Failed(f"{server.name} resumed handshakes")


def fresh(bench, certificate, version):
    how = {"connections": CONNECTIONS, "version": version, "close": True}
    polls = {**how, "devices": FEW}
    otterd = bench.otterd("fresh-" + certificate, certificate)
    try:
        nginx = bench.nginx(certificate, otterd)
        try:
            check_full_handshakes(bench, otterd, POLL, polls, otterd.port)
            check_full_handshakes(bench, nginx, "/manifest", how,
                                  nginx.watched)
            return ratio(bench.pairs((otterd, POLL, polls),
                                     (nginx, "/manifest", how)))
        finally:
            nginx.stop()
    finally:
        otterd.stop()


def choosing(bench):
    """What choosing by ClientHello adds to a poll, in per cent.  Without it
    nothing of ours would look at a ClientHello, so its cost is measured
    beside a plain handshake, in one process."""
    how = {"connections": CONNECTIONS, "version": "TLSv1.3", "close": True,
           "devices": FEW}
    otterd = bench.otterd("choosing")
    try:
        bench.load.run(otterd.port, POLL, seconds=1, **how)
        poll = statistics.median(bench.cost(otterd, POLL, how)
                                 for _ in range(bench.options.pairs))
    finally:
        otterd.stop()
    done = subprocess.run(
        ["taskset", "-c", CORE, bench.options.choose,
         *bench.certificates["ecdsa"], "101"], check=True, timeout=300,
        stdout=subprocess.PIPE, text=True)
    added = float(done.stdout) / 1e6
    return types.SimpleNamespace(
        value=100 * added / poll,
        text=f"{added * 1e6:.1f} of {poll * 1e6:.1f} us")


def kept(bench, what):
    how = {"connections": 4 if what == "image" else CONNECTIONS}
    otterd = bench.otterd("kept")
    try:
        nginx = bench.nginx("ecdsa", otterd)
        try:
            if what == "poll":
                pair = ((otterd, POLL, {**how, "devices": FEW}),
                        (nginx, "/manifest", how))
            elif what == "again":
                pair = ((otterd, POLL % 1, how), (nginx, "/manifest", how))
            else:
                pair = ((otterd, otterd.image, how),
                        (nginx, "/image.bin", how))
            return ratio(bench.pairs(*pair))
        finally:
            nginx.stop()
    finally:
        otterd.stop()


def idle_memory(server, path):
    """Bytes per idle connection, beyond what the first few cost."""
    first = Idle(server.port, path, 20)
    before = server.pss()
    connections = Idle(server.port, path, IDLE)
    time.sleep(1)
    after = server.pss()
    connections.close()
    first.close()
    return (after - before) / IDLE


def memory(bench):
    otterd = bench.otterd("idle")
    try:
        nginx = bench.nginx("ecdsa", otterd)
        try:
            ours = idle_memory(otterd, POLL)
            theirs = idle_memory(nginx, "/manifest")
        finally:
            nginx.stop()
    finally:
        otterd.stop()
    return types.SimpleNamespace(
        value=ours / 1024, text=f"nginx {theirs / 1024:.1f} KB")


def fleet(bench):
    """Both rows of the large fleet: CPU per poll, and memory."""
    how = {"connections": CONNECTIONS}
    few = bench.otterd("few")
    try:
        many = bench.otterd("many", devices=MANY)
        try:
            result = ratio(bench.pairs((many, POLL, {**how, "devices": MANY}),
                                       (few, POLL, {**how, "devices": FEW})))
            result.pss = many.pss() / 1024 / 1024
        finally:
            many.stop()
    finally:
        few.stop()
    return result


# Name, what it is, most that is aimed at, its unit, how it is found.
ROWS = [
    ("fresh13", "poll, fresh TLS 1.3 connection, ECDSA P-256", 1.10, "x nginx",
     lambda bench: fresh(bench, "ecdsa", "TLSv1.3")),
    ("fresh12", "poll, fresh TLS 1.2 connection, RSA-2048", 1.05, "x nginx",
     lambda bench: fresh(bench, "rsa", "TLSv1.2")),
    ("choose", "choosing by ClientHello, of a fresh poll", 3.0, "%", choosing),
    ("again", "poll, kept connection, the same device", 2.0, "x nginx",
     lambda bench: kept(bench, "again")),
    ("poll", "poll, kept connection, devices at random", 2.0, "x nginx",
     lambda bench: kept(bench, "poll")),
    ("image", "10 MB image, kept connection", 1.10, "x nginx",
     lambda bench: kept(bench, "image")),
    ("memory", "memory per idle TLS connection", 24, "KB", memory),
    ("fleet", "poll, 1,000,000 devices beside 1,000", 1.3, "x 1,000", fleet),
]
PSS_TARGET = 64  # MB, in the row of the fleet


def show(what, value, unit, target, text):
    verdict = "met" if value <= target else "MISSED"
    print(f"{what:46} {value:8.3f} {unit:8} target {target:5} {verdict:6} "
          f"{text}", flush=True)


def run_row(options, row):
    _, what, target, unit, find = row
    os.makedirs("build", exist_ok=True)
    work = tempfile.mkdtemp(prefix="bench-", dir=os.path.abspath("build"))
    try:
        result = find(Bench(options, work))
        show(what, result.value, unit, target, result.text)
        if hasattr(result, "pss"):
            show("memory of the daemon then", result.pss, "MB", PSS_TARGET, "")
        return True
    except (Failed, OSError, ValueError, sqlite3.Error,
            subprocess.SubprocessError) as reason:
        print(f"{what}: did not run: {reason}", flush=True)
        return False
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("binary", type=os.path.abspath)
    parser.add_argument("choose", type=os.path.abspath,
                        help="the program made of choose.c")
    parser.add_argument("--rows", nargs="+", choices=[r[0] for r in ROWS],
                        default=[r[0] for r in ROWS])
    parser.add_argument("--seconds", type=int, default=5,
                        help="of each half of a pair (5)")
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args()
    # An end from outside cleans up, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if len(os.sched_getaffinity(0)) < 2:
        sys.exit("bench: two cores are needed")
    print("CPU time of the server per request, otterd / nginx, median of "
          f"{options.pairs} pairs of {options.seconds} s;\nTLS handshakes are "
          "full ones; every poll's check-in is committed\n")
    ran = [run_row(options, row) for row in ROWS if row[0] in options.rows]
    return 0 if all(ran) else 1


if __name__ == "__main__":
    sys.exit(main())
