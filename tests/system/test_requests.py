"""Request heads, deadlines and limits, seen from the wire."""

import select
import socket
import ssl

import pytest

from daemon import deadline_loop, read_to_end, sha256

GET = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
REPORT = (b'{"product":"inklay","device":"d1","release":1,'
          b'"status":"installed","version":"2.0"}')
POST = (b"POST /report HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Length: %d\r\n\r\n%s" % (len(REPORT), REPORT))
CHUNKED = (b"POST /report HTTP/1.1\r\nHost: localhost\r\n"
           b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
           % (len(REPORT), REPORT))

# Each differs from a good request in one thing: what, request, old, new.
BAD = [
    ("both lengths", CHUNKED, b"Transfer",
     b"Content-Length: %d\r\nTransfer" % len(REPORT)),
    ("blank before the colon", POST, b"Length:", b"Length :"),
    ("two differing lengths", POST, b"Content-Length: ",
     b"Content-Length: 5\r\nContent-Length: "),
    ("a list of lengths", POST, b"Length: ", b"Length: 5, "),
    ("a signed length", POST, b"Length: ", b"Length: +"),
    ("a hexadecimal length", POST, b"Length: ", b"Length: 0x"),
    ("a length beyond 64 bits", POST, b"Length: ",
     b"Length: 18446744073709551616"),
    ("two Hosts", GET, b"Host: localhost",
     b"Host: localhost\r\nHost: localhost"),
    ("no Host", GET, b"Host: localhost\r\n", b""),
    ("a Host that is none", GET, b"Host: localhost", b"Host: a b"),
    ("bare CR in a value", GET, b"localhost", b"local\rhost"),
    ("bare LF as a line end", GET, b"localhost\r\n\r\n",
     b"localhost\nX: y\r\n\r\n"),
    ("bare LF after the request line", GET, b"1.1\r\n", b"1.1\n"),
    ("NUL in a value", GET, b"localhost\r", b"localhost\r\nX: a\0b\r"),
    ("control character in a value", GET, b"localhost\r",
     b"localhost\r\nX: a\x01b\r"),
    ("folded line", GET, b"localhost\r", b"localhost\r\nX: a\r\n b\r"),
    ("no field name", GET, b"localhost\r", b"localhost\r\n: a\r"),
    ("blank in a field name", GET, b"localhost\r", b"localhost\r\nX y: a\r"),
    ("%00 in the target", GET, b"/healthz", b"/healthz%00"),
    ("NUL in the target", GET, b"/healthz", b"/healthz\0"),
    ("tab in the request line", GET, b"GET ", b"GET\t"),
    ("two blanks in the request line", GET, b"GET ", b"GET  "),
    ("8-bit character in the target", GET, b"/healthz", b"/healthz\xff"),
    ("no version", GET, b" HTTP/1.1", b""),
    ("a version that is none", GET, b"HTTP/1.1", b"HTTP/1.x"),
    ("small letters in the version", GET, b"HTTP", b"http"),
    ("a method that is no token", GET, b"GET", b"G(T"),
    ("unknown transfer coding", CHUNKED, b"chunked", b"gzip"),
    ("chunked is not last", CHUNKED, b"chunked", b"chunked, gzip"),
    ("chunked twice", CHUNKED, b"chunked", b"chunked, chunked"),
    ("chunked in HTTP/1.0", CHUNKED, b"HTTP/1.1", b"HTTP/1.0"),
    ("a chunk size that is none", CHUNKED, b"\r\n\r\n%x" % len(REPORT),
     b"\r\n\r\nzz"),
    ("a signed chunk size", CHUNKED, b"\r\n\r\n%x" % len(REPORT),
     b"\r\n\r\n+%x" % len(REPORT)),
    ("a chunk longer than its size", CHUNKED, b"\r\n0\r\n", b"x\r\n0\r\n"),
    ("bare LF after a chunk size", CHUNKED,
     b"\r\n\r\n%x\r\n" % len(REPORT), b"\r\n\r\n%x\n" % len(REPORT)),
]


def answers(daemon, request, **options):
    """Everything that comes until the server closes by itself."""
    with daemon.tls(**options) as link:
        link.sendall(request)
        return read_to_end(link)


@pytest.mark.parametrize("good,status", [(GET, 200), (POST, 204),
                                         (CHUNKED, 204)],
                         ids=["GET", "POST", "CHUNKED"])
def test_the_good_ones(daemon, good, status):
    """Without them the table below would prove nothing."""
    closing = good.replace(b"Host:", b"Connection: close\r\nHost:", 1)
    answer = answers(daemon, closing)
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    twice = answers(daemon, good + closing)
    assert twice.count(b"HTTP/1.1 %d " % status) == 2


@pytest.mark.parametrize("good,old,new", [row[1:] for row in BAD],
                         ids=[row[0] for row in BAD])
def test_bad_head(daemon, good, old, new):
    bad = good.replace(old, new, 1)
    assert bad != good
    answer = answers(daemon, bad + GET)
    assert answer.startswith(b"HTTP/1.1 400 "), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1, "the connection went on"


@pytest.mark.parametrize("request_,status", [
    (GET.replace(b"/healthz", b"/" + b"a" * 4000), 414),
    (GET.replace(b"\r\n\r\n", b"\r\nX: %s\r\n\r\n" % (b"a" * 20000)), 431),
    (GET.replace(b"\r\n\r\n", b"\r\nX: y" * 200 + b"\r\n\r\n"), 431),
    (GET.replace(b"HTTP/1.1", b"HTTP/2.0"), 505),
], ids=["target", "head", "fields", "version"])
def test_heads_over_a_bound(daemon, request_, status):
    assert answers(daemon, request_ + GET).startswith(
        b"HTTP/1.1 %d " % status)


def test_head_byte_by_byte(daemon):
    with daemon.tls() as link:
        for byte in GET:
            link.sendall(bytes([byte]))
        assert link.recv(1000).startswith(b"HTTP/1.1 200 ")


def test_pipelined_answers_keep_their_order(daemon):
    missing = GET.replace(b"/healthz", b"/nothing")
    last = GET.replace(b"Host", b"Connection: close\r\nHost")
    answer = answers(daemon, GET + missing + GET + last)
    assert [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]] == \
        [200, 404, 200, 200]


def test_unknown_paths_and_methods(daemon):
    assert daemon.get("/nothing").status == 404
    answer = daemon.request("DELETE", "/healthz")
    assert answer.status == 405
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("path", [
    "//healthz", "/../healthz", "/images/..%2f..%2fotterd.db",
    "/images/%2e%2e/otterd.db", "/healthz/.", "/%zz", "/healthz%2",
])
def test_crooked_paths_lead_nowhere(daemon, path):
    assert daemon.get(path).status in (400, 404)


# ---- deadlines --------------------------------------------------------------

def short(**limits):
    """Settings with these limits shortened and no other."""
    return {"server": {"limits": limits}}


def drip(link, data, pause=0.1):
    """Send byte by byte; say whether the server ended it before the end."""
    for byte in data:
        ready, _, _ = select.select([link], [], [], pause)
        if ready:
            return True
        try:
            link.sendall(bytes([byte]))
        except (ConnectionError, ssl.SSLError):
            return True
    return False


def tls12(daemon):
    """With TLS 1.2 nothing comes unasked that would look like an answer."""
    return daemon.tls(version=ssl.TLSVersion.TLSv1_2)


def test_handshake_that_does_not_begin(start):
    d = start(short(handshake_timeout="1s"))
    with socket.create_connection(("127.0.0.1", d.port), 60) as plain:
        assert plain.recv(100) == b""


def test_handshake_that_drips(start):
    d = start(short(handshake_timeout="1s"))
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(400)
    with socket.create_connection(("127.0.0.1", d.port), 60) as plain:
        assert drip(plain, hello)


def test_head_that_does_not_begin(start):
    d = start(short(head_timeout="1s"))
    with tls12(d) as link:
        answer = read_to_end(link)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


def test_head_that_drips(start):
    d = start(short(head_timeout="1s"))
    with tls12(d) as link:
        assert drip(link, GET[:-2] + b"X: " + b"a" * 400)
        answer = read_to_end(link)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


def test_body_that_drips(start):
    d = start(short(stall_timeout="1s", min_rate=4096))
    head = POST[:-len(REPORT)].replace(b"Length: ", b"Length: 9")
    with tls12(d) as link:
        link.sendall(head)
        assert drip(link, b" " * 400)
        answer = read_to_end(link)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 ")


def test_idle_connection_is_closed(start):
    d = start(short(idle_timeout="1s"))
    link = d.connection()
    assert d.get("/healthz", link=link).status == 200
    assert read_to_end(link.sock) == b""
    link.close()


def test_steady_body_may_take_longer(start, firmware):
    """Over several windows, but fast enough in each."""
    d = start(short(stall_timeout="1s", min_rate=4096))
    image = firmware("1.0", 96 * 1024)
    link = d.connection()
    link.putrequest("PUT", "/api/v1/products/open/images?version=1.0")
    link.putheader("Authorization", f"Bearer {d.token()}")
    link.putheader("Content-Length", str(len(image)))
    link.endheaders()
    for at in range(0, len(image), 4096):
        link.send(image[at:at + 4096])
        select.select([], [], [], 0.1)
    assert link.getresponse().status == 201
    link.close()


def test_reader_that_stalls(start, big_file):
    d = start(short(stall_timeout="1s", min_rate=4096))
    image = big_file[0]
    d.publish(image, "9.0", "open")
    link = d.tls()
    link.sendall(b"GET /images/%s HTTP/1.1\r\nHost: x\r\n\r\n"
                 % d.poll(product="open").json()["update"]["sha256"].encode())
    d.wait_metric("otterd_connections", lambda n: n <= 1)
    assert len(read_to_end(link)) < len(image)
    link.close()


# ---- limits -----------------------------------------------------------------

def full(daemon, **options):
    """Is a new connection turned away before its handshake ends?"""
    try:
        daemon.tls(**options).close()
        return False
    except (ConnectionError, ssl.SSLError, OSError):
        return True


def test_connections_of_one_source(start):
    d = start({"server": {"limits": {"max_connections_per_source": 3}}})
    links = [d.tls() for _ in range(3)]
    assert full(d)
    assert not full(d, source="127.0.0.2"), "another source is not affected"
    links.pop().close()
    for _ in deadline_loop("a free place"):
        if not full(d):
            break
    for link in links:
        link.close()


def test_connections_in_all(start):
    d = start({"server": {"limits": {"max_connections": 3}}})
    links = [d.tls(source=f"127.0.0.{n}") for n in (2, 3, 4)]
    assert full(d, source="127.0.0.5")
    links.pop().close()
    for _ in deadline_loop("a free place"):
        if not full(d, source="127.0.0.5"):
            break
    for link in links:
        link.close()


# ---- what an old device's buffer holds --------------------------------------

@pytest.fixture(scope="module")
def released(daemon, firmware):
    image = firmware("1.0", 40000)
    daemon.publish(image, "1.0")
    return image


@pytest.mark.parametrize("method,fields,status", [
    ("GET", "", 200),
    ("HEAD", "", 200),
    ("GET", "Range: bytes=0-4095\r\n", 206),
    ("GET", "Range: bytes=0-9,100-199,300-\r\n", 206),
    ("GET", "Range: bytes=90000-\r\n", 416),
    ("GET", "If-None-Match: *\r\n", 304),
    ("GET", "If-Match: \"x\"\r\n", 412),
])
@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_image_head_in_one_record(daemon, released, method, fields, status,
                                  version):
    request = (f"{method} /images/{sha256(released)} HTTP/{version}\r\n"
               f"Host: localhost\r\n{fields}\r\n")
    check_head(daemon, request, status)


def test_head_of_a_missing_image(daemon):
    check_head(daemon, f"GET /images/{'0' * 64} HTTP/1.1\r\nHost: x\r\n\r\n",
               404)


def check_head(daemon, request, status):
    with daemon.tls() as link:
        link.sendall(request.encode())
        record = link.recv(16384)  # at most one record
    head, end, _ = record.partition(b"\r\n\r\n")
    assert end, f"{len(record)} bytes in the first record"
    assert head.split(b" ")[1] == b"%d" % status
    assert len(head + end) < 512, head.decode()
