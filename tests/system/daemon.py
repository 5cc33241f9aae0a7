"""The real otterd in a directory of its own, and how tests talk to it."""

import base64
import collections
import fcntl
import hashlib
import http.client
import json
import os
import pathlib
import re
import select
import signal
import socket
import ssl
import subprocess
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("OTTERD",
                                     ROOT / "build/release/otterd"))
DEVICE = pathlib.Path(os.environ.get("OTTERD_DEVICE",
                                     BINARY.with_name("device")))
PATIENCE = 60  # seconds until an awaited event is given up
SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|ThreadSanitizer"
                       r"|runtime error:")


def deadline_loop(what):
    """Turns of a loop that ends by itself; a test fails when it does not."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        yield
    raise AssertionError(f"waited in vain for {what}")


class Port:
    """A free TCP port, ours until close(): bound, never listened on.  otterd
    listens with SO_REUSEPORT, so nobody else can come in between."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        self.socket.bind(("127.0.0.1", 0))
        self.number = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


class NotifySocket:
    """What the daemon tells systemd, as sd_notify(3) has it."""

    def __init__(self, path):
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.seen = []

    def wait(self, wanted, process=None):
        """Read until a message holds the line `wanted`; return it."""
        for _ in deadline_loop(wanted):
            ready, _, _ = select.select([self.socket], [], [], 0.2)
            if ready:
                message = self.socket.recv(4096).decode().split("\n")
                self.seen.append(message)
                if wanted in message:
                    return message
            elif process and process.poll() is not None:
                return None

    def close(self):
        self.socket.close()
        os.unlink(self.path)


class Log:
    """The lines of a pipe, as they come."""

    def __init__(self, pipe):
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        self.thread = threading.Thread(target=self._read, args=(pipe,))
        self.thread.start()

    def _read(self, pipe):
        with pipe:
            for line in pipe:
                with self.changed:
                    self.lines.append(line.decode(errors="replace").rstrip())
                    self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait(self, pattern):
        """The first line that matches."""
        def find():
            return next((x for x in self.lines if re.search(pattern, x)), None)
        with self.changed:
            self.changed.wait_for(lambda: find() or self.ended, PATIENCE)
            found = find()
        assert found, f"no line like {pattern}:\n{self.text()}"
        return found

    def text(self):
        return "\n".join(self.lines)


Reply = collections.namedtuple("Reply", "status headers body")


class Response(Reply):
    def json(self):
        return json.loads(self.body)

    def problem(self):
        """The detail of an RFC 9457 problem."""
        assert self.headers["Content-Type"] == "application/problem+json"
        problem = self.json()
        assert problem["status"] == self.status
        return problem["detail"]


class Daemon:
    def __init__(self, directory, pki, settings=None, products=None,
                 environment=None):
        self.directory = pathlib.Path(directory)
        self.pki = pki
        self.ports = {"main": Port(), "second": Port(), "admin": Port()}
        self.settings = settings or {}
        self.products = products
        self.environment = environment or {}
        self.process = None
        self.log = None
        self.notify = None
        self.tokens = {}
        self.data = self.directory / "data"
        self.data.mkdir(exist_ok=True)
        self.config = self.directory / "otterd.yaml"
        self.write_config()

    # ---- configuration ----

    @property
    def port(self):
        return self.ports["main"].number

    def url(self, path=""):
        return f"https://localhost:{self.port}{path}"

    def standard_settings(self):
        pki = self.pki
        main, second = self.port, self.ports["second"].number
        return {
            "server": {"data_dir": str(self.data), "public_url": self.url(),
                       "listen": [f"127.0.0.1:{main}", f"127.0.0.1:{second}"],
                       "workers": 2},
            "tls": {
                "certificates": [
                    {"name": name, "file": str(pki.pem(name)),
                     "key": str(pki.key(name))}
                    for name in ("rsa", "ecdsa", "other")],
                "profiles": [
                    {"name": "plain", "certificates": ["rsa"]},
                    {"name": "modern", "certificates": ["ecdsa"],
                     "min_version": "1.3"},
                    {"name": "other", "certificates": ["other"]}],
                "select": [
                    {"sni": "modern.example.com", "profile": "modern"},
                    {"sni": "other.example.com", "profile": "other"},
                    {"port": second, "profile": "other"}],
                "default_profile": "plain", "ladder": []},
            "signers": [{"name": name, "file": str(pki.pub(name))}
                        for name in ("sign-p256", "sign-p384", "sign-rsa",
                                     "sign-ed25519", "elsewhere")],
            "products": self.products or [
                {"name": "inklay", "signers": ["sign-p256", "sign-p384",
                                               "sign-rsa", "sign-ed25519"]},
                {"name": "open", "signers": ["sign-p256"],
                 "require_signature": False}],
            "manifest": {"key": str(pki.key("manifest"))},
        }

    def write_config(self, **changes):
        """Write the standard settings, changed; None takes a key out."""
        settings = self.standard_settings()
        for layer in (self.settings, changes):
            for section, value in layer.items():
                if isinstance(value, dict):
                    merged = settings.get(section, {}) | value
                    settings[section] = {key: item for key, item
                                         in merged.items() if item is not None}
                else:
                    settings[section] = value
        self.config.write_text("".join(yaml_lines(settings)))

    # ---- the process ----

    def command(self, *args, **options):
        """Run one otterd command to its end."""
        return subprocess.run([BINARY, *map(str, args)],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=PATIENCE, **options)

    def start(self, wrapper=(), listen=(), **environment):
        """Serve, and wait until it is ready.  `listen` are sockets to hand
        over as systemd does."""
        self.launch(wrapper, listen, **environment)
        ready = self.notify.wait("READY=1", self.process)
        assert ready, f"it did not start:\n{self.finish() and ''}" \
            f"{self.log.text()}"
        return self

    def launch(self, wrapper=(), listen=(), **environment):
        self.notify = NotifySocket(self.directory / "notify")
        command = [*wrapper, str(BINARY), "serve", "-c", str(self.config)]
        fds = [fcntl.fcntl(s, fcntl.F_DUPFD, 100) for s in listen]
        if fds:
            script = "".join(f"exec {3 + i}<&{fd} {fd}<&-\n"
                             for i, fd in enumerate(fds))
            script += f'export LISTEN_PID=$$ LISTEN_FDS={len(fds)}\nexec "$@"'
            command = ["bash", "-c", script, "-", *command]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, pass_fds=fds,
            env={**os.environ, "NOTIFY_SOCKET": self.notify.path,
                 **self.environment, **environment})
        for fd in fds:
            os.close(fd)
        self.log = Log(self.process.stderr)
        return self

    def signal(self, number):
        self.process.send_signal(number)

    def reload(self):
        """SIGHUP, and wait until the daemon has made up its mind."""
        self.signal(signal.SIGHUP)
        self.notify.wait("RELOADING=1", self.process)
        self.notify.wait("READY=1", self.process)

    def finish(self):
        """Wait for the end of the process; its exit status."""
        status = self.process.wait(PATIENCE)
        self.log.thread.join(PATIENCE)
        self.notify.close()
        assert not SANITIZER.search(self.log.text()), self.log.text()
        self.process = None
        return status

    def kill(self):
        """The power fails."""
        self.signal(signal.SIGKILL)
        self.finish()

    def stop(self):
        self.signal(signal.SIGTERM)
        status = self.finish()
        assert status == 0, f"exit {status}:\n{self.log.text()}"

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        try:
            if self.process:
                self.stop()
        finally:
            if self.process:
                self.kill()
            for port in self.ports.values():
                port.close()

    # ---- talking to it ----

    def token(self, role="admin"):
        if role not in self.tokens:
            done = self.command("token", "add", f"test-{role}", "--role", role,
                                "-c", self.config)
            assert done.returncode == 0, done.stderr
            self.tokens[role] = done.stdout.splitlines()[-1]
        return self.tokens[role]

    def tls(self, ca="ca", name="localhost", port=None, source=None,
            version=None):
        """A TLS connection; `name` None sends no SNI."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.pki.pem(ca))
        context.check_hostname = name is not None
        if version:
            context.minimum_version = context.maximum_version = version
        plain = socket.create_connection(
            ("127.0.0.1", port or self.port), PATIENCE,
            source_address=source and (source, 0))
        try:
            return context.wrap_socket(plain, server_hostname=name)
        except BaseException:
            plain.close()
            raise

    def connection(self, **options):
        """An http.client connection over tls()."""
        link = http.client.HTTPConnection("localhost")
        link.sock = self.tls(**options)
        link.auto_open = False
        return link

    def request(self, method, path, body=None, headers=None, link=None,
                **options):
        own = link is None
        link = link or self.connection(**options)
        try:
            link.request(method, path, body, headers or {})
            answer = link.getresponse()
            return Response(answer.status, answer.headers, answer.read())
        finally:
            if own:
                link.close()

    def get(self, path, headers=None, **options):
        return self.request("GET", path, headers=headers, **options)

    def api(self, method, path, body=None, role="admin", headers=None,
            **options):
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
        headers = dict(headers or {})
        if role:
            headers["Authorization"] = f"Bearer {self.token(role)}"
        return self.request(method, "/api/v1" + path, body, headers, **options)

    def upload(self, image, version, product="inklay", signature=None,
               **options):
        headers = {"Image-Signature": signature} if signature else {}
        return self.api("PUT", f"/products/{product}/images?version={version}",
                        image, headers=headers, **options)

    def publish(self, image, version, product="inklay", signer="sign-p256",
                **release):
        """Upload, sign and release; the release as the API tells it."""
        answer = self.upload(image, version, product,
                             self.pki.sign64(signer, image))
        assert answer.status in (200, 201), answer.body
        answer = self.api("POST", f"/products/{product}/releases",
                          {"sha256": sha256(image)} | release)
        assert answer.status == 201, answer.body
        return answer.json()

    def poll(self, device="a4cf12fe01", version="1.0", product="inklay",
             channel=None, **options):
        path = f"/manifest?product={product}&device={device}&version={version}"
        if channel:
            path += f"&channel={channel}"
        return self.get(path, **options)

    def metrics(self):
        """{"name{labels}": value}"""
        answer = self.get("/metrics", {
            "Authorization": f"Bearer {self.token('viewer')}"})
        assert answer.status == 200, answer.body
        rows = (line.rsplit(" ", 1) for line
                in answer.body.decode().splitlines()
                if line and not line.startswith("#"))
        return {name: float(value) for name, value in rows}

    def wait_metric(self, name, holds):
        """Ask until the metric is as wanted."""
        for _ in deadline_loop(name):
            value = self.metrics().get(name, 0)
            if holds(value):
                return value

    def images(self):
        """The names of the files in the store."""
        folder = self.data / "images"
        return sorted(os.listdir(folder)) if folder.is_dir() else []

    def device(self, *args, product="inklay", name="dev1", **changes):
        """Run the device program to its end: exit status and lines."""
        options = {"port": self.port, "anchor": self.pki.pem("ca"),
                   "product": product, "id": name, "version": "1.0",
                   "manifest-key": self.pki.pub("manifest"),
                   "signer": self.pki.pub("sign-p256"),
                   "state": self.directory / f"{name}.state",
                   "out": self.directory / f"{name}.bin"}
        options |= {key.replace("_", "-"): value
                    for key, value in changes.items()}
        words = [f"--{key}={value}" for key, value in options.items()
                 if value is not None]
        done = subprocess.run([DEVICE, *words, *args], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=PATIENCE)
        assert not SANITIZER.search(done.stderr), done.stderr
        return done.returncode, done.stdout.splitlines()


def yaml_lines(settings):
    """Sections as blocks, their values in flow style, as JSON is."""
    for section, value in settings.items():
        if isinstance(value, dict):
            yield f"{section}:\n"
            for key, item in value.items():
                yield f"  {key}: {json.dumps(item)}\n"
        elif isinstance(value, list):
            yield f"{section}:\n"
            for item in value:
                yield f"  - {json.dumps(item)}\n"
        else:
            yield f"{section}: {json.dumps(value)}\n"


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def manifest_signature(answer):
    """keyid, algorithm and bytes of a Manifest-Signature header."""
    found = re.fullmatch(r'keyid="([0-9a-f]{32})", alg="([a-z0-9-]+)", '
                         r'sig="([A-Za-z0-9+/=]+)"',
                         answer.headers["Manifest-Signature"])
    assert found, answer.headers["Manifest-Signature"]
    return found[1], found[2], base64.b64decode(found[3], validate=True)


def read_to_end(link):
    """All that comes until the server closes."""
    pieces = []
    try:
        while piece := link.recv(65536):
            pieces.append(piece)
    except (ConnectionError, ssl.SSLError):
        pass
    return b"".join(pieces)
