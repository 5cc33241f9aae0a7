"""Downloads as RFC 9110 wants them, by hand and by well-known clients."""

import base64
import email.utils
import hashlib
import re
import subprocess

import pytest

from daemon import read_to_end, sha256


@pytest.fixture(scope="module")
def image(daemon, firmware):
    data = firmware("2.1.0", 10200)
    daemon.publish(data, "2.1.0")
    return data


@pytest.fixture(scope="module")
def path(image):
    return f"/images/{sha256(image)}"


@pytest.fixture(scope="module")
def modified(daemon, path):
    return daemon.get(path).headers["Last-Modified"]


def test_whole(daemon, image, path):
    answer = daemon.get(path)
    assert answer.status == 200
    assert answer.body == image
    headers = answer.headers
    assert headers["ETag"] == f'"{sha256(image)}"'
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Length"] == str(len(image))
    assert headers["Content-Type"] == "application/octet-stream"
    cache = re.split(r",\s*", headers["Cache-Control"])
    assert {"public", "immutable"} <= set(cache)
    digest = base64.b64encode(hashlib.sha256(image).digest()).decode()
    assert headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert email.utils.parsedate_to_datetime(headers["Last-Modified"])
    assert "Transfer-Encoding" not in headers


def test_head(daemon, path):
    get, head = daemon.get(path), daemon.request("HEAD", path)
    assert head.status == 200
    assert head.body == b""
    for answer in (get, head):
        del answer.headers["Date"]
    assert sorted(head.headers.items()) == sorted(get.headers.items())


def test_head_ignores_range(daemon, image, path):
    answer = daemon.request("HEAD", path, headers={"Range": "bytes=0-9"})
    assert answer.status == 200
    assert answer.headers["Content-Length"] == str(len(image))


# What Range says, first and last byte of the answer.
SINGLE = [
    ("bytes=0-0", 0, 0), ("bytes=0-4095", 0, 4095), ("bytes=9-9", 9, 9),
    ("bytes=-1", -1, -1), ("bytes=-4096", -4096, -1),
    ("bytes=-99999999", 0, -1), ("bytes=0-", 0, -1), ("bytes=5000-", 5000, -1),
    ("bytes=0-99999999", 0, -1), ("BYTES=1-2", 1, 2),
    ("bytes=1-2,", 1, 2), ("bytes=1-2,99999999-", 1, 2),
]


def size_of(image, first, last):
    n = len(image)
    return first if first >= 0 else n + first, last if last >= 0 else n + last


@pytest.mark.parametrize("value,first,last", SINGLE)
def test_single_range(daemon, image, path, value, first, last):
    first, last = size_of(image, first, last)
    answer = daemon.get(path, {"Range": value})
    assert answer.status == 206
    assert answer.headers["Content-Range"] == \
        f"bytes {first}-{last}/{len(image)}"
    assert answer.headers["Content-Length"] == str(last - first + 1)
    assert answer.body == image[first:last + 1]
    assert answer.headers["ETag"] == f'"{sha256(image)}"'


@pytest.mark.parametrize("value", [
    "bytes", "bytes=", "bytes=-", "bytes=5-4", "bytes=a-b", "bytes=1-2x",
    "bytes=+1-2", "bytes=1--2", "items=0-5", "0-5", "bytes=1-2;3-4",
    "bytes=99999999999999999999-4", "bytes=" + ",".join(["0-0"] * 65)])
def test_range_that_does_not_count(daemon, image, path, value):
    answer = daemon.get(path, {"Range": value})
    assert answer.status == 200
    assert answer.body == image


@pytest.mark.parametrize("value", ["bytes=%d-", "bytes=%d-99999999",
                                   "bytes=99999999-", "bytes=-0",
                                   "bytes=99999999-,%d-"])
def test_unsatisfiable(daemon, image, path, value):
    value = value.replace("%d", str(len(image)))
    answer = daemon.get(path, {"Range": value})
    assert answer.status == 416
    assert answer.headers["Content-Range"] == f"bytes */{len(image)}"


def parts(answer):
    """Range and bytes of each part of a multipart answer."""
    boundary = re.fullmatch(r"multipart/byteranges; boundary=([\w-]+)",
                            answer.headers["Content-Type"])[1].encode()
    rows = answer.body.split(b"--" + boundary)
    assert rows[0] in (b"", b"\r\n")
    assert rows[-1].startswith(b"--")
    for row in rows[1:-1]:
        head, _, body = row.partition(b"\r\n\r\n")
        assert b"Content-Type: application/octet-stream" in head
        found = re.search(rb"Content-Range: bytes (\d+)-(\d+)/(\d+)", head)
        yield tuple(map(int, found.groups())), body[:-2]
        assert body.endswith(b"\r\n")


@pytest.mark.parametrize("ranges", [
    [(0, 9), (20, 29)], [(9000, 9999), (0, 0)], [(0, 4095), (5000, 9999)],
    [(n * 100, n * 100 + 9) for n in range(64)]])
def test_multipart(daemon, image, path, ranges):
    value = "bytes=" + ",".join(f"{a}-{b}" for a, b in ranges)
    answer = daemon.get(path, {"Range": value})
    assert answer.status == 206
    assert "Content-Range" not in answer.headers
    assert int(answer.headers["Content-Length"]) == len(answer.body)
    assert list(parts(answer)) == [((a, b, len(image)), image[a:b + 1])
                                   for a, b in ranges]


def test_multipart_with_suffix(daemon, image, path):
    answer = daemon.get(path, {"Range": "bytes=0-0,-1"})
    n = len(image)
    assert list(parts(answer)) == [((0, 0, n), image[:1]),
                                   ((n - 1, n - 1, n), image[-1:])]


OLD = "Sat, 01 Jan 2000 00:00:00 GMT"
RANGE = {"Range": "bytes=0-9"}
# Fields ('TAG' and 'TIME' stand for the image's own), status.
CONDITIONS = [
    ({"If-None-Match": "TAG"}, 304),
    ({"If-None-Match": "W/TAG"}, 304),
    ({"If-None-Match": '"x", TAG'}, 304),
    ({"If-None-Match": "*"}, 304),
    ({"If-None-Match": '"x"'}, 200),
    ({"If-Modified-Since": "TIME"}, 304),
    ({"If-Modified-Since": OLD}, 200),
    ({"If-Modified-Since": "yesterday"}, 200),
    ({"If-None-Match": '"x"', "If-Modified-Since": "TIME"}, 200),
    ({"If-None-Match": "TAG", "If-Modified-Since": OLD}, 304),
    ({"If-Match": "TAG"}, 200),
    ({"If-Match": "*"}, 200),
    ({"If-Match": '"x"'}, 412),
    ({"If-Match": "W/TAG"}, 412),
    ({"If-Unmodified-Since": "TIME"}, 200),
    ({"If-Unmodified-Since": OLD}, 412),
    (RANGE | {"If-Range": "TAG"}, 206),
    (RANGE | {"If-Range": "W/TAG"}, 200),
    (RANGE | {"If-Range": '"x"'}, 200),
    (RANGE | {"If-Range": OLD}, 200),
    (RANGE | {"If-None-Match": "TAG"}, 304),
    (RANGE | {"If-Match": '"x"'}, 412),
]


@pytest.mark.parametrize("fields,status", CONDITIONS)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions(daemon, image, path, modified, method, fields, status):
    headers = {name: value.replace("TAG", f'"{sha256(image)}"')
               .replace("TIME", modified) for name, value in fields.items()}
    if method == "HEAD" and status == 206:
        status = 200
    answer = daemon.request(method, path, headers=headers)
    assert answer.status == status
    if status == 304:
        assert answer.body == b""
        assert answer.headers["ETag"] == f'"{sha256(image)}"'
        assert "Cache-Control" in answer.headers
    if method == "GET" and status in (200, 206):
        assert answer.body == (image if status == 200 else image[:10])


@pytest.mark.parametrize("name", [
    "0" * 64, "0" * 63, "../otterd.db", "..%2fotterd.db", "", "x"])
def test_missing(daemon, image, name):
    assert daemon.get(f"/images/{name}").status in (400, 404)


def test_capitals_are_another_path(daemon, image):
    assert daemon.get(f"/images/{sha256(image).upper()}").status in (400, 404)


def raw(daemon, request):
    """All that comes until the server closes."""
    with daemon.tls() as link:
        link.sendall(request)
        return read_to_end(link)


def test_http_1_0(daemon, image, path):
    data = raw(daemon, f"GET {path} HTTP/1.0\r\n\r\n".encode())
    head, _, body = data.partition(b"\r\n\r\n")
    assert b" 200 " in head.split(b"\r\n")[0]
    assert body == image, "and the connection ended by itself"


def test_http_1_0_range(daemon, image, path):
    data = raw(daemon, f"GET {path} HTTP/1.0\r\nRange: bytes=-5\r\n\r\n"
               .encode())
    head, _, body = data.partition(b"\r\n\r\n")
    assert b" 206 " in head.split(b"\r\n")[0]
    assert body == image[-5:]


def test_keep_alive(daemon, image, path):
    link = daemon.connection()
    for first in range(0, len(image), 1000):
        answer = daemon.get(path, {"Range": f"bytes={first}-{first + 999}"},
                            link=link)
        assert answer.body == image[first:first + 1000]
    link.close()


def test_64_mib_by_hand(start, big_file):
    d = start()
    data, _ = big_file
    d.publish(data, "9.0")
    assert d.get(f"/images/{sha256(data)}").body == data
    answer = d.get(f"/images/{sha256(data)}",
                   {"Range": "bytes=1000-1999,60000000-60000999"})
    assert [body for _, body in parts(answer)] == [
        data[1000:2000], data[60000000:60001000]]


# ---- clients ----------------------------------------------------------------

@pytest.fixture(scope="module")
def large(start_shared, firmware):
    """A daemon with an image of 8 MiB: (daemon, bytes, URL)."""
    d = start_shared()
    data = firmware("8.0", 8 << 20)
    d.publish(data, "8.0")
    return d, data, d.url(f"/images/{sha256(data)}")


def by_address(url):
    """For clients that cannot resolve localhost where no /etc/hosts is."""
    return url.replace("localhost", "127.0.0.1")


def fetch(command, into):
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120)
    assert done.returncode == 0, done.stdout
    return into.read_bytes()


@pytest.fixture
def half(large, tmp_path):
    """A download that was cut in its middle."""
    path = tmp_path / "image.bin"
    path.write_bytes(large[1][:len(large[1]) // 2])
    return path


def test_curl(large, tmp_path, pki):
    _, data, url = large
    out = tmp_path / "image.bin"
    assert fetch(["curl", "-sS", "-f", "--cacert", pki.pem("ca"), "-o", out,
                  url], out) == data


def test_curl_resumes(large, half, pki):
    d, data, url = large
    before = sent(d)
    assert fetch(["curl", "-sS", "-f", "--cacert", pki.pem("ca"), "-C", "-",
                  "-o", half, url], half) == data
    check_sent(d, before, len(data) // 2)


def test_wget_resumes(large, half, pki):
    d, data, url = large
    before = sent(d)
    assert fetch(["wget", "-q", f"--ca-certificate={pki.pem('ca')}", "-c",
                  "-O", half, by_address(url)], half) == data
    check_sent(d, before, len(data) // 2)


def test_wget_timestamps(large, pki, tmp_path):
    """-N asks with If-Modified-Since and gets a 304."""
    _, data, url = large
    command = ["wget", "-q", f"--ca-certificate={pki.pem('ca')}", "-N", "-P",
               tmp_path, by_address(url)]
    out = tmp_path / url.rsplit("/", 1)[1]
    assert fetch(command, out) == data
    written = out.stat().st_ino, out.stat().st_mtime
    assert fetch(command, out) == data
    assert (out.stat().st_ino, out.stat().st_mtime) == written


def test_aria2_splits(large, tmp_path, pki):
    d, data, url = large
    out = tmp_path / "image.bin"
    name = 'otterd_requests_total{route="images",status="206"}'
    before = d.metrics().get(name, 0)
    assert fetch(["aria2c", "-q", "-x4", "-s4", "-k1M", "--no-conf",
                  "--file-allocation=none",
                  f"--ca-certificate={pki.pem('ca')}", "-d", tmp_path, "-o",
                  "image.bin", by_address(url)], out) == data
    assert d.metrics()[name] - before >= 3


def sent(daemon):
    return daemon.metrics()["otterd_sent_bytes_total"]


def check_sent(daemon, before, wanted):
    """The half that was there was not sent again."""
    after = daemon.wait_metric("otterd_sent_bytes_total",
                               lambda n: n - before >= wanted)
    assert after - before < wanted * 1.2
