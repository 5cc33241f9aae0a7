"""Who connects and by what: handshakes, labels, profiles, old databases."""

import sqlite3
import ssl
import time

import pytest

from daemon import ROOT, deadline_loop

JA4 = "t12d490700_4b815dab2718_7b0ba9b4cf08"


def handshakes(daemon, query=""):
    answer = daemon.api("GET", f"/handshakes?limit=1000{query}")
    assert answer.status == 200, answer.body
    return answer.json()["handshakes"]


def profiles(daemon):
    answer = daemon.api("GET", "/tls")
    assert answer.status == 200, answer.body
    return {row["name"]: row for row in answer.json()["profiles"]}


# ---- handshakes -------------------------------------------------------------

def test_a_good_handshake_is_told(daemon):
    daemon.poll("told")
    device = daemon.api("GET", "/devices/inklay/told").json()
    for _ in deadline_loop("the handshake to be written down"):
        rows = handshakes(daemon, f"&fingerprint={device['fingerprint']}"
                          "&outcome=ok&profile=plain")
        if rows:
            break
    [row] = rows
    wanted = {"fingerprint": device["fingerprint"], "sni": "localhost",
              "profile": "plain", "result": "ok", "alert": None,
              "network": None, "address": "127.0.0.1", "stranded": False}
    assert {key: row[key] for key in wanted} == wanted
    assert row["count"] >= 1
    assert row["first_seen"] <= row["last_seen"]
    assert device["fingerprint"].startswith("t13d")
    [checkin] = daemon.api("GET", "/checkins?product=inklay&device=told") \
        .json()["checkins"]
    assert checkin["fingerprint"] == device["fingerprint"]


def test_a_rejected_handshake_is_told(daemon):
    with pytest.raises(ssl.SSLError):
        daemon.tls(ca="other-ca")
    for _ in deadline_loop("the handshake to be written down"):
        rows = [row for row in handshakes(daemon, "&outcome=failed")
                if row["alert"] == {"code": 48, "name": "unknown_ca"}]
        if rows:
            break
    [row] = rows
    assert (row["result"], row["profile"]) == ("alert", "plain")
    assert row["network"] == "127.0.0.0/24"


def test_pages(daemon):
    for name in ("one.example.com", "two.example.com", "three.example.com"):
        with pytest.raises(ssl.SSLError):
            daemon.tls(name=name)
    for _ in deadline_loop("three kinds"):
        everything = handshakes(daemon)
        if len(everything) >= 3:
            break
    seen, after = [], ""
    while after is not None:
        page = daemon.api("GET", "/handshakes?limit=1"
                          f"{after and '&after=' + after}").json()
        assert len(page["handshakes"]) <= 1
        seen += page["handshakes"]
        after = page["next"]
    kinds = [(row["fingerprint"], row["sni"], row["profile"], row["result"],
              row["alert"] and row["alert"]["code"]) for row in seen]
    assert len(seen) >= 3
    assert len(set(kinds)) == len(kinds)


@pytest.mark.parametrize("path", [
    "/handshakes?outcome=bad", "/handshakes?limit=0",
    "/handshakes?limit=1001", "/handshakes?after=x",
    "/handshakes?seen_after=today", "/handshakes?colour=red",
    f"/handshakes?fingerprint={JA4}{JA4}", "/fingerprints?limit=1",
    "/tls?profile=plain"])
def test_bad_arguments(daemon, path):
    answer = daemon.api("GET", path)
    assert answer.status == 400
    assert answer.problem()


CALLS = [("GET", "/handshakes", None, "viewer", 200),
         ("GET", "/fingerprints", None, "viewer", 200),
         ("GET", "/tls", None, "viewer", 200),
         ("PUT", f"/fingerprints/{JA4}", {"label": "a"}, "publisher", 200),
         ("DELETE", f"/fingerprints/{JA4}", None, "publisher", 204)]


@pytest.mark.parametrize("method,path,body,least,status", CALLS)
def test_roles(daemon, method, path, body, least, status):
    assert daemon.api(method, path, body, role=None).status == 401
    if least == "publisher":
        assert daemon.api(method, path, body, role="viewer").status == 403
    assert daemon.api(method, path, body, role=least).status == status


def test_on_the_admins_port_alone(start):
    d = start(ready=False)
    port = d.ports["admin"].number
    d.settings = {"server": {"admin_listen": [f"127.0.0.1:{port}"]}}
    d.write_config()
    d.start()
    for path in ("/handshakes", "/fingerprints", "/tls"):
        assert d.api("GET", path).status == 404
        assert d.api("GET", path, port=port).status == 200


# ---- labels -----------------------------------------------------------------

def test_label(daemon):
    daemon.poll("labelled")
    ja4 = daemon.api("GET", "/devices/inklay/labelled").json()["fingerprint"]
    answer = daemon.api("PUT", f"/fingerprints/{ja4}",
                        {"label": "kitchen sensor v1"}, role="publisher")
    assert answer.status == 200, answer.body
    row = daemon.api("GET", "/audit?limit=1").json()["audit"][0]
    assert (row["who"], row["what"], row["object"], row["detail"]) == \
        ("test-publisher", "fingerprint.label", ja4,
         {"label": "kitchen sensor v1"})
    for _ in deadline_loop("the handshake to be written down"):
        rows = handshakes(daemon, f"&fingerprint={ja4}&outcome=ok")
        if rows:
            break
    assert {row["label"] for row in rows} == {"kitchen sensor v1"}
    devices = daemon.api("GET", f"/devices?fingerprint={ja4}").json()
    assert {row["label"] for row in devices["devices"]} == \
        {"kitchen sensor v1"}
    assert "labelled" in [row["device"] for row in devices["devices"]]
    assert daemon.api("DELETE", f"/fingerprints/{ja4}").status == 204
    device = daemon.api("GET", "/devices/inklay/labelled").json()
    assert (device["fingerprint"], device["label"]) == (ja4, None)
    assert daemon.api("DELETE", f"/fingerprints/{ja4}").status == 404


@pytest.mark.parametrize("name,body", [
    (JA4[:-1], {"label": "a"}), (JA4.upper(), {"label": "a"}),
    (JA4, {"label": ""}), (JA4, {"label": "a\nb"}), (JA4, {"label": 1}),
    (JA4, {}), (JA4, {"label": "a" * 128}), (JA4, "label")])
def test_bad_label(daemon, name, body):
    answer = daemon.api("PUT", f"/fingerprints/{name}", body)
    assert answer.status == 400
    assert answer.problem()


# ---- profiles ---------------------------------------------------------------

def test_profiles(daemon, pki):
    rows = profiles(daemon)
    assert [name for name in rows if rows[name]["configured"]] == \
        ["plain", "modern", "other"]
    assert [name for name in rows if rows[name]["default"]] == ["plain"]
    for name, pair in (("plain", "rsa"), ("modern", "ecdsa"),
                       ("other", "other")):
        [chain] = rows[name]["chains"]
        leaf = chain["certificates"][0]
        assert leaf["sha256"] == pki.fingerprint(pair)
        sizes = [link["size"] for link in chain["certificates"]]
        assert chain["message_bytes"] == 7 + sum(3 + size for size in sizes)
        assert rows[name]["first_end"] == \
            min(link["not_after"] for link in chain["certificates"])
        assert rows[name]["anchor"] is None
        assert all(finding["level"] in ("note", "warning", "error")
                   for finding in rows[name]["findings"])
    assert rows["plain"]["chains"][0]["certificates"][0]["issuer"] == \
        "CN=otterd test ca"


def test_anchor(start, pki):
    d = start(ready=False)
    d.write_config(tls={
        "anchors": [{"name": "ours", "file": str(pki.pem("ca")),
                     "checks_time": False}],
        "certificates": [{"name": "rsa", "file": str(pki.pem("rsa")),
                          "key": str(pki.key("rsa"))}],
        "profiles": [{"name": "old", "certificates": ["rsa"],
                      "anchor": "ours"}],
        "select": [], "default_profile": "old"})
    d.start()
    row = profiles(d)["old"]
    assert (row["anchor"]["name"], row["anchor"]["checks_time"]) == \
        ("ours", False)
    assert row["anchor"]["subject"] == "CN=otterd test ca"
    [chain] = row["chains"]
    assert [link["subject"] for link in chain["certificates"]] == \
        ["CN=localhost"], "the anchor is not sent"


def test_who_depends_on_a_profile(start):
    d = start()
    d.poll("a1")
    d.poll("a2")
    d.poll("b1", port=d.ports["second"].number, ca="other-ca")
    rows = profiles(d)
    assert rows["plain"]["devices"] == dict.fromkeys(
        ("1d", "7d", "30d", "90d", "all"), 2)
    assert rows["other"]["devices"]["1d"] == 1
    assert rows["modern"]["devices"]["all"] == 0
    assert rows["modern"]["last_use"] is None
    assert rows["plain"]["last_use"] == \
        d.api("GET", "/devices/inklay/a2").json()["last_seen"]
    tls = d.standard_settings()["tls"]
    d.write_config(tls={
        "profiles": [row for row in tls["profiles"] if row["name"] != "other"],
        "select": []})
    d.reload()
    row = profiles(d)["other"]
    assert (row["configured"], row["devices"]["all"]) == (False, 1)


def test_a_name_of_64(start):
    """Profile names may be as long as other names."""
    name = "p" * 64
    d = start(ready=False)
    tls = d.standard_settings()["tls"]
    rows = [row | {"name": name} if row["name"] == "plain" else row
            for row in tls["profiles"]]
    d.write_config(tls={"profiles": rows, "default_profile": name})
    d.start()
    d.poll("long")
    assert d.api("GET", "/devices/inklay/long").json()["profile"] == name
    [row] = d.api("GET", f"/devices?profile={name}").json()["devices"]
    assert row["device"] == "long"
    assert profiles(d)[name]["devices"]["1d"] == 1


# ---- a database of the version before ---------------------------------------

def test_upgrade(start):
    d = start(ready=False)
    at = int(time.time()) - 3600
    db = sqlite3.connect(d.data / "otterd.db", isolation_level=None)
    db.executescript((ROOT / "db/0001-initial.sql").read_text())
    db.executescript(
        "PRAGMA user_version = 1; PRAGMA application_id = 0x4f545452;"
        "INSERT INTO products (name) VALUES ('inklay');"
        "INSERT INTO words (id, name) VALUES (5, 'up-to-date'), (6, 'plain');"
        f"INSERT INTO checkins VALUES (1, 0, {at}, 1, 'd1', '1.0', '', "
        "0, 5, '192.0.2.1', 0, 0, 6);"
        "INSERT INTO devices (product, device, version, first_seen, "
        "last_seen, checkins, last_checkin, reason, address, profile) VALUES "
        f"(1, 'd1', '1.0', {at}, {at}, 1, 1, 5, '192.0.2.1', 6)")
    db.close()
    d.start()
    row = d.api("GET", "/devices/inklay/d1").json()
    assert (row["version"], row["profile"], row["fingerprint"]) == \
        ("1.0", "plain", None)
    d.poll("d1", "1.1")
    row = d.api("GET", "/devices/inklay/d1").json()
    assert row["checkins"] == 2
    assert row["fingerprint"].startswith("t13d")
    rows = d.api("GET", "/checkins?product=inklay&device=d1").json()["checkins"]
    assert [r["version"] for r in rows] == ["1.1", "1.0"]
    assert [r["fingerprint"] for r in rows] == [row["fingerprint"], None]
