"""A client that rejects a chain is offered the next one when it comes back."""

import base64
import collections
import contextlib
import hashlib
import random
import ssl
import time

import pytest

from daemon import deadline_loop
from devices import (PAGE, Curl, Device, ask_api, failed_handshakes,
                     read_tries, serve)
from pki import openssl
from shadow import HOST
from test_tls import handshake, lax_context

PAUSE = 0.2  # seconds between two tries
TRIES = ["--tries", "3", "--pause", str(int(PAUSE * 1000))]

ESP32_OLD = Device("mbedtls", "old")
ESP32_X1 = Device("mbedtls", "x1")
ESP32_CLOCK = Device("mbedtls", "x1", "--check-time")
BUNDLE = Device("mbedtls", "bundle", "--bundle")
MODERN = {"esp8266": Device("bearssl", "x1"),
          "wolfssl": Device("wolfssl", "x1"),
          "openssl": Device("openssl", "x1")}

REJECTIONS = [
    # what, device, ladder, what its tries come to
    ("48 unknown_ca", ESP32_OLD, ["modern", "old"], ["48", "ok"]),
    ("49 access_denied", BUNDLE, ["old", "modern"], ["49", "ok"]),
    ("45 certificate_expired", ESP32_CLOCK, ["r3", "modern"], ["45", "ok"]),
    ("45 rules out all that has expired", ESP32_CLOCK,
     ["r3", "old-kept", "modern"], ["45", "ok"]),
    ("46 certificate_unknown", ESP32_X1, ["sha1", "modern"], ["46", "ok"]),
    ("43 unsupported_certificate", ESP32_X1, ["small", "modern"],
     ["43", "ok"]),
    ("BearSSL goes without a word", Device("bearssl", "self-ca"),
     ["modern", "self"], ["closed", "ok"]),
    ("a small buffer", Device("mbedtls", "old", "--buffer", "4096"),
     ["old", "old-kept"], ["closed", "ok"]),
    ("a small buffer prefers less",
     Device("mbedtls", "r3-by-old", "--buffer", "4096"),
     ["old", "x1", "r3"], ["closed", "ok"]),
    ("a small record", Device("mbedtls", "r3-by-old", "--mfl", "2048"),
     ["modern", "r3"], ["closed", "ok"]),
    ("a reset right after the alert", Device("mbedtls", "old", "--reset"),
     ["modern", "old"], ["48", "ok"]),
    ("a reset instead of an alert",
     Device("mbedtls", "old", "--buffer", "4096", "--reset"),
     ["old", "old-kept"], ["closed", "ok"]),
    ("42 for a self-signed one, wolfSSL", MODERN["wolfssl"],
     ["self-end", "modern"], ["42", "ok"]),
    ("TLS 1.3, wolfSSL", Device("wolfssl", "self-ca"), ["modern", "self"],
     ["48", "ok"]),
    ("TLS 1.3, OpenSSL", Device("openssl", "self-end"),
     ["modern", "self-end"], ["48", "ok"]),
    ("TLS 1.3, a reset after the alert",
     Device("openssl", "self-end", "--reset"), ["modern", "self-end"],
     ["48", "ok"]),
    ("TLS 1.2, OpenSSL", Device("openssl", "self-end", "--tls", "1.2"),
     ["modern", "self-end"], ["48", "ok"]),
    ("no SNI, the last rung", Device("mbedtls", "r3-by-old", "--no-sni"),
     ["modern", "old", "r3"], ["48", "48", "ok"]),
]


@pytest.mark.parametrize("device,ladder,expected",
                         [row[1:] for row in REJECTIONS],
                         ids=[row[0] for row in REJECTIONS])
def test_served_after_a_rejection(start, shadow, device, ladder, expected):
    d = serve(start, shadow, ladder)
    assert device.tries(shadow, d.port, *TRIES) == expected
    assert device.tries(shadow, d.port) == ["ok"], "it is remembered"


def test_no_ladder(start, shadow):
    d = serve(start, shadow, ["modern", "old"], ladder=[])
    assert ESP32_OLD.tries(shadow, d.port, *TRIES) == ["48"] * 3


def test_a_device_without_a_profile(start, shadow):
    """It is offered all there is, round and round."""
    d = serve(start, shadow, ["modern", "old"])
    lost = Device("mbedtls", "self-end")
    assert lost.tries(shadow, d.port, "--tries", "5", "--pause", "200") \
        == ["48"] * 5
    for _ in deadline_loop("both profiles in what is told"):
        offered = {row["profile"] for row in failed_handshakes(d)}
        if offered == {"modern", "old"}:
            break


def test_curl_with_a_pinned_key(start, shadow):
    """It ends the handshake and goes without a request."""
    d = serve(start, shadow, ["modern", "self-end"])
    key = openssl("pkey", "-in", shadow.key("self-end"), "-pubout",
                  "-outform", "DER")
    pin = base64.b64encode(hashlib.sha256(key).digest()).decode()
    curl = Curl("bundle", "--insecure", "--pinnedpubkey", f"sha256//{pin}")
    assert curl.tries(shadow, d.port) == ["curl=90"]
    time.sleep(PAUSE)
    assert curl.tries(shadow, d.port) == ["ok"]


def test_wrong_name_does_not_move_on(start, shadow):
    d = serve(start, shadow, ["modern", "old"])
    misled = Device("mbedtls", "x1", host="other.example.test")
    assert misled.tries(shadow, d.port, *TRIES) == ["42"] * 3
    for _ in deadline_loop("three handshakes to be told"):
        rows = failed_handshakes(d)
        if sum(row["count"] for row in rows) >= 3:
            break
    assert {(row["profile"], row["alert"]["code"]) for row in rows} \
        == {("modern", 42)}


# ---- memory ----

def test_reload_forgets_nothing(start, shadow):
    d = serve(start, shadow, ["modern", "old"])
    assert ESP32_OLD.tries(shadow, d.port, *TRIES) == ["48", "ok"]
    d.reload()
    assert ESP32_OLD.tries(shadow, d.port) == ["ok"]


@pytest.mark.parametrize("accepted", [True, False])
def test_restart_forgets_nothing(start, shadow, accepted):
    d = serve(start, shadow, ["modern", "old"])
    tries = ["48", "ok"] if accepted else ["48"]
    assert ESP32_OLD.tries(shadow, d.port, "--tries", len(tries), "--pause",
                           200) == tries
    d.restart()
    assert ESP32_OLD.tries(shadow, d.port) == ["ok"]


def test_power_failure_forgets_little(start, shadow):
    """What has been told by the API is on disk."""
    d = serve(start, shadow, ["modern", "old"])
    assert ESP32_OLD.tries(shadow, d.port, *TRIES) == ["48", "ok"]
    for _ in deadline_loop("the handshakes to be written down"):
        if failed_handshakes(d):
            break
    time.sleep(2)  # the ladder is written every second or so
    d.kill()
    d.start()
    assert ESP32_OLD.tries(shadow, d.port) == ["ok"]


def test_new_profile_is_offered_to_who_had_none(start, shadow):
    d = serve(start, shadow, ["modern", "x1", "old"], ladder=["modern", "x1"])
    assert ESP32_OLD.tries(shadow, d.port, "--tries", "2", "--pause", "200") \
        == ["48"] * 2
    text = d.config.read_text()
    d.config.write_text(text.replace('ladder: ["modern", "x1"]',
                                     'ladder: ["modern", "x1", "old"]'))
    d.reload()
    assert ESP32_OLD.tries(shadow, d.port) == ["ok"]


def test_scanner_drives_nobody_out(start, shadow):
    """Hundreds of strange clients that reject all, from another network."""
    d = serve(start, shadow, ["modern", "old"])
    home = ["--source", "127.0.1.1"]
    assert ESP32_OLD.tries(shadow, d.port, *TRIES, *home) == ["48", "ok"]
    for n in range(300):
        handshake(d, f"host{n}.example.test").close()
    assert ESP32_OLD.tries(shadow, d.port, *home) == ["ok"]


# ---- evidence ----

OP_TLSEXT_PADDING = 1 << 4  # of OpenSSL: would make a ticket's hello differ


class Lax:
    """A client that takes what it is shown, and may resume."""

    def __init__(self, d, shadow, version=ssl.TLSVersion.TLSv1_2):
        self.d, self.context = d, lax_context(version)
        self.context.options &= ~OP_TLSEXT_PADDING
        self.names = {hashlib.sha256(openssl(
            "x509", "-in", shadow.pem(name), "-outform", "DER")).digest():
            name for name in ("modern", "leaf", "kept", "self-end")}
        self.session = None

    def connect(self, request=True, resume=False):
        """The name of the certificate shown, or "resumed"."""
        session = self.session if resume else None
        with handshake(self.d, HOST, context=self.context,
                       session=session) as link:
            if request:
                link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
                             b"Connection: close\r\n\r\n")
                while link.recv(4096):
                    pass
            self.session = self.session or (request and link.session)
            shown = hashlib.sha256(link.getpeercert(True)).digest()
            reused = link.session_reused
            with contextlib.suppress(OSError):  # until the server has gone
                link.unwrap()
        if not request:
            time.sleep(PAUSE)  # as a device does that has failed
        return "resumed" if reused else self.names[shown]


def test_handshake_without_a_request_is_a_rejection(start, shadow):
    lax = Lax(serve(start, shadow, ["x1", "self-end"]), shadow)
    assert lax.connect(request=False) == "leaf"
    assert lax.connect() == "self-end"
    assert lax.connect() == "self-end"
    assert lax.connect(request=False) == "self-end"
    assert lax.connect() == "leaf", "a failure after a success moves on"


def test_resumed_handshake_is_no_evidence(start, shadow):
    lax = Lax(serve(start, shadow, ["x1", "self-end"]), shadow)
    assert lax.connect(request=False) == "leaf"
    assert lax.connect() == "self-end"
    for _ in range(3):
        assert lax.connect(request=False, resume=True) == "resumed"
    assert lax.connect() == "self-end"


def test_no_cipher_in_common_moves_on(start, shadow):
    d = serve(start, shadow, ["ecdsa", "x1"])
    options = {"version": ssl.TLSVersion.TLSv1_2,
               "ciphers": "ECDHE-RSA-AES128-GCM-SHA256"}
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        handshake(d, HOST, **options)
    handshake(d, HOST, **options).close()


# ---- many behind one address ----

@pytest.mark.parametrize("name", MODERN)
def test_others_do_not_move_a_modern_one(start, shadow, name):
    """Fingerprints other than its own reject and accept; it stays."""
    d = serve(start, shadow, ["modern", "old", "self-end"])
    lost = Device("mbedtls", "yr1", "--no-sni")
    for _ in range(3):
        lost.tries(shadow, d.port, *TRIES)
        ESP32_OLD.tries(shadow, d.port, *TRIES)
        assert MODERN[name].tries(shadow, d.port) == ["ok"]
    used = {(row["result"], row["profile"]) for row in
            ask_api(d, "/handshakes?outcome=ok&limit=1000")["handshakes"]
            if row["profile"] == "modern"}
    assert used <= {("ok", "modern")}


def test_one_fingerprint_two_minds(start, shadow):
    """Two devices that look the same and reject each other's chain."""
    d = serve(start, shadow, ["modern", "old"])
    for _ in range(6):
        for device in (ESP32_OLD, BUNDLE):
            tries = device.tries(shadow, d.port, *TRIES)
            assert tries[-1] == "ok" and len(tries) <= 2, tries


def test_neighbours_are_not_mixed_up(start, shadow):
    """Devices that look the same at addresses of one network: each gets
    through in as many tries as there are profiles, whenever it comes."""
    d = serve(start, shadow, ["modern", "old", "r3"])
    begin = int(time.time() * 1000) + 1000
    devices = [(Device("mbedtls", anchor), most)
               for anchor, most in (("x1", 1), ("old", 2), ("r3-by-old", 3))]
    running = [(device.start(shadow, d.port, "--tries", "4", "--pause",
                             "700", "--source", f"127.0.9.{n + 1}", "--at",
                             begin + 230 * n), most)
               for n, (device, most) in enumerate(2 * devices)]
    for process, most in running:
        tries = read_tries(process)
        assert tries[-1] == "ok" and len(tries) <= most, tries


CROWD = [
    # how many, device, the profile it must end with
    (10, ESP32_OLD, "old"),
    (8, Device("mbedtls", "r3-by-old"), "r3"),
    (8, MODERN["esp8266"], "modern"),
    (7, MODERN["wolfssl"], "modern"),
    (7, MODERN["openssl"], "modern"),
]


@pytest.mark.parametrize("spread", [False, True],
                         ids=["at once", "one after the other"])
def test_crowd_behind_one_address(start, shadow, spread):
    """40 clients of four kinds with three pins.  At once, every one gets
    through within three tries.  Begun as fast as processes do, those that
    look alike can be taken for each other: some need more, most do not."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    d = serve(start, shadow, ["modern", "old", "r3"])
    crowd = [(f"{device.stack}-{profile}-{n}", device, profile)
             for count, device, profile in CROWD for n in range(count)]
    random.Random(seed).shuffle(crowd)
    assert len(crowd) == 40
    options = ["--tries", "30" if spread else "3", "--pause", "1500"]
    if not spread:
        options += ["--at", int((time.time() + 2.5) * 1000)]
    running = [device.start(shadow, d.port, *options, path=PAGE.format(name))
               for name, device, _ in crowd]
    seen = {name: read_tries(process)
            for (name, _, _), process in zip(crowd, running)}
    print(collections.Counter((profile, *seen[name])
                              for name, _, profile in crowd))
    for name, _, profile in crowd:
        assert seen[name][-1] == "ok", name
        assert profile != "modern" or seen[name] == ["ok"], name
    assert sum(len(tries) <= 3 for tries in seen.values()) >= \
        (32 if spread else 40)
    rows = ask_api(d, "/devices?product=open&limit=1000")["devices"]
    assert {row["device"]: row["profile"] for row in rows} == \
        {name: profile for name, _, profile in crowd}
