"""Who connects and who cannot, as the API and the log tell it."""

import calendar
import hashlib
import json
import re
import time

import pytest

from daemon import deadline_loop
from devices import PROFILES, Device, ask_api, profile_settings, serve
from pki import openssl
from test_tls import handshake

ESP32 = Device("mbedtls", "self-end")  # trusts nothing that is presented
JA4 = re.compile(r"[tqd][0-9a-z]{9}_[0-9a-f]{12}_[0-9a-f]{12}")


def sha256_of(shadow, name):
    return hashlib.sha256(openssl("x509", "-in", shadow.pem(name), "-outform",
                                  "DER")).hexdigest()


def rows_of(d, query, count):
    """The rows, once there are so many handshakes in them."""
    for _ in deadline_loop(f"{count} handshakes in {query}"):
        rows = ask_api(d, f"/handshakes?{query}")["handshakes"]
        if sum(row["count"] for row in rows) >= count:
            return rows


def test_who_cannot_connect(start, shadow):
    d = serve(start, shadow, ["modern", "old"])
    assert ESP32.tries(shadow, d.port, "--tries", "4", "--pause", "100") \
        == ["48"] * 4
    rows = rows_of(d, "outcome=failed", 4)
    assert {row["profile"]: row["count"] for row in rows} == \
        {"modern": 2, "old": 2}
    for row in rows:
        assert JA4.fullmatch(row["fingerprint"])
        assert re.fullmatch("[0-9a-f]{32}", row["ja3"])
        assert "mbedTLS" in row["looks_like"]
        assert row["label"] is None
        assert row["sni"] == "fw.example.test"
        assert row["result"] == "alert"
        assert row["alert"] == {"code": 48, "name": "unknown_ca"}
        assert row["network"] == "127.0.0.0/24"
        assert row["address"] == "127.0.0.1"
        assert row["stranded"]
        seen = time.strptime(row["last_seen"], "%Y-%m-%dT%H:%M:%SZ")
        assert abs(time.time() - calendar.timegm(seen)) < 3600
    line = d.log.wait("stranded: 1 client that looks like")
    assert "mbedTLS" in line and "with unknown_ca" in line
    assert "tls.anchors" in line
    metrics = d.get("/metrics", {"Authorization": f"Bearer {d.token()}"},
                    port=d.ports["second"].number).body.decode()
    assert "otterd_stranded_clients 1\n" in metrics
    assert re.search(r'otterd_handshakes_total\{profile="old",'
                     r'result="alert"\} 2\n', metrics)


def test_who_can(start, shadow):
    d = serve(start, shadow, ["modern"])
    assert Device("wolfssl", "x1").tries(shadow, d.port) == ["ok"]
    rows = rows_of(d, "outcome=ok&profile=modern", 1)
    assert [(row["profile"], row["result"], row["network"], row["alert"],
             row["stranded"]) for row in rows] \
        == [("modern", "ok", None, None, False)]
    device, = ask_api(d, "/devices?product=open")["devices"]
    assert device["fingerprint"] == rows[0]["fingerprint"]
    assert device["profile"] == "modern"
    assert device["tls_version"] == "TLSv1.3"
    again, = ask_api(d, "/devices?fingerprint=" + rows[0]["fingerprint"])[
        "devices"]
    assert again == device
    assert not ask_api(d, "/devices?fingerprint=none")["devices"]
    checkin, = ask_api(d, "/checkins")["checkins"]
    assert checkin["fingerprint"] == rows[0]["fingerprint"]


def test_stranded_no_more(start, shadow):
    d = serve(start, shadow, ["modern"])
    device = Device("mbedtls", "old")
    assert device.tries(shadow, d.port) == ["48"]
    assert rows_of(d, "outcome=failed", 1)[0]["stranded"]
    d.write_config(tls=profile_settings(
        d.pki, shadow, d.ports["second"].number, ["modern", "old"], "modern",
        ["modern", "old"]))
    d.reload()
    for _ in deadline_loop("the device to be served"):
        if device.tries(shadow, d.port) == ["ok"]:
            break
    for _ in deadline_loop("nobody to be stranded"):
        rows = ask_api(d, "/handshakes?outcome=failed")["handshakes"]
        if not any(row["stranded"] for row in rows):
            break


def test_labels(start, shadow):
    d = serve(start, shadow, ["modern"])
    port = d.ports["second"].number
    ESP32.tries(shadow, d.port)
    ja4 = rows_of(d, "outcome=failed", 1)[0]["fingerprint"]
    path = f"/fingerprints/{ja4}"
    assert d.api("PUT", path, {"label": "kitchen sensor"}, port=port,
                 role="viewer").status == 403
    done = d.api("PUT", path, {"label": "kitchen sensor"}, port=port)
    assert (done.status, done.json()["label"]) == (200, "kitchen sensor")
    assert rows_of(d, "outcome=failed", 1)[0]["label"] == "kitchen sensor"
    assert [row["fingerprint"] for row in
            ask_api(d, "/fingerprints")["fingerprints"]] == [ja4]
    assert "fingerprint.label" in json.dumps(ask_api(d, "/audit"))
    assert d.api("DELETE", path, port=port).status == 204
    assert d.api("DELETE", path, port=port).status == 404
    assert rows_of(d, "outcome=failed", 1)[0]["label"] is None


@pytest.mark.parametrize("method,path,body,detail", [
    ("GET", "/handshakes?outcome=bad", None, "expected failed, ok or all"),
    ("GET", "/handshakes?limit=0", None, "limit"),
    ("GET", "/handshakes?seen_after=today", None, "expected a time like"),
    ("GET", "/handshakes?fingerprint=" + "x" * 48, None, "too long"),
    ("GET", "/handshakes?colour=red", None, "colour"),
    ("PUT", "/fingerprints/nonsense", {"label": "x"}, "expected a JA4"),
    ("PUT", "/fingerprints/t12d490700_4b815dab2718_7b0ba9b4cf0G",
     {"label": "x"}, "expected a JA4"),
    ("PUT", "/fingerprints/t12d490700_4b815dab2718_7b0ba9b4cf08",
     {"label": ""}, "label"),
    ("PUT", "/fingerprints/t12d490700_4b815dab2718_7b0ba9b4cf08",
     {"label": "x" * 128}, "label"),
    ("PUT", "/fingerprints/t12d490700_4b815dab2718_7b0ba9b4cf08", {},
     "label"),
])
def test_refused(daemon, method, path, body, detail):
    answer = daemon.api(method, path, body)
    assert answer.status == 400
    assert detail in answer.problem()


def test_pages(daemon):
    for n in range(3):
        handshake(daemon, f"host{n}.example.com").close()
        path = "/handshakes?outcome=failed&limit=1"
        for _ in deadline_loop(f"host{n} to be told"):
            rows = daemon.api("GET", path).json()["handshakes"]
            if rows and rows[0]["sni"] == f"host{n}.example.com":
                break
    seen, after = [], ""
    while after is not None:
        page = daemon.api("GET", path + (after and f"&after={after}")).json()
        seen += [row["sni"] for row in page["handshakes"]]
        after = page["next"]
    assert [sni for sni in seen if sni.startswith("host")] \
        == ["host2.example.com", "host1.example.com", "host0.example.com"]


# ---- GET /api/v1/tls ----

def test_what_is_presented(start, shadow):
    d = serve(start, shadow, ["modern", "old"])
    assert Device("mbedtls", "old").tries(
        shadow, d.port, "--tries", "2", "--pause", "100") == ["48", "ok"]
    profiles = {row["name"]: row for row in ask_api(d, "/tls")["profiles"]}
    assert set(profiles) == {"admin", "modern", "old"}
    old, modern = profiles["old"], profiles["modern"]
    assert modern["default"] and not old["default"]
    assert old["anchor"]["name"] == "old"
    assert not old["anchor"]["checks_time"]
    assert old["anchor"]["sha256"] == sha256_of(shadow, "old")
    assert [c["sha256"] for c in old["chains"][0]["certificates"]] == \
        [sha256_of(shadow, name) for name in PROFILES["old"][1][0]]
    assert old["chains"][0]["message_bytes"] > sum(
        c["size"] for c in old["chains"][0]["certificates"])
    assert old["first_end"] == "2024-09-30T18:14:03Z"
    assert old["devices"] == {"1d": 1, "7d": 1, "30d": 1, "90d": 1, "all": 1}
    assert old["last_use"]
    assert modern["devices"]["all"] == 0 and modern["last_use"] is None
    assert any("4096" in finding["text"] for finding in old["findings"])


def test_a_profile_that_is_gone(start, shadow):
    d = serve(start, shadow, ["x1"])
    assert Device("mbedtls", "x1").tries(shadow, d.port) == ["ok"]
    settings = profile_settings(d.pki, shadow, d.ports["second"].number,
                                ["modern"], "modern")
    d.write_config(tls=settings)
    d.reload()
    gone = [row for row in ask_api(d, "/tls")["profiles"]
            if not row["configured"]]
    assert [(row["name"], row["devices"]["all"]) for row in gone] == \
        [("x1", 1)]
