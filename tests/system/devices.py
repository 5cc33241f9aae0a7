"""Fielded devices, the profiles that the shadow PKI allows, and what the one
says to the other: "ok", the number of the alert that it sends, or "closed"
where its stack just goes."""

import os
import pathlib
import subprocess

from daemon import BINARY, PATIENCE, SANITIZER
from shadow import ADDRESS, HOST

CLIENTS = pathlib.Path(os.environ.get("OTTERD_CLIENTS",
                                      BINARY.with_name("clients")))
PAGE = "/manifest?product=open&device={}&version=1.0"

# What an operator writes: key pairs, anchor, more; and the chains that must
# come of it, by the names of shadow.py.
PROFILES = {
    "modern": ({"certificates": ["modern", "leaf"]},
               [["modern", "ye1", "x2-by-x1"], ["leaf", "yr1", "yr-by-x1"]]),
    "ecdsa": ({"certificates": ["modern"]},
              [["modern", "ye1", "x2-by-x1"]]),
    "x1": ({"certificates": ["leaf"], "anchor": "x1"},
           [["leaf", "yr1", "yr-by-x1"]]),
    "old": ({"certificates": ["leaf"], "anchor": "old"},
            [["leaf", "yr1", "yr-by-x1", "x1-by-old"]]),
    "r3": ({"certificates": ["kept"], "anchor": "r3-by-old"}, [["kept"]]),
    "old-kept": ({"certificates": ["kept"], "anchor": "old"},
                 [["kept", "r3-by-old"]]),
    "yr1": ({"certificates": ["leaf"], "anchor": "yr1"}, [["leaf"]]),
    "self": ({"certificates": ["self-ca-again"], "anchor": "self-ca"},
             [["self-ca-again"]]),
    "self-end": ({"certificates": ["self-end"], "anchor": "self-end"},
                 [["self-end"]]),
    "address": ({"certificates": ["address"], "anchor": "address"},
                [["address"]]),
    "sha1": ({"certificates": ["sha1"], "security_level": "0"}, [["sha1"]]),
    "small": ({"certificates": ["small"], "security_level": "1"},
              [["small"]]),
}
CHECKS_TIME = {"x1", "yr1"}  # anchors of devices that have a clock


class Device:
    """A device of one of the four stacks."""

    def __init__(self, stack, anchor, *options, host=HOST):
        self.stack, self.anchor = stack, anchor
        self.options, self.host = options, host

    def command(self, shadow, port, *more, path=PAGE.format("dev1")):
        words = [CLIENTS / f"client-{self.stack}", "--port", port, "--host",
                 self.host, "--anchor", shadow.anchor(self.anchor), "--path",
                 path, *self.options, *more]
        return [str(word) for word in words]

    def start(self, *args, **options):
        return subprocess.Popen(self.command(*args, **options), text=True,
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def tries(self, *args, **options):
        """What became of each try."""
        return read_tries(self.start(*args, **options))


class Curl:
    """curl as a device uses it; it does not tell its alerts."""

    def __init__(self, anchor, *options):
        self.anchor, self.options = anchor, options

    def tries(self, shadow, port, path=PAGE.format("dev1")):
        done = subprocess.run(
            ["curl", "-sS", "--fail", "-o", os.devnull, "--connect-to",
             f"{HOST}:{port}:{ADDRESS}:{port}", "--cacert",
             shadow.anchor(self.anchor), *self.options,
             f"https://{HOST}:{port}{path}"],
            stderr=subprocess.PIPE, text=True, timeout=PATIENCE)
        return ["ok" if done.returncode == 0 else f"curl={done.returncode}"]


def read_tries(process):
    output, complaints = process.communicate(timeout=2 * PATIENCE)
    assert not SANITIZER.search(complaints), complaints
    *lines, last = output.splitlines() or [""]
    wanted = f"{'failed' if process.returncode else 'ok'} tries={len(lines)}"
    assert last == wanted, f"{process.args}: {output}{complaints}"
    return [short(line.split(": ", 1)[1]) for line in lines]


def short(result):
    if result == "ok status=200":
        return "ok"
    return result.removeprefix("refused ").removeprefix("alert=")


def profile_settings(pki, shadow, second_port, profiles, default, ladder=()):
    """The tls section that presents `profiles`; the tests' own requests go
    to the second port."""
    rows = {name: PROFILES[name][0] for name in profiles}
    anchors = sorted({row["anchor"] for row in rows.values()
                      if "anchor" in row})
    pairs = sorted({pair for row in rows.values()
                    for pair in row["certificates"]})
    return {
        "pool": [str(shadow.pool)],
        "anchors": [{"name": name, "file": str(shadow.pem(name)),
                     "checks_time": name in CHECKS_TIME} for name in anchors],
        "certificates": [
            {"name": "admin", "file": str(pki.pem("rsa")),
             "key": str(pki.key("rsa"))},
            *({"name": pair, "file": str(shadow.chain(pair)),
               "key": str(shadow.key(pair))} for pair in pairs)],
        "profiles": [{"name": "admin", "certificates": ["admin"]},
                     *({"name": name} | row for name, row in rows.items())],
        "select": [{"port": second_port, "profile": "admin"}],
        "default_profile": default, "ladder": list(ladder)}


def serve(start, shadow, profiles, ladder=None):
    """An otterd that offers the profiles in turn, the first one first; or
    with an empty ladder the first one only."""
    d = start(ready=False)
    ladder = profiles if ladder is None else ladder
    d.write_config(tls=profile_settings(
        d.pki, shadow, d.ports["second"].number, profiles, profiles[0],
        ladder))
    return d.start()


def ask_api(d, path):
    """A GET of the admin's, beside what devices are offered."""
    answer = d.api("GET", path, port=d.ports["second"].number)
    assert answer.status == 200, answer.body
    return answer.json()


def failed_handshakes(d):
    """Rows of those that could not connect."""
    return ask_api(d, "/handshakes?outcome=failed&limit=1000")["handshakes"]
