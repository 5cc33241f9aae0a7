"""/metrics: the text form, and that each figure moves."""

import re
import ssl

import pytest

from test_tls import handshake

SAMPLE = re.compile(r'([a-z_]+)(\{[a-z_]+="[^"]*"(,[a-z_]+="[^"]*")*\})? '
                    r'(-?[0-9.e+-]+|\+Inf|NaN)')
TYPES = {
    "otterd_connections": "gauge",
    "otterd_accepted_total": "counter",
    "otterd_refused_total": "counter",
    "otterd_handshakes_total": "counter",
    "otterd_requests_total": "counter",
    "otterd_request_seconds": "histogram",
    "otterd_received_bytes_total": "counter",
    "otterd_sent_bytes_total": "counter",
    "otterd_checkin_queue": "gauge",
    "otterd_commit_seconds": "histogram",
    "otterd_commit_jobs_total": "counter",
    "otterd_commit_failures_total": "counter",
    "otterd_devices": "gauge",
}


def text(daemon):
    answer = daemon.get("/metrics", {
        "Authorization": f"Bearer {daemon.token('viewer')}"})
    assert answer.headers["Content-Type"].startswith(
        "text/plain; version=0.0.4")
    return answer.body.decode()


def test_form(daemon):
    """As the exposition format has it: families together, HELP and TYPE
    once and first."""
    daemon.poll()
    daemon.get("/nothing")
    seen, family = {}, None
    for line in text(daemon).splitlines():
        if line.startswith("# HELP "):
            family = line.split(" ")[2]
            assert family not in seen, f"{family} in two places"
            seen[family] = None
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name == family and seen[family] is None
            seen[family] = kind
        else:
            found = SAMPLE.fullmatch(line)
            assert found, line
            name = found[1]
            if seen[family] == "histogram":
                assert name in (f"{family}_bucket", f"{family}_sum",
                                f"{family}_count"), line
            else:
                assert name == family, line
    for name, kind in TYPES.items():
        assert seen.get(name) == kind, name


def test_histogram(daemon):
    daemon.poll()
    rows = daemon.metrics()
    name = "otterd_request_seconds"
    labels = 'route="manifest"'
    buckets = [(key, value) for key, value in rows.items()
               if key.startswith(f"{name}_bucket{{{labels}")]
    values = [value for _, value in buckets]
    assert values == sorted(values), "buckets are cumulative"
    assert 'le="+Inf"' in buckets[-1][0]
    assert values[-1] == rows[f"{name}_count{{{labels}}}"] >= 1
    assert rows[f"{name}_sum{{{labels}}}"] > 0


@pytest.mark.parametrize("path,route,status", [
    ("/healthz", "healthz", 200), ("/nothing", "none", 404),
    ("/manifest?product=inklay&device=m&version=1", "manifest", 200),
    ("/manifest", "manifest", 400), (f"/images/{'0' * 64}", "images", 404)])
def test_requests(daemon, path, route, status):
    name = f'otterd_requests_total{{route="{route}",status="{status}"}}'
    before = daemon.metrics().get(name, 0)
    daemon.get(path)
    assert daemon.metrics()[name] == before + 1


def handshakes(profile, result):
    return f'otterd_handshakes_total{{profile="{profile}",result="{result}"}}'


def test_handshakes(daemon):
    before = daemon.metrics()
    handshake(daemon, "other.example.com").close()
    with pytest.raises(ssl.SSLError):
        daemon.tls(ca="other-ca")  # it sends unknown_ca
    with pytest.raises(ssl.SSLError):
        handshake(daemon, "modern.example.com",
                  version=ssl.TLSVersion.TLSv1_2)
    for name in (handshakes("other", "ok"), handshakes("plain", "alert"),
                 handshakes("modern", "error")):
        daemon.wait_metric(name, lambda n, name=name:
                           n == before.get(name, 0) + 1)


def test_connections(daemon):
    links = [daemon.tls() for _ in range(5)]
    assert daemon.wait_metric("otterd_connections", lambda n: n >= 6) >= 6
    for link in links:
        link.close()
    daemon.wait_metric("otterd_connections", lambda n: n <= 2)


def test_bytes(daemon, firmware):
    data = firmware("1.0", 1 << 20)
    before = daemon.metrics()
    row = daemon.publish(data, "1.0", channel="bytes")
    daemon.get(f"/images/{row['sha256']}")
    for name in ("otterd_received_bytes_total", "otterd_sent_bytes_total"):
        daemon.wait_metric(name, lambda n, name=name:
                           n - before[name] >= len(data))


def test_devices_and_commits(daemon):
    before = daemon.metrics()
    for n in range(5):
        daemon.poll(f"metric{n}")
    after = daemon.metrics()

    def grown(name):
        return after[name] - before.get(name, 0)

    assert grown("otterd_devices") == 5
    assert grown("otterd_commit_jobs_total") >= 5
    assert grown("otterd_commit_seconds_count") >= 1
    assert after["otterd_checkin_queue"] == 0
