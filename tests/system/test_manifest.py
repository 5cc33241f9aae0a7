"""What devices are told, and the signature over it."""

import base64
import datetime
import re

import pytest

from daemon import manifest_signature, sha256

FIELDS = ["schema", "product", "device", "serial", "issued", "expires",
          "poll_after", "reason", "update"]
UPDATE_FIELDS = ["release", "version", "size", "sha256", "format", "url",
                 "signatures"]


@pytest.fixture(scope="module")
def release(daemon, firmware):
    image = firmware("2.1.0")
    return daemon.publish(image, "2.1.0") | {"image": image}


def utc(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text)
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def test_fields(daemon, release, pki):
    answer = daemon.poll("a4cf12fe01", "2.0.9")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    body = answer.json()
    assert list(body) == FIELDS
    assert list(body["update"]) == UPDATE_FIELDS
    assert body["schema"] == 1
    assert body["product"] == "inklay"
    assert body["device"] == "a4cf12fe01"
    assert body["reason"] == "update"
    lifetime = utc(body["expires"]) - utc(body["issued"])
    assert lifetime == datetime.timedelta(days=7)
    update = body["update"]
    assert update["release"] == release["id"]
    assert update["version"] == "2.1.0"
    assert update["size"] == len(release["image"])
    assert update["sha256"] == sha256(release["image"])
    assert update["format"] == "raw"
    assert update["url"] == daemon.url(f"/images/{update['sha256']}")
    [signature] = update["signatures"]
    assert list(signature) == ["signer", "algorithm", "value"]
    assert signature["signer"] == "sign-p256"
    assert signature["algorithm"] == "ecdsa-p256-sha256"
    proof = base64.b64decode(signature["value"], validate=True)
    assert pki.verify("sign-p256", release["image"], proof)


def test_nothing_to_install(daemon, release):
    body = daemon.poll(version="2.1.0").json()
    assert list(body) == FIELDS
    assert body["update"] is None
    assert body["reason"] == "up-to-date"


@pytest.mark.parametrize("key,algorithm", [
    ("manifest", "ecdsa-p256-sha256"), ("manifest-ed25519", "ed25519")])
def test_signature(start, pki, key, algorithm):
    d = start({"manifest": {"key": str(pki.key(key)), "lifetime": "3h"}})
    answer = d.poll()
    keyid, alg, value = manifest_signature(answer)
    assert keyid == pki.key_id(key)
    assert alg == algorithm
    assert pki.verify(key, answer.body, value)
    assert not pki.verify(key, answer.body + b"\n", value)
    body = answer.json()
    assert utc(body["expires"]) - utc(body["issued"]) == \
        datetime.timedelta(hours=3)


def test_serial_never_goes_back(start, firmware):
    d = start()
    serials = [d.poll().json()["serial"]]
    for turn in range(3):
        d.publish(firmware(f"1.{turn}"), f"1.{turn}")
        serials.append(d.poll().json()["serial"])
        if turn == 1:
            d.kill()
            d.start()
        else:
            d.restart()
        serials.append(d.poll().json()["serial"])
    assert serials == sorted(serials)
    changed = serials[1::2]
    assert len(set(changed)) == len(changed), "each release has its own"


def test_polls_spread(daemon, release):
    link = daemon.connection()
    waits = [daemon.poll(f"d{n}", link=link).json()["poll_after"]
             for n in range(200)]
    day = 24 * 3600
    assert min(waits) >= day * 9 // 10
    assert max(waits) <= day * 11 // 10
    assert len(set(waits)) > 150
    thirds = [day * 29 // 30, day * 31 // 30]
    assert sum(w < thirds[0] for w in waits) > 20
    assert sum(w > thirds[1] for w in waits) > 20
    link.close()


# Device's version, releases of its channel, what it is told and offered.
ORDER = [
    ("1.9", ["1.10"], "update", "1.10"),
    ("1.10", ["1.9"], "newer-on-device", None),
    ("1.10", ["1.10.1", "1.9"], "update", "1.10.1"),
    ("1.10.1", ["1.10"], "newer-on-device", None),
    ("2.0-rc1", ["2.0"], "update", "2.0"),
    ("2.0", ["2.0-rc1"], "newer-on-device", None),
    ("2.0-rc1", ["2.0-rc2"], "update", "2.0-rc2"),
    ("1.0", ["2.0", "3.0"], "update", "3.0"),
    ("1.0", ["3.0", "2.0"], "update", "3.0"),
    ("v1.2", ["1.2"], "up-to-date", None),
    ("1.2", ["1.2.0"], "up-to-date", None),
    ("1.2+a", ["1.2+b"], "up-to-date", None),
    ("1.0", [], "no-release", None),
]


@pytest.mark.parametrize("n,row", enumerate(ORDER),
                         ids=[f"{r[0]} {r[1]}" for r in ORDER])
def test_version_order(daemon, firmware, n, row):
    device, releases, reason, offered = row
    for version in releases:
        daemon.publish(firmware(version, 4096, seed=n), version,
                       channel=f"order{n}")
    body = daemon.poll(version=device, channel=f"order{n}").json()
    assert body["reason"] == reason
    assert (body["update"] or {}).get("version") == offered


@pytest.mark.parametrize("release_,reason", [
    ({"percent": 0}, "not-yet"), ({"state": "paused"}, "paused"),
    ({"state": "halted"}, "halted")])
def test_withheld(daemon, firmware, release_, reason):
    channel = f"withheld-{reason}"
    daemon.publish(firmware("7.0"), "7.0", channel=channel, **release_)
    body = daemon.poll(version="1.0", channel=channel).json()
    assert (body["reason"], body["update"]) == (reason, None)
    daemon.publish(firmware("6.0"), "6.0", channel=channel)
    body = daemon.poll(version="1.0", channel=channel).json()
    assert body["update"]["version"] == "6.0", "the next older one"


def test_pinned(daemon, release):
    assert daemon.poll("pinned", "1.0").json()["reason"] == "update"
    answer = daemon.api("PATCH", "/devices/inklay/pinned", {"pin": "1.0"})
    assert answer.status == 200, answer.body
    body = daemon.poll("pinned", "1.0").json()
    assert (body["reason"], body["update"]) == ("pinned", None)
    daemon.api("PATCH", "/devices/inklay/pinned", {"pin": None})
    assert daemon.poll("pinned", "1.0").json()["reason"] == "update"


def test_admins_channel_wins(daemon, firmware):
    daemon.publish(firmware("8.0"), "8.0", channel="beta")
    daemon.poll("tester", "2.1.0")
    daemon.api("PATCH", "/devices/inklay/tester", {"channel": "beta"})
    body = daemon.poll("tester", "2.1.0", channel="stable").json()
    assert body["update"]["version"] == "8.0"


def test_growing_share(daemon, firmware):
    row = daemon.publish(firmware("9.0"), "9.0", channel="share", percent=30)
    link = daemon.connection()

    def served():
        return {n for n in range(200) if daemon.poll(
            f"share{n}", channel="share", link=link).json()["update"]}

    first = served()
    assert 30 <= len(first) <= 90
    assert served() == first
    daemon.api("PATCH", f"/products/inklay/releases/{row['id']}",
               {"percent": 60})
    second = served()
    assert first < second
    daemon.api("PATCH", f"/products/inklay/releases/{row['id']}",
               {"percent": 100})
    assert len(served()) == 200
    link.close()


GOOD_IDS = ["a", "0", "a" * 64, "A-Z.a_z:0+9-"]
BAD_IDS = ["", "a" * 65, "-a", ".a", "_a", "a%20b", "a%2fb", "%C3%A4", "a%00",
           "a%0a", "a'b", "a%22b"]


@pytest.mark.parametrize("name", ["device", "version", "channel"])
@pytest.mark.parametrize("value", GOOD_IDS)
def test_good_ids(daemon, name, value):
    ids = {"product": "inklay", "device": "d", "version": "1"} | {name: value}
    path = "/manifest?" + "&".join(f"{k}={v}" for k, v in ids.items())
    answer = daemon.get(path)
    assert answer.status == 200
    if name == "device":
        assert answer.json()["device"] == value


@pytest.mark.parametrize("name", ["product", "device", "version", "channel"])
@pytest.mark.parametrize("value", BAD_IDS)
def test_bad_ids(daemon, name, value):
    ids = {"product": "inklay", "device": "d", "version": "1"} | {name: value}
    path = "/manifest?" + "&".join(f"{k}={v}" for k, v in ids.items())
    assert daemon.get(path).status == 400


@pytest.mark.parametrize("query,status", [
    ("device=d&version=1", 400), ("product=inklay&version=1", 400),
    ("product=inklay&device=d", 400),
    ("product=inklay&device=d&version=1&device=e", 400),
    ("product=nobody&device=d&version=1", 404)])
def test_arguments(daemon, query, status):
    answer = daemon.get(f"/manifest?{query}")
    assert answer.status == status
    assert answer.problem()
