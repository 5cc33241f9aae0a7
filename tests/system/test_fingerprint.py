"""otterd fingerprint: what a captured ClientHello says."""

import hashlib
import pathlib
import re
import ssl
import subprocess

import pytest

from daemon import BINARY, ROOT

HELLOS = ROOT.parent / "shared" / "hellos"
JA4 = re.compile(r"t13d\d{4}h2_[0-9a-f]{12}_[0-9a-f]{12}")


def run(path):
    return subprocess.run([BINARY, "fingerprint", str(path)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def told(text):
    return dict(re.split(r" +", line, maxsplit=1) for line in
                text.replace("looks like", "looks-like").splitlines())


def hello_of(name="fw.example.test", alpn=("h2", "http/1.1")):
    """The record in which OpenSSL sends a ClientHello."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    link = context.wrap_bio(incoming, outgoing, server_hostname=name)
    with pytest.raises(ssl.SSLWantReadError):
        link.do_handshake()
    return outgoing.read()


def in_records(message, size):
    pieces = [message[i:i + size] for i in range(0, len(message), size)]
    return b"".join(b"\x16\x03\x01" + len(piece).to_bytes(2, "big") + piece
                    for piece in pieces)


@pytest.mark.parametrize("form", ["as sent", "message", "split"])
def test_capture(tmp_path, form):
    record = hello_of()
    data = {"as sent": record, "message": record[5:],
            "split": in_records(record[5:], 100)}[form]
    capture = tmp_path / "hello"
    capture.write_bytes(data)
    done = run(capture)
    assert (done.returncode, done.stderr) == (0, "")
    facts = told(done.stdout)
    assert JA4.fullmatch(facts["ja4"])
    assert re.fullmatch("[0-9a-f]{32}", facts["ja3"])
    assert facts["looks-like"] == "OpenSSL or curl"
    assert facts["version"] == "TLS 1.3"
    assert facts["sni"] == "fw.example.test"
    assert facts["alpn"] == "h2"
    # JA4 is the raw form with its lists hashed.
    a, ciphers, rest = facts["ja4_r"].split("_", 2)
    assert facts["ja4"] == "_".join(
        [a, *(hashlib.sha256(part.encode()).hexdigest()[:12]
              for part in (ciphers, rest))])


def test_no_name(tmp_path):
    capture = tmp_path / "hello"
    capture.write_bytes(hello_of(None, None))
    facts = told(run(capture).stdout)
    assert facts["sni"] == facts["alpn"] == "none"
    assert facts["ja4"].startswith("t13i")


@pytest.mark.parametrize("change,reason", [
    (lambda data: b"", "no ClientHello"),
    (lambda data: b"GET / HTTP/1.1\r\n\r\n", "no ClientHello"),
    (lambda data: data[:-1], "the file"),
    (lambda data: data[5:-1], "the file"),
    (lambda data: data + b"x", "no TLS record of a handshake at byte"),
    (lambda data: data[:5] + b"\x02" + data[6:], "no ClientHello"),
    (lambda data: data[:5] + data[5:9] + bytes(len(data) - 9), "malformed"),
])
def test_refused(tmp_path, change, reason):
    capture = tmp_path / "hello"
    capture.write_bytes(change(hello_of()))
    done = run(capture)
    assert done.returncode == 1 and done.stdout == ""
    assert reason in done.stderr and str(capture) in done.stderr


def test_captured_devices():
    """Of the stacks that devices have, with the known fingerprints."""
    if not HELLOS.is_dir():
        pytest.skip(f"{HELLOS} is not there")
    rows = [line.split("\t") for line in
            (HELLOS / "VECTORS.tsv").read_text().splitlines()[1:]]
    assert rows
    for name, _, ja3, ja4 in rows:
        facts = told(run(pathlib.Path(HELLOS, name)).stdout)
        assert (facts["ja3"], facts["ja4"]) == (ja3, ja4), name
