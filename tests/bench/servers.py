"""nginx and otterd, each with one worker on the first core."""

import json
import os
import socket
import sqlite3
import ssl
import subprocess
import time
import urllib.request

from load import Failed

CORE = "0"
TICK = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def make_certificate(work, name, algorithm):
    """A self-signed server certificate for localhost; (pem, key) paths."""
    pem = os.path.join(work, f"{name}.pem")
    key = os.path.join(work, f"{name}-key.pem")
    subprocess.run(
        ["openssl", "req", "-x509", "-nodes", "-days", "30", "-newkey",
         *algorithm, "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key,
         "-out", pem], check=True, stderr=subprocess.DEVNULL)
    os.chmod(key, 0o600)
    return pem, key


class Server:
    """A running server process; its cost is that of `pid`."""

    def __init__(self, name, command, port, log):
        self.name = name
        self.port = port
        self.log = log
        with open(log, "ab") as f:
            self.process = subprocess.Popen(
                ["taskset", "-c", CORE, *command], stdout=f, stderr=f,
                stdin=subprocess.DEVNULL)
        self.pid = self.process.pid
        try:
            self.wait_until_it_listens()
        except BaseException:
            self.stop()
            raise

    def wait_until_it_listens(self):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.1)
        with open(self.log, encoding="utf-8", errors="replace") as f:
            raise Failed(f"{self.name} did not start:\n{f.read()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def cpu(self):
        """Seconds of CPU so far, of all threads."""
        with open(f"/proc/{self.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def pss(self):
        """Bytes of memory, shared pages counted by their share."""
        with open(f"/proc/{self.pid}/smaps_rollup", encoding="ascii") as f:
            for line in f:
                if line.startswith("Pss:"):
                    return int(line.split()[1]) * 1024
        raise Failed("no Pss in smaps_rollup")


NGINX_CONF = """
user {user};
worker_processes 1;
daemon off;
pid {work}/nginx.pid;
error_log {work}/nginx.log;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {work}/nginx-body;
    proxy_temp_path {work}/nginx-proxy;
    fastcgi_temp_path {work}/nginx-fastcgi;
    uwsgi_temp_path {work}/nginx-uwsgi;
    scgi_temp_path {work}/nginx-scgi;
    sendfile on;
    tcp_nodelay on;
    keepalive_requests 1000000000;
    keepalive_timeout 600s;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    root {work}/www;
    log_format resumed $ssl_session_reused;
    server {{
        listen 127.0.0.1:{port} ssl backlog=4096;
    }}
    server {{
        listen 127.0.0.1:{watched} ssl backlog=4096;
        access_log {work}/resumed.log resumed;
    }}
}}
"""


class Nginx(Server):
    """Serves the files of WORK/www; on the port `watched` it writes down
    which handshakes were resumed."""

    def __init__(self, work, certificate):
        port = free_port()
        self.watched = free_port()
        self.resumed_log = os.path.join(work, "resumed.log")
        conf = os.path.join(work, "nginx.conf")
        with open(conf, "w", encoding="ascii") as f:
            f.write(NGINX_CONF.format(
                work=work, port=port, watched=self.watched,
                user="root" if os.getuid() == 0 else "nobody",
                certificate=certificate[0], key=certificate[1]))
        super().__init__("nginx", ["/usr/sbin/nginx", "-c", conf], port,
                         os.path.join(work, "nginx.out"))
        self.pid = self.worker()

    def worker(self):
        """The one child, which the master makes after it listens."""
        children = f"/proc/{self.pid}/task/{self.pid}/children"
        for _ in range(100):
            with open(children, encoding="ascii") as f:
                pids = f.read().split()
            if pids:
                return int(pids[0])
            time.sleep(0.1)
        self.stop()
        raise Failed("nginx made no worker")

    def resumed(self):
        with open(self.resumed_log, encoding="ascii") as f:
            return f.read().count("r")


OTTERD_CONF = """
server:
  data_dir: {data}
  public_url: https://localhost:{port}
  listen: ["127.0.0.1:{port}"]
  workers: 1
  limits: {{max_connections_per_source: 20000, idle_timeout: 10m}}
tls:
  certificates:
    - {{name: bench, file: {certificate}, key: {key}}}
  profiles:
    - {{name: bench, certificates: [bench]}}
  default_profile: bench
signers:
  - {{name: bench, file: {work}/signing-key.pem.pub}}
products:
  - {{name: bench, signers: [bench]}}
manifest: {{key: {work}/manifest-key.pem}}
"""


class Otterd(Server):
    """A daemon on WORK/NAME, with `devices` devices in its database."""

    def __init__(self, binary, work, name, certificate, devices=0):
        self.binary = binary
        self.work = work
        self.data = os.path.join(work, name)
        self.conf = self.data + ".yaml"
        os.makedirs(self.data, exist_ok=True)
        port = free_port()
        for key in ("signing", "manifest"):
            path = os.path.join(work, f"{key}-key.pem")
            if not os.path.exists(path):
                self.command("keygen", "--out", path)
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(OTTERD_CONF.format(
                data=self.data, work=work, port=port,
                certificate=certificate[0], key=certificate[1]))
        token = os.path.join(self.data, "token")
        if not os.path.exists(token):
            secret = self.command("token", "add", "-c", self.conf, "bench",
                                  "--role", "admin").splitlines()[-1]
            with open(token, "w", encoding="ascii") as f:
                f.write(secret)
            fill(os.path.join(self.data, "otterd.db"), devices)
        with open(token, encoding="ascii") as f:
            self.token = f.read()
        super().__init__("otterd", [binary, "serve", "-c", self.conf], port,
                         self.data + ".out")

    def command(self, *arguments):
        return subprocess.run([self.binary, *arguments], check=True,
                              stdout=subprocess.PIPE, text=True,
                              timeout=60).stdout

    def call(self, method, path, body=None, headers=()):
        request = urllib.request.Request(
            f"https://127.0.0.1:{self.port}{path}", body, method=method,
            headers={"Authorization": f"Bearer {self.token}", **dict(headers)})
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with urllib.request.urlopen(request, timeout=60,
                                    context=context) as answer:
            return answer.read()

    def publish(self, image):
        """Upload, sign and release a file; its path below /images/."""
        key = os.path.join(self.work, "signing-key.pem")
        signature = self.command("sign", "--key", key, image).strip()
        with open(image, "rb") as f:
            answer = self.call(
                "PUT", "/api/v1/products/bench/images?version=2.0.0",
                f.read(), {"Image-Signature": signature})
        sha256 = json.loads(answer)["sha256"]
        self.call("POST", "/api/v1/products/bench/releases",
                  json.dumps({"sha256": sha256}).encode())
        return "/images/" + sha256

    def resumed(self):
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in self.call("GET", "/metrics").decode().splitlines()
            if line.startswith("otterd_handshakes_total")
            and 'result="resumed"' in line)


FILL = """
INSERT OR IGNORE INTO products (name) VALUES ('bench');
INSERT OR IGNORE INTO words (name) VALUES
    ('up-to-date'), ('TLSv1.3'), ('TLS_AES_128_GCM_SHA256'), ('bench');
CREATE TEMP TABLE c AS SELECT
    (SELECT id FROM products WHERE name = 'bench') AS product,
    (SELECT id FROM words WHERE name = 'up-to-date') AS reason,
    (SELECT id FROM words WHERE name = 'TLSv1.3') AS version,
    (SELECT id FROM words WHERE name = 'TLS_AES_128_GCM_SHA256') AS cipher,
    (SELECT id FROM words WHERE name = 'bench') AS profile,
    strftime('%s', 'now') - 86400 AS at;
CREATE TEMP TABLE numbers AS
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n
                             WHERE i + 1 < :devices) SELECT i FROM n;
INSERT INTO checkins (id, previous, at, product, device, version, channel,
                      release, reason, address, tls_version, cipher, profile)
    SELECT i + 1, 0, c.at, c.product, printf('dev%07d', i), '2.0.0', '', 0,
           c.reason, '192.0.2.1', c.version, c.cipher, c.profile
    FROM numbers, c ORDER BY i;
INSERT INTO devices (product, device, version, first_seen, last_seen, checkins,
                     last_checkin, reason, address, tls_version, cipher,
                     profile)
    SELECT c.product, printf('dev%07d', i), '2.0.0', c.at, c.at, 1, i + 1,
           c.reason, '192.0.2.1', c.version, c.cipher, c.profile
    FROM numbers, c ORDER BY i;
DROP TABLE numbers;
DROP TABLE c;
"""


def fill(path, devices):
    """Put devices dev0000000 and up, each with a check-in, into a database
    that no daemon holds."""
    if not devices:
        return
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode = DELETE")
    db.execute("PRAGMA synchronous = OFF")
    db.execute("BEGIN")
    for statement in FILL.split(";\n"):
        if ":devices" in statement:
            db.execute(statement, {"devices": devices})
        else:
            db.execute(statement)
    db.execute("COMMIT")
    db.close()
