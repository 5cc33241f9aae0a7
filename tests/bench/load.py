"""The load: wrk on the second core, and connections that lie idle."""

import os
import random
import socket
import ssl
import subprocess
import types

CORE = "1"

# What both servers are asked for, so that they do the same work.
TLS = {
    "TLSv1.3": """MinProtocol = TLSv1.3
MaxProtocol = TLSv1.3
Ciphersuites = TLS_AES_128_GCM_SHA256
Groups = X25519
""",
    "TLSv1.2": """MinProtocol = TLSv1.2
MaxProtocol = TLSv1.2
CipherString = ECDHE+AES128+AESGCM
Groups = X25519
Options = -SessionTicket
""",
}

OPENSSL_CONF = """openssl_conf = init
[init]
ssl_conf = ssl
[ssl]
system_default = client
[client]
"""


class Failed(Exception):
    """Something did not run, so that there is no figure."""


class Load:
    """wrk, told in `work` how to shake hands."""

    def __init__(self, work, here):
        self.work = work
        self.script = os.path.join(here, "load.lua")
        self.preload = os.path.join(work, "nosession.so")
        subprocess.run(
            ["cc", "-shared", "-fPIC", "-O2", "-D_GNU_SOURCE", "-o",
             self.preload, os.path.join(here, "nosession.c"), "-ldl"],
            check=True)
        for version, settings in TLS.items():
            with open(os.path.join(work, version), "w") as f:
                f.write(OPENSSL_CONF + settings)

    def run(self, port, path, *, seconds, connections, version="TLSv1.3",
            close=False, devices=0):
        """Load a server; the requests that were answered and the bytes."""
        env = {**os.environ,
               "OPENSSL_CONF": os.path.join(self.work, version),
               "LD_PRELOAD": self.preload,
               "BENCH_PATH": path,
               "BENCH_DEVICES": str(devices),
               "BENCH_CLOSE": "1" if close else "0",
               "BENCH_SEED": str(random.randrange(1 << 31))}
        command = ["taskset", "-c", CORE, "wrk", "-t1", f"-c{connections}",
                   f"-d{seconds}s", "--timeout", "10s", "-s", self.script,
                   f"https://127.0.0.1:{port}"]
        out = subprocess.run(command, env=env, check=True, text=True,
                             stdout=subprocess.PIPE,
                             timeout=seconds + 60).stdout
        line = [x for x in out.splitlines() if x.startswith("BENCH ")]
        if not line:
            raise Failed("wrk said nothing:\n" + out)
        figures = [int(x) for x in line[0].split()[1:]]
        if any(figures[2:]) or not figures[0]:
            raise Failed("not all answers were 200 (connect, read, write, "
                         f"status, timeout): {figures[2:]}\n{out}")
        return types.SimpleNamespace(requests=figures[0], bytes=figures[1])


class Idle:
    """Kept TLS 1.3 connections that had one request each."""

    def __init__(self, port, path, count):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.connections = []
        for number in range(count):
            raw = socket.create_connection(("127.0.0.1", port), timeout=10)
            tls = context.wrap_socket(raw, server_hostname="localhost")
            target = path % number if "%" in path else path
            tls.sendall(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n"
                        % target.encode())
            self.connections.append(tls)
            if not read_answer(tls).startswith(b"HTTP/1.1 200"):
                raise Failed("an idle connection's request was refused")

    def close(self):
        for tls in self.connections:
            tls.close()


def read_answer(tls):
    """One whole answer with a Content-Length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += tls.recv(16384) or fail_short()
    head, body = data.split(b"\r\n\r\n", 1)
    for line in head.split(b"\r\n")[1:]:
        name, value = line.split(b":", 1)
        if name.lower() == b"content-length":
            left = int(value) - len(body)
    while left > 0:
        left -= len(tls.recv(16384) or fail_short())
    return data


def fail_short():
    raise Failed("an answer ended early")
