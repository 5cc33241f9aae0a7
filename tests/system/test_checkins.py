"""Every poll is a row, and a row that was acknowledged stays."""

import datetime
import json
import sqlite3
import threading

import pytest

from daemon import deadline_loop


def checkins(daemon, device, product="inklay", **options):
    answer = daemon.api(
        "GET", f"/checkins?product={product}&device={device}&limit=1000",
        **options)
    assert answer.status == 200, answer.body
    return answer.json()["checkins"]


def device(daemon, name, product="inklay"):
    answer = daemon.api("GET", f"/devices/{product}/{name}")
    assert answer.status == 200, answer.body
    return answer.json()


def database(daemon):
    """The stopped daemon's database."""
    assert daemon.process is None
    return sqlite3.connect(daemon.data / "otterd.db")


def test_row(daemon, firmware):
    release = daemon.publish(firmware("2.0"), "2.0", channel="rows")
    before = datetime.datetime.now(datetime.timezone.utc)
    link = daemon.connection()
    daemon.poll("row", "1.0", channel="rows", link=link)
    version, cipher = link.sock.version(), link.sock.cipher()[0]
    link.close()
    [row] = checkins(daemon, "row")
    wanted = {"product": "inklay", "device": "row", "version": "1.0",
              "channel": "rows", "release": release["id"], "reason": "update",
              "address": "127.0.0.1", "tls_version": version,
              "cipher": cipher, "profile": "plain"}
    assert {key: row[key] for key in wanted} == wanted
    at = datetime.datetime.fromisoformat(row["at"].replace("Z", "+00:00"))
    assert abs(at - before) < datetime.timedelta(minutes=5)


def test_row_without_an_offer(daemon):
    daemon.poll("none", "1.0", channel="empty",
                port=daemon.ports["second"].number, ca="other-ca")
    [row] = checkins(daemon, "none")
    assert (row["release"], row["reason"]) == (None, "no-release")
    assert row["profile"] == "other"


def test_history_and_device(daemon):
    for version in ("1.0", "1.1", "1.2"):
        daemon.poll("history", version)
        daemon.poll("someone-else", version)
    rows = checkins(daemon, "history")
    assert [row["version"] for row in rows] == ["1.2", "1.1", "1.0"]
    row = device(daemon, "history")
    assert row["version"] == "1.2"
    assert row["checkins"] == 3
    assert row["first_seen"] <= row["last_seen"]


def test_history_in_pages(daemon):
    for n in range(7):
        daemon.poll("pages", f"1.{n}")
    seen, after = [], ""
    while after is not None:
        page = daemon.api("GET", "/checkins?product=inklay&device=pages"
                          f"&limit=3{after and '&after=' + after}").json()
        seen += [row["version"] for row in page["checkins"]]
        after = page["next"]
    assert seen == [f"1.{n}" for n in reversed(range(7))]


def test_refused_polls_are_no_rows(daemon):
    daemon.get("/manifest?product=inklay&device=refused&version=")
    assert daemon.api("GET", "/devices/inklay/refused").status == 404


def test_reports(daemon, firmware):
    release = daemon.publish(firmware("3.0"), "3.0", channel="reports")
    daemon.poll("reporter", channel="reports")
    for status in ("downloading", "failed", "rolled-back", "installed"):
        answer = daemon.request("POST", "/report", json.dumps({
            "product": "inklay", "device": "reporter",
            "release": release["id"], "status": status, "version": "3.0",
            "error": "E1", "detail": "a\nb"}))
        assert (answer.status, answer.body) == (204, b"")
        assert device(daemon, "reporter")["report"]["status"] == status
    assert device(daemon, "reporter")["report"]["release"] == release["id"]




@pytest.mark.parametrize("change", [
    {"status": "exploded"}, {"status": None}, {"device": "a b"},
    {"device": None}, {"product": "nobody"}, {"release": "1"},
    {"release": -1}, {"colour": "red"}, {"error": 5}])
def test_bad_report(daemon, change):
    members = {"product": "inklay", "device": "bad", "release": 1,
               "status": "installed", "version": "1"} | change
    answer = daemon.request("POST", "/report", json.dumps(
        {key: value for key, value in members.items() if value is not None}))
    assert answer.status == (404 if "product" in change else 400)
    assert answer.problem()
    assert daemon.api("GET", "/devices/inklay/bad").status == 404


# ---- on disk ----------------------------------------------------------------

def test_power_cut_loses_no_acknowledged_poll(start):
    d = start()
    d.token()
    acknowledged = [0] * 8
    enough = threading.Event()

    def poll(n):
        try:
            link = d.connection()
            while d.poll(f"cut{n}", link=link).status == 200:
                acknowledged[n] += 1
                if acknowledged[n] == 20:
                    enough.set()
        except Exception:  # the power is off
            pass

    threads = [threading.Thread(target=poll, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    assert enough.wait(60)
    d.kill()
    for thread in threads:
        thread.join()
    assert sum(acknowledged) >= 20
    d.start()
    for n, count in enumerate(acknowledged):
        rows = len(checkins(d, f"cut{n}")) if count else 0
        assert rows in (count, count + 1), \
            f"device {n}: {count} acknowledged, {rows} there"
    done = d.command("db", "check", "-c", d.config)
    assert done.returncode == 0, done.stderr


def test_newer_database_is_refused(start):
    d = start()
    d.stop()
    with database(d) as db:
        ours = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {ours + 1}")
    db.close()
    d.launch()
    assert d.finish() == 1
    line = d.log.lines[-1]
    assert str(ours) in line and str(ours + 1) in line, line
    with database(d) as db:
        db.execute(f"PRAGMA user_version = {ours}")
    db.close()
    d.start()


def test_foreign_database_is_refused(start):
    d = start(ready=False)
    with database(d) as db:
        db.execute("CREATE TABLE recipes (name TEXT)")
    db.close()
    d.launch()
    assert d.finish() == 1
    assert "otterd.db" in d.log.lines[-1]


def test_two_daemons_on_one_database(start):
    d = start()
    done = d.command("serve", "-c", d.config)
    assert done.returncode == 1
    assert "lock" in done.stderr or "running" in done.stderr
    assert d.get("/healthz").status == 200


def test_pruning(start):
    d = start({"checkins": {"keep": "30d"}})
    for n in range(30):
        d.poll("pruned", f"1.{n}")
    d.stop()
    day = 24 * 3600
    with database(d) as db:
        db.execute("UPDATE checkins SET at = at - ? WHERE id <= 20",
                   (31 * day,))
        db.execute("UPDATE checkins SET at = at - ? WHERE id > 20",
                   (29 * day,))
    db.close()
    d.start()
    for _ in deadline_loop("the old check-ins' end"):
        d.poll("other")
        rows = checkins(d, "pruned")
        if len(rows) == 10:
            break
    assert [row["version"] for row in rows] == \
        [f"1.{n}" for n in reversed(range(20, 30))]
    assert device(d, "pruned")["version"] == "1.29"
    d.poll("pruned", "2.0")
    assert len(checkins(d, "pruned")) == 11
    d.stop()
    with database(d) as db:
        [last] = db.execute("SELECT max(id) FROM checkins").fetchone()
        rows = db.execute("SELECT count(*) FROM checkins").fetchone()[0]
    db.close()
    assert last > rows, "ids are not used again"


def test_settings_of_the_database(start):
    d = start()
    d.poll()
    d.stop()
    with database(d) as db:
        assert db.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("PRAGMA application_id").fetchone()[0] != 0
    db.close()
    assert (d.data / "otterd.db").stat().st_mode & 0o137 == 0
