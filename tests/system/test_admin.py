"""Tokens and roles, problems, the audit trail, the fleet."""

import re

import pytest

from daemon import sha256

ZERO = "0" * 64

# Method, path, body, the least role, the status for who may.
CALLS = [
    ("GET", "/products/inklay/images", None, "viewer", 200),
    ("GET", "/products/inklay/releases", None, "viewer", 200),
    ("GET", "/devices", None, "viewer", 200),
    ("GET", "/devices/inklay/nobody", None, "viewer", 404),
    ("GET", "/checkins?product=inklay", None, "viewer", 200),
    ("PUT", "/products/inklay/images?version=a%20b", "x", "publisher", 400),
    ("PUT", f"/products/inklay/images/{ZERO}/signature", "x", "publisher",
     None),
    ("DELETE", f"/products/inklay/images/{ZERO}", None, "publisher", 404),
    ("POST", "/products/inklay/releases", {"sha256": ZERO}, "publisher", 404),
    ("PATCH", "/products/inklay/releases/999", {"percent": 1}, "publisher",
     404),
    ("PATCH", "/devices/inklay/nobody", {"pin": "1"}, "publisher", None),
    ("GET", "/audit", None, "admin", 200),
]
ROLES = ["viewer", "publisher", "admin"]


@pytest.mark.parametrize("method,path,body,least,status", CALLS,
                         ids=[f"{c[0]} {c[1][:30]}" for c in CALLS])
def test_roles(daemon, method, path, body, least, status):
    for role in ROLES:
        answer = daemon.api(method, path, body, role=role)
        if ROLES.index(role) < ROLES.index(least):
            assert answer.status == 403, role
            assert least in answer.problem()
        else:
            assert answer.status not in (401, 403), role
            assert status is None or answer.status == status, answer.body


@pytest.mark.parametrize("method,path,body,least,status", CALLS,
                         ids=[f"{c[0]} {c[1][:30]}" for c in CALLS])
@pytest.mark.parametrize("value", [
    None, "Bearer", "Bearer ", "Bearer wrong", "Basic YTpi", "GOOD x",
    "CAPITALS"])
def test_without_a_good_token(daemon, method, path, body, least, status,
                              value):
    good = daemon.token("admin")
    headers = {}
    if value is not None:
        headers["Authorization"] = value.replace(
            "GOOD", f"Bearer {good}").replace("CAPITALS",
                                              f"Bearer {good.upper()}")
    answer = daemon.api(method, path, body, role=None, headers=headers)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.problem()


def test_metrics_need_a_token(daemon):
    assert daemon.get("/metrics").status == 401


def test_unknown_call(daemon):
    answer = daemon.api("GET", "/nothing")
    assert answer.status == 404
    assert answer.problem()
    answer = daemon.api("DELETE", "/audit")
    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


@pytest.mark.parametrize("path", ["/devices?colour=red", "/audit?limit=0",
                                  "/audit?limit=1001", "/devices?limit=x",
                                  "/devices?seen_before=today",
                                  "/devices?after=x",
                                  "/checkins?device=d"])
def test_bad_arguments(daemon, path):
    answer = daemon.api("GET", path)
    assert answer.status == 400
    assert answer.problem()


# ---- audit ------------------------------------------------------------------

def audit(daemon, count):
    """The newest rows, oldest first."""
    rows = daemon.api("GET", f"/audit?limit={count}").json()["audit"]
    return rows[::-1]


def test_audit_has_a_row_for_each_change(start, firmware, pki):
    d = start()
    data, unused = firmware("1.0"), firmware("1.1")
    d.upload(data, "1.0", role="publisher")
    d.api("PUT", f"/products/inklay/images/{sha256(data)}/signature",
          pki.sign("sign-p256", data))
    release = d.api("POST", "/products/inklay/releases",
                    {"sha256": sha256(data)}).json()
    path = f"/products/inklay/releases/{release['id']}"
    d.api("PATCH", path, {"percent": 50})
    d.api("PATCH", path, {"percent": 50})  # changes nothing
    d.upload(unused, "1.1")
    d.api("DELETE", f"/products/inklay/images/{sha256(unused)}")
    d.poll("d1")
    d.api("PATCH", "/devices/inklay/d1", {"channel": "beta"})
    d.command("token", "revoke", "test-publisher", "-c", d.config)
    rows = d.api("GET", "/audit").json()["audit"][::-1]
    image, gone = f"inklay/{sha256(data)}", f"inklay/{sha256(unused)}"
    expected = [
        ("test-publisher", image), ("test-admin", image),
        ("test-admin", f"inklay/{release['id']}"),
        ("test-admin", f"inklay/{release['id']}"),
        ("test-admin", gone), ("test-admin", gone),
        ("test-admin", "inklay/d1")]
    assert [(row["who"], row["object"]) for row in rows
            if row["who"] != "local"] == expected
    local = [row for row in rows if row["who"] == "local"]
    assert [row["object"] for row in local] == [
        "test-publisher", "test-admin", "test-publisher"]
    assert all(row["address"] == "127.0.0.1" for row in rows
               if row["who"] != "local")
    assert len({row["id"] for row in rows}) == len(rows)
    changed = rows[[r["what"] for r in rows].index("release.change")]
    assert changed["detail"]["to"]["percent"] == 50


def test_refused_changes_leave_no_row(daemon, firmware):
    before = audit(daemon, 1)
    daemon.api("POST", "/products/inklay/releases", {"sha256": ZERO})
    daemon.upload(firmware("1.0"), "1.0", signature="QUJD")
    daemon.api("POST", "/products/inklay/releases", {"sha256": ZERO},
               role="viewer")
    assert audit(daemon, 1) == before


def test_audit_in_pages(daemon, firmware):
    for version in ("2.0", "2.1", "2.2"):
        daemon.upload(firmware(version, 4096), version, "open")
    first = daemon.api("GET", "/audit?limit=2").json()
    second = daemon.api("GET", f"/audit?limit=2&after={first['next']}").json()
    ids = [row["id"] for row in first["audit"] + second["audit"]]
    assert ids == sorted(set(ids), reverse=True)
    assert len(ids) == 4


# ---- fleet ------------------------------------------------------------------

@pytest.fixture(scope="module")
def fleet(start_shared):
    d = start_shared()
    for name, version in (("a1", "1.0"), ("a2", "1.0"), ("b1", "2.0")):
        d.poll(name, version)
    d.poll("c1", "1.0", "open", port=d.ports["second"].number, ca="other-ca")
    d.api("PATCH", "/devices/inklay/a2", {"channel": "beta"})
    return d


@pytest.mark.parametrize("query,names", [
    ("", ["a1", "a2", "b1", "c1"]),
    ("product=inklay", ["a1", "a2", "b1"]),
    ("product=open", ["c1"]),
    ("version=1.0", ["a1", "a2", "c1"]),
    ("product=inklay&version=1.0", ["a1", "a2"]),
    ("channel=beta", ["a2"]),
    ("profile=other", ["c1"]),
    ("seen_before=2020-01-01T00:00:00Z", []),
    ("seen_before=2099-01-01T00:00:00Z", ["a1", "a2", "b1", "c1"]),
    ("product=nobody", []),
])
@pytest.mark.parametrize("limit", [1, 2, 100])
def test_devices(fleet, query, names, limit):
    seen, after = [], ""
    while after is not None:
        page = fleet.api("GET", f"/devices?limit={limit}&{query}"
                         f"{after and '&after=' + after}").json()
        assert len(page["devices"]) <= limit
        seen += [row["device"] for row in page["devices"]]
        after = page["next"]
    assert sorted(seen) == names


def test_change_of_a_device(fleet):
    path = "/devices/inklay/b1"
    answer = fleet.api("PATCH", path, {
        "channel": "beta", "groups": ["lab", "night"], "pin": "2.0"})
    assert answer.status == 200, answer.body
    row = fleet.api("GET", path).json()
    assert (row["channel"], row["groups"], row["pin"]) == \
        ("beta", ["lab", "night"], "2.0")
    fleet.poll("b1", "2.0")
    row = fleet.api("GET", path).json()
    assert (row["channel"], row["groups"], row["pin"]) == \
        ("beta", ["lab", "night"], "2.0"), "a poll changes none of it"
    fleet.api("PATCH", path, {"channel": None, "groups": [], "pin": None})
    row = fleet.api("GET", path).json()
    assert (row["channel"], row["groups"], row["pin"]) == (None, [], None)


@pytest.mark.parametrize("change", [
    {"channel": "a b"}, {"pin": 2}, {"groups": "lab"}, {"groups": ["a b"]},
    {"groups": ["lab", "lab"]}, {"version": "9"}])
def test_bad_change_of_a_device(fleet, change):
    before = fleet.api("GET", "/devices/inklay/a1").body
    answer = fleet.api("PATCH", "/devices/inklay/a1", change)
    assert answer.status == 400
    assert answer.problem()
    assert fleet.api("GET", "/devices/inklay/a1").body == before


# ---- tokens -----------------------------------------------------------------

def token(daemon, *args):
    return daemon.command("token", *args, "-c", daemon.config)


@pytest.mark.parametrize("running", [True, False])
def test_token_commands(start, running):
    d = start()
    if not running:
        d.stop()
    done = token(d, "add", "alice", "--role", "publisher")
    assert done.returncode == 0, done.stderr
    secret = done.stdout.splitlines()[-1]
    assert re.fullmatch(r"otterd_[A-Za-z0-9_-]{43}", secret)
    assert done.stdout.count(secret) == 1
    again = token(d, "add", "alice", "--role", "viewer")
    assert again.returncode == 1
    assert "alice" in again.stderr
    listing = token(d, "list")
    [line] = [x for x in listing.stdout.splitlines() if "alice" in x]
    assert "publisher" in line
    assert secret not in listing.stdout
    if not running:
        d.start()
    headers = {"Authorization": f"Bearer {secret}"}
    assert d.get("/api/v1/devices", headers).status == 200
    if not running:
        d.stop()
    assert token(d, "revoke", "alice").returncode == 0
    assert token(d, "revoke", "alice").returncode == 1
    assert "alice" not in token(d, "list").stdout
    if not running:
        d.start()
    assert d.get("/api/v1/devices", headers).status == 401


def test_secrets_are_stored_hashed(start):
    d = start()
    secret = d.token().encode()
    d.stop()
    for path in d.data.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes(), path


def test_control_socket_is_ours_alone(daemon):
    assert (daemon.data / "control.sock").stat().st_mode & 0o777 == 0o600


# ---- admin_listen -----------------------------------------------------------

def test_api_on_a_port_of_its_own(start):
    d = start(ready=False)
    port = d.ports["admin"].number
    d.settings = {"server": {"admin_listen": [f"127.0.0.1:{port}"]}}
    d.write_config()
    d.start()
    assert d.api("GET", "/devices").status == 404
    assert d.api("GET", "/devices", port=port).status == 200
    assert d.get("/metrics").status == 404
    headers = {"Authorization": f"Bearer {d.token()}"}
    assert d.get("/metrics", headers, port=port).status == 200
    assert d.poll().status == 200
    assert d.get("/healthz").status == 200
