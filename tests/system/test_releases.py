"""Releases: who may be released, and how they change."""

import pytest

from daemon import sha256

RELEASES = "/products/inklay/releases"


@pytest.fixture(scope="module")
def image(daemon, firmware, pki):
    """A signed image that is in the store."""
    data = firmware("2.1.0")
    daemon.upload(data, "2.1.0", signature=pki.sign64("sign-p256", data))
    return data


def test_defaults(daemon, image):
    answer = daemon.api("POST", RELEASES, {"sha256": sha256(image)})
    assert answer.status == 201
    row = answer.json()
    wanted = {"sha256": sha256(image), "version": "2.1.0",
              "channel": "stable", "percent": 100, "state": "active"}
    assert {key: row[key] for key in wanted} == wanted
    assert row["id"] >= 1
    listed = daemon.api("GET", RELEASES).json()["releases"]
    assert row in listed


def test_ids_ascend_and_stay(start, firmware):
    d = start()
    first = d.publish(firmware("1.0"), "1.0")
    d.restart()
    second = d.publish(firmware("1.1"), "1.1")
    assert second["id"] > first["id"]
    rows = d.api("GET", RELEASES).json()["releases"]
    assert [row["id"] for row in rows] == [second["id"], first["id"]]


def test_unsigned(daemon, firmware, pki):
    data = firmware("3.0.0")
    for product, status in (("inklay", 409), ("open", 201)):
        daemon.upload(data, "3.0.0", product)
        answer = daemon.api("POST", f"/products/{product}/releases",
                            {"sha256": sha256(data)})
        assert answer.status == status
    answer = daemon.api("POST", RELEASES, {"sha256": sha256(data)})
    assert "sign" in answer.problem()
    daemon.api("PUT", f"/products/inklay/images/{sha256(data)}/signature",
               pki.sign("sign-p384", data))
    answer = daemon.api("POST", RELEASES, {"sha256": sha256(data)})
    assert answer.status == 201


BAD = [
    # what, change to a good body, status, what the detail says
    ("no such image", {"sha256": "0" * 64}, 404, "0000"),
    ("no digest", {"sha256": None}, 400, "sha256"),
    ("a digest that is none", {"sha256": "../otterd.db"}, 400, "sha256"),
    ("capitals", {"sha256": "A" * 64}, 400, "sha256"),
    ("a channel that is none", {"channel": "a b"}, 400, "channel"),
    ("percent below 0", {"percent": -1}, 400, "percent"),
    ("percent over 100", {"percent": 101}, 400, "percent"),
    ("percent as text", {"percent": "50"}, 400, "percent"),
    ("percent as fraction", {"percent": 0.5}, 400, "percent"),
    ("unknown state", {"state": "asleep"}, 400, "asleep"),
    ("unknown member", {"colour": "red"}, 400, "colour"),
]


@pytest.mark.parametrize("change,status,word", [row[1:] for row in BAD],
                         ids=[row[0] for row in BAD])
def test_bad_release(daemon, image, change, status, word):
    before = daemon.api("GET", RELEASES).body
    body = {"sha256": sha256(image), "channel": "bad", "percent": 50} | change
    answer = daemon.api("POST", RELEASES, {key: value for key, value
                                           in body.items()
                                           if value is not None})
    assert answer.status == status, answer.body
    assert word in answer.problem()
    assert daemon.api("GET", RELEASES).body == before


@pytest.mark.parametrize("body", [
    "", "{", "[]", "null", '{"sha256":"%s"} x', '{"sha256":"%s","sha256":1}',
    "\xff"])
def test_body_that_is_no_object(daemon, image, body):
    answer = daemon.api("POST", RELEASES,
                        body.replace("%s", sha256(image)).encode("latin-1"))
    assert answer.status == 400
    assert answer.problem()


def test_bounds_of_percent(daemon, image):
    for percent in (0, 100):
        answer = daemon.api("POST", RELEASES, {
            "sha256": sha256(image), "channel": "bounds", "percent": percent})
        assert answer.status == 201


def test_change(daemon, firmware):
    row = daemon.publish(firmware("4.0"), "4.0", channel="change")
    path = f"{RELEASES}/{row['id']}"
    for change in ({"percent": 25}, {"state": "paused"},
                   {"percent": 75, "state": "halted"}, {"state": "active"}):
        answer = daemon.api("PATCH", path, change)
        assert answer.status == 200
        row |= change
        assert answer.json() == row
        assert row in daemon.api("GET", RELEASES).json()["releases"]


@pytest.mark.parametrize("change", [{"percent": 101}, {"state": "gone"},
                                    {"sha256": "0" * 64}, {"channel": "x"}])
def test_bad_change(daemon, firmware, change):
    row = daemon.publish(firmware("4.0"), "4.0", channel="change")
    answer = daemon.api("PATCH", f"{RELEASES}/{row['id']}", change)
    assert answer.status == 400
    assert row in daemon.api("GET", RELEASES).json()["releases"]


@pytest.mark.parametrize("path", [
    "/products/inklay/releases/999999", "/products/nobody/releases/1",
    "/products/open/releases/1"])
def test_change_what_is_not_there(daemon, image, path):
    daemon.api("POST", RELEASES, {"sha256": sha256(image)})
    assert daemon.api("PATCH", path, {"percent": 1}).status == 404


def test_only_released_images_are_served(daemon, firmware):
    data = firmware("5.0")
    daemon.upload(data, "5.0", "open")
    assert daemon.get(f"/images/{sha256(data)}").status == 404
    row = daemon.api("POST", "/products/open/releases",
                     {"sha256": sha256(data)}).json()
    assert daemon.get(f"/images/{sha256(data)}").body == data
    daemon.api("PATCH", f"/products/open/releases/{row['id']}",
               {"state": "halted"})
    assert daemon.get(f"/images/{sha256(data)}").body == data, \
        "a device in the middle of its download would erase its flash"
