"""`otterd probe`: what a device with one anchor would say of a server."""

import json
import re
import socket
import ssl
import subprocess
import time

import pytest

from daemon import BINARY, SANITIZER, Port
from pki import openssl
from shadow import HOST
from tlsserver import ANSWER, TlsServer

UNKNOWN_CA = "TLSV1_ALERT_UNKNOWN_CA"
BAD = "SSLV3_ALERT_BAD_CERTIFICATE"
EXPIRED = "SSLV3_ALERT_CERTIFICATE_EXPIRED"
UNKNOWN = "SSLV3_ALERT_CERTIFICATE_UNKNOWN"
UNSUPPORTED = "SSLV3_ALERT_UNSUPPORTED_CERTIFICATE"


def otterd(*words):
    done = subprocess.run([BINARY, *map(str, words)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


class Report(dict):
    """The labels and values of a probe, and its exit status."""

    def __init__(self, done):
        super().__init__(line.split(": ", 1)
                         for line in done.stdout.splitlines())
        self.status, self.complaint = done.returncode, done.stderr

    def short(self):
        """The verdict, and the number of the alert that was sent."""
        alert = self.get("alert sent")
        return self["verdict"], alert and int(alert.split()[0])


def probe(server, anchor, *options, host=HOST):
    port = getattr(server, "port", server)
    return Report(otterd("probe", f"https://{host}:{port}", "--anchor", anchor,
                         "--connect", f"127.0.0.1:{port}", *options))


def pair(shadow, name):
    return shadow.chain(name), shadow.key(name)


# ---- verdicts ---------------------------------------------------------------

VERDICTS = [
    # chain, anchor, options, verdict, what the server hears
    ("leaf", "x1", [], "accepted", None, None),
    ("leaf", "old", [], "rejected", 48, UNKNOWN_CA),
    ("leaf", "old", ["--ignore-time"], "rejected", 48, UNKNOWN_CA),
    ("leaf", "yr1", [], "accepted", None, None),
    ("leaf", "leaf", [], "rejected", 48, UNKNOWN_CA),
    ("modern", "x1", [], "accepted", None, None),
    ("kept", "r3-by-old", [], "rejected", 45, EXPIRED),
    ("kept", "r3-by-old", ["--ignore-time"], "accepted", None, None),
    ("self-ca", "self-ca", [], "accepted", None, None),
    ("self-ca-again", "self-ca", [], "accepted", None, None),
    ("small", "x1", [], "rejected", 43, UNSUPPORTED),
    ("leaf", "x1", ["--sni", "other.test"], "rejected", 42, BAD),
    ("leaf", "old", ["--sni", "other.test"], "rejected", 42, BAD),
    ("leaf", "x1", ["--sni", "other.test", "--no-name-check"], "accepted",
     None, None),
    ("leaf", "x1", ["--sni", "127.0.0.1"], "accepted", None, None),
    ("address", "address", [], "rejected", 42, BAD),
    ("address", "address", ["--sni", "127.0.0.1"], "accepted", None, None),
    ("address-san", "address-san", ["--sni", "127.0.0.1"], "accepted", None,
     None),
    ("address", "address", ["--no-sni"], "accepted", None, None),
]


@pytest.mark.parametrize("version", ["1.2", "1.3"])
@pytest.mark.parametrize(
    "chain,anchor,options,verdict,alert,heard", VERDICTS,
    ids=[" ".join([row[0], row[1], *row[2]]) for row in VERDICTS])
def test_verdict(shadow, version, chain, anchor, options, verdict, alert,
                 heard):
    with TlsServer(pair(shadow, chain)) as server:
        report = probe(server, shadow.pem(anchor), "--tls", version, *options)
        seen = server.last()
    assert report.short() == (verdict, alert), report
    assert report.status == (0 if verdict == "accepted" else 1)
    assert seen.error == heard
    assert report["tls"].startswith(f"TLSv{version} ")
    if verdict == "accepted":
        assert report["status"] == "200" and "reason" not in report
        assert report.complaint == ""
        assert seen.request.startswith(b"GET /healthz HTTP/1.1\r\n")
    else:
        assert report["reason"] in report.complaint
        assert "status" not in report


def test_not_yet_valid(tmp_path, shadow):
    """A self-signed certificate of tomorrow."""
    for name in ("index", "index.attr"):
        tmp_path.joinpath(name).write_text("")
    config = tmp_path / "config"
    config.write_text(f"""[ca]
default_ca = this
[this]
database = {tmp_path}/index
new_certs_dir = {tmp_path}
rand_serial = yes
policy = any
x509_extensions = ext
[any]
commonName = supplied
[ext]
basicConstraints = critical,CA:TRUE
""")
    key, pem = shadow.key("self-ca"), tmp_path / "self.pem"
    openssl("req", "-new", "-key", key, "-subj", f"/CN={HOST}", "-out",
            tmp_path / "request")
    openssl("ca", "-batch", "-notext", "-config", config, "-selfsign",
            "-keyfile", key, "-in", tmp_path / "request", "-out", pem, "-md",
            "sha256", "-startdate", "20450101000000Z", "-enddate",
            "20460101000000Z")
    with TlsServer((pem, key)) as server:
        report = probe(server, pem)
        seen = server.last()
    assert report.short() == ("rejected", 46), report
    assert seen.error == UNKNOWN
    with TlsServer((pem, key)) as server:
        assert probe(server, pem, "--ignore-time").status == 0


# ---- what is said -----------------------------------------------------------

def test_chain_is_told(shadow):
    with TlsServer(pair(shadow, "leaf")) as server:
        report = probe(server, shadow.pem("x1"), "--tls", "1.2")
    assert report["address"] == f"127.0.0.1:{server.port}"
    assert report["sni"] == HOST
    assert report["name"] == f"{HOST}, in the subjectAltName"
    assert report["chain"] == "trusted"
    names = ["leaf", "yr1", "yr-by-x1"]
    assert int(report["message"]) == shadow.size(*names)
    for number, name in enumerate(names, 1):
        text = openssl("x509", "-in", shadow.pem(name), "-noout", "-subject",
                       "-issuer", "-nameopt", "RFC2253", "-fingerprint",
                       "-sha256").decode().splitlines()
        label = f"certificate {number} "
        assert report[label + "subject"] == text[0].removeprefix("subject=")
        assert report[label + "issuer"] == text[1].removeprefix("issuer=")
        assert report[label + "sha256"] == \
            text[2].split("=")[1].replace(":", "").lower()
        der = openssl("x509", "-in", shadow.pem(name), "-outform", "DER")
        assert int(report[label + "bytes"]) == len(der)
        assert re.fullmatch(r"\d{4}-\S+Z to \d{4}-\S+Z",
                            report[label + "valid"])
    assert "certificate 4 subject" not in report


def test_reasons_name_the_link(shadow):
    with TlsServer(pair(shadow, "leaf")) as server:
        report = probe(server, shadow.pem("old"))
    assert report["reason"] == report["chain"]
    assert "Shadow Root X1" in report["reason"]
    with TlsServer(pair(shadow, "leaf")) as server:
        report = probe(server, shadow.pem("old"), "--sni", "other.test")
    assert "other.test" in report["reason"]
    assert "Shadow Root X1" in report["chain"], "is told beside it"


@pytest.mark.parametrize("options,sni,name", [
    ([], HOST, HOST),
    (["--sni", "localhost"], "localhost", "localhost"),
    (["--sni", "LOCALHOST"], "localhost", "localhost"),
    (["--no-sni"], None, None),
    (["--no-name-check"], HOST, None),
    (["--sni", "127.0.0.1"], "127.0.0.1", "127.0.0.1"),
])
def test_sni(shadow, options, sni, name):
    with TlsServer(pair(shadow, "leaf")) as server:
        report = probe(server, shadow.pem("x1"), *options)
        assert server.last().sni == sni
    assert report.status == 0
    assert report["sni"] == (sni or "(none)")
    assert report["name"].split(",")[0] == (name or "not checked")


def test_names_of_old_and_new_stacks(shadow):
    """An address is found by some as SAN and by some as common name."""
    for chain, part in (("address", "as common name"),
                        ("address-san", "mbedTLS before 3.5")):
        with TlsServer(pair(shadow, chain)) as server:
            report = probe(server, shadow.pem(chain), "--sni", "127.0.0.1")
        assert part in report["name"]


@pytest.mark.parametrize("version,name", [
    ("1.0", "TLSv1"), ("1.1", "TLSv1.1"), ("1.2", "TLSv1.2"),
    ("1.3", "TLSv1.3")])
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
def test_versions(shadow, version, name):
    with TlsServer(pair(shadow, "leaf"),
                   minimum=ssl.TLSVersion.TLSv1) as server:
        report = probe(server, shadow.pem("x1"), "--tls", version)
        assert server.last().version == name
    assert report["tls"].split()[0] == name
    assert len(report["tls"].split()) == 2


@pytest.mark.parametrize("bytes_,fits", [(512, False), (2048, False),
                                         (4096, True)])
def test_max_fragment(shadow, bytes_, fits):
    assert 2048 < shadow.size("leaf", "yr1", "yr-by-x1") <= 4096
    with TlsServer(pair(shadow, "leaf")) as server:
        report = probe(server, shadow.pem("x1"), "--tls", "1.2",
                       "--max-fragment", bytes_)
    assert report["max-fragment"] == \
        f"{bytes_} asked for, {bytes_} agreed on"
    assert report["one record"].startswith("yes" if fits else "no: mbedTLS")
    assert report.status == 0, "there are stacks that take it"


@pytest.mark.parametrize("short", [0, 1])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_buffer(shadow, version, short):
    names = ["leaf", "yr1", "yr-by-x1"]
    size = shadow.size(*names)
    if version == "1.3":
        size += 1 + 2 * len(names)
    with TlsServer(pair(shadow, "leaf")) as server:
        report = probe(server, shadow.pem("x1"), "--tls", version, "--buffer",
                       size - short)
        seen = server.last()
    if short:
        assert report.short() == ("rejected", None), "such a device is mute"
        assert "buffer" in report["reason"]
        assert "ALERT" not in seen.error and not seen.request
    else:
        assert report.short() == ("accepted", None)
    assert report["buffer"] == f"{size - short}, " + \
        ("too small" if short else "large enough")


def test_json(shadow):
    with TlsServer(pair(shadow, "leaf")) as server:
        text = probe(server, shadow.pem("old"), "--max-fragment", "4096")
    with TlsServer(pair(shadow, "leaf")) as server:
        done = otterd("probe", f"https://{HOST}:{server.port}", "--connect",
                      "127.0.0.1", "--anchor", shadow.pem("old"), "--json",
                      "--max-fragment", "4096")
    row = json.loads(done.stdout)
    assert done.returncode == 1
    assert row["verdict"] == "rejected" and row["alert_sent"] == 48
    assert row["reason"] == text["reason"]
    assert row["trusted"] is False and row["closed"] is False
    assert row["name"] == "subject-alt-name"
    assert row["tls_version"] == "TLSv1.3" and row["sni"] == HOST
    assert row["max_fragment"] == 4096
    assert [c["sha256"] for c in row["certificates"]] == \
        [text[f"certificate {n} sha256"] for n in (1, 2, 3)]
    assert row["message_bytes"] == int(text["message"])


# ---- servers that do not do it ----------------------------------------------

def test_server_refuses_the_version(shadow):
    with TlsServer(pair(shadow, "leaf"),
                   minimum=ssl.TLSVersion.TLSv1_3) as server:
        report = probe(server, shadow.pem("x1"), "--tls", "1.2")
    assert report.short() == ("failed", None)
    assert report["alert received"] == "70 protocol_version"
    assert "70 protocol_version" in report.complaint
    assert report.status == 1


@pytest.mark.parametrize("raw,label", [(b"", "closed"),
                                       (b"HTTP/1.0 400 What\r\n\r\n", None)])
def test_server_without_tls(shadow, raw, label):
    with TlsServer(raw=raw) as server:
        report = probe(server, shadow.pem("x1"))
    assert report["verdict"] == "failed" and report.status == 1
    assert report.get("closed") == (label and "by the server")
    assert "reason" in report and report["reason"] in report.complaint


def test_nobody_listens(shadow):
    port = Port()
    report = probe(port.number, shadow.pem("x1"))
    port.close()
    assert report["verdict"] == "failed" and report.status == 1
    assert "Connection refused" in report["reason"]
    assert "address" not in report


def test_time_is_over(shadow):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        report = probe(silent.getsockname()[1], shadow.pem("x1"), "--timeout",
                       "1")
        assert 0.9 < time.monotonic() - began < 10
    assert report["verdict"] == "failed" and report.status == 1
    assert "no answer in time" in report["reason"]


def test_no_answer(shadow):
    with TlsServer(pair(shadow, "leaf"), answer=None) as server:
        report = probe(server, shadow.pem("x1"))
    assert (report["verdict"], report["chain"]) == ("failed", "trusted")
    assert report["closed"] == "by the server"


@pytest.mark.parametrize("answer,status,profile", [
    (ANSWER, "200", None),
    (b"HTTP/1.1 200 OK\r\nTLS-Profile: dst-x3\r\n\r\n", "200", "dst-x3"),
    (b"HTTP/1.1 404 No\r\nX: y\r\ntls-profile:\tmodern \r\n\r\n", "404",
     "modern"),
    (b"HTTP/1.1 200 OK\r\nTLS-Profile: two words\r\n\r\n", "200", None),
    (b"HTTP/1.1 200 OK\r\nTLS-Profile: \x1b[2J\r\n\r\n", "200", None),
    (b"HTTP/1.1 200 OK\r\nTLS-Profile: \r\n\r\n", "200", None),
    (b"HTTP/1.1 200 OK\r\nTLS-Profiles: x\r\n\r\n", "200", None),
    (b"HTTP/1.1 200 OK\r\n\r\nTLS-Profile: body\r\n\r\n", "200", None),
    (b"HTTP/1.0 503 Busy\r\n\r\n", "503", None),
    (b"SSH-2.0-OpenSSH\r\n\r\n", None, None),
    (b"HTTP/1.1 20 OK\r\n\r\n", None, None),
    (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 4000 + b"\r\n", None, None),
])
def test_answers(shadow, answer, status, profile):
    with TlsServer(pair(shadow, "leaf"), answer=answer) as server:
        report = probe(server, shadow.pem("x1"))
    assert report.get("status") == status
    assert report.get("profile") == profile
    assert report["verdict"] == ("accepted" if status else "failed")
    assert report.status == (0 if status else 1)


# ---- usage ------------------------------------------------------------------

URL = "https://localhost:1"
WRONG = [
    [], [URL], ["--anchor", "a"], [URL, "more", "--anchor", "a"],
    ["localhost", "--anchor", "a"], ["http://localhost", "--anchor", "a"],
    ["https://", "--anchor", "a"], ["https://a b", "--anchor", "a"],
    ["https://user@localhost", "--anchor", "a"],
    ["https://localhost:0", "--anchor", "a"],
    ["https://localhost/a b", "--anchor", "a"],
    ["https://localhost/#a", "--anchor", "a"],
    [URL, "--anchor", "a", "--tls", "1.4"],
    [URL, "--anchor", "a", "--max-fragment", "1000"],
    [URL, "--anchor", "a", "--max-fragment", "256"],
    [URL, "--anchor", "a", "--max-fragment", "8192"],
    [URL, "--anchor", "a", "--buffer", "0"],
    [URL, "--anchor", "a", "--timeout", "0"],
    [URL, "--anchor", "a", "--timeout", "3601"],
    [URL, "--anchor", "a", "--sni", "*.example.com"],
    [URL, "--anchor", "a", "--sni", "a", "--no-sni"],
    [URL, "--anchor", "a", "--connect", "a:b"],
    [URL, "--anchor", "a", "--fast"],
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage(words):
    done = otterd("probe", *words)
    assert done.returncode == 2, done.stderr
    assert "usage: otterd probe" in done.stderr and done.stdout == ""


def test_help():
    done = otterd("probe", "--help")
    assert done.returncode == 0
    for word in ("--anchor", "--ignore-time", "--max-fragment", "--json"):
        assert word in done.stdout


def test_anchors_that_are_none(tmp_path, shadow):
    for path, part in ((shadow.chain("leaf"), "holds 3 certificates"),
                       (shadow.key("leaf"), "PRIVATE KEY"),
                       (tmp_path / "none.pem", "No such file")):
        done = otterd("probe", URL, "--anchor", path)
        assert done.returncode == 1 and done.stdout == ""
        assert str(path) in done.stderr and part in done.stderr


# ---- the real one -----------------------------------------------------------

def test_otterd(daemon, pki):
    """It tells the profile that it chose."""
    for host, profile, anchor in (("localhost", "plain", "ca"),
                                  ("other.example.com", "other", "other-ca")):
        report = probe(daemon, pki.pem(anchor), "--tls", "1.2", host=host)
        assert report.short() == ("accepted", None), report
        assert report["status"] == "200"
        assert report["profile"] == profile
    report = probe(daemon, pki.pem("other-ca"), host="localhost")
    assert report.short() == ("rejected", 48)
