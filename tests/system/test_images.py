"""Uploads: what is stored, what is refused and why, and crashes between."""

import base64
import os
import pathlib
import re
import shutil
import socket
import subprocess
import threading

import pytest

from daemon import BINARY, deadline_loop, read_to_end, sha256
from pki import openssl

PSS = ("-sigopt", "rsa_padding_mode:pss")


@pytest.fixture(scope="module")
def image(firmware):
    return firmware("2.1.0")


def stored(daemon, data):
    return (daemon.data / "images" / sha256(data)).read_bytes()


def listed(daemon, product="inklay"):
    answer = daemon.api("GET", f"/products/{product}/images")
    assert answer.status == 200
    return {row["sha256"]: row for row in answer.json()["images"]}


def put_signature(daemon, data, signature, product="inklay"):
    return daemon.api(
        "PUT", f"/products/{product}/images/{sha256(data)}/signature",
        signature)


# ---- what is stored ---------------------------------------------------------

def test_upload(daemon, image, pki):
    answer = daemon.upload(image, "2.1.0",
                           signature=pki.sign64("sign-p256", image))
    assert answer.status == 201
    row = answer.json()
    assert row["sha256"] == sha256(image)
    assert row["size"] == len(image)
    assert row["format"] == "raw"
    assert row["version"] == "2.1.0"
    assert row["signed_by"] == [{"signer": "sign-p256",
                                 "algorithm": "ecdsa-p256-sha256"}]
    assert stored(daemon, image) == image
    assert listed(daemon)[sha256(image)]["version"] == "2.1.0"
    again = daemon.upload(image, "2.1.0")
    assert again.status == 200
    assert again.json()["sha256"] == sha256(image)


def test_same_bytes_with_another_version(daemon, firmware):
    data = firmware("2.2.0")
    assert daemon.upload(data, "2.2.0", "open").status == 201
    answer = daemon.upload(data, "2.3.0", "open")
    assert answer.status == 409
    assert "2.2.0" in answer.problem()


def test_same_bytes_in_two_products(daemon, firmware):
    data = firmware("2.4.0")
    assert daemon.upload(data, "2.4.0", "open").status == 201
    assert daemon.upload(data, "2.4.0", "inklay").status == 201
    assert delete(daemon, data, "open").status == 204
    assert stored(daemon, data) == data
    assert delete(daemon, data, "inklay").status == 204
    assert sha256(data) not in daemon.images()


def test_same_bytes_at_the_same_time(daemon, firmware):
    data = firmware("2.5.0", 1 << 20)
    got = []
    threads = [threading.Thread(target=lambda: got.append(
        daemon.upload(data, "2.5.0", "open").status)) for _ in range(4)]
    daemon.token()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == [200, 200, 200, 201]
    assert stored(daemon, data) == data


def test_curl_uploads(daemon, firmware, tmp_path):
    """-T streams a file and asks with Expect: 100-continue."""
    data = firmware("2.6.0", 3 << 20)
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    for version, how in (("2.6.0", ["-T", path]),
                         ("2.6.0", ["-T", path, "-H",
                                    "Transfer-Encoding: chunked"])):
        done = subprocess.run(
            ["curl", "-sS", "--fail-with-body", "--cacert",
             daemon.pki.pem("ca"), "-H",
             f"Authorization: Bearer {daemon.token()}", *how,
             daemon.url(f"/api/v1/products/open/images?version={version}")],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert done.returncode == 0, done.stderr + done.stdout
    assert stored(daemon, data) == data


def delete(daemon, data, product):
    return daemon.api("DELETE", f"/products/{product}/images/{sha256(data)}")


def test_delete(daemon, firmware):
    data = firmware("2.7.0")
    release = daemon.publish(data, "2.7.0", channel="delete")
    answer = delete(daemon, data, "inklay")
    assert answer.status == 409
    assert str(release["id"]) in answer.problem()
    assert stored(daemon, data) == data
    unused = firmware("2.7.1")
    daemon.upload(unused, "2.7.1")
    assert delete(daemon, unused, "inklay").status == 204
    assert sha256(unused) not in daemon.images()
    assert delete(daemon, unused, "inklay").status == 404


@pytest.mark.skipif("san" in BINARY.parent.name,
                    reason="a sanitizer keeps freed memory")
def test_no_image_is_held_in_memory(start, big_file):
    d = start()
    d.get("/healthz")
    before = resident(d)
    assert d.upload(big_file[0], "9.0", "open").status == 201
    assert resident(d) - before < 16 << 20


def resident(daemon):
    """Most bytes of memory the process ever had."""
    status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
    line = next(x for x in status.splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


# ---- signatures -------------------------------------------------------------

GOOD = [
    ("sign-p256", (), "ecdsa-p256-sha256"),
    ("sign-p384", (), "ecdsa-p384-sha384"),
    ("sign-rsa", (), "rsa-pkcs1-sha256"),
    ("sign-rsa", ("-sha512",), "rsa-pkcs1-sha512"),
    ("sign-rsa", PSS, "rsa-pss-sha256"),
    ("sign-rsa", (*PSS, "-sigopt", "rsa_pss_saltlen:0"), "rsa-pss-sha256"),
    ("sign-ed25519", (), "ed25519"),
]


@pytest.mark.parametrize("signer,options,algorithm", GOOD)
@pytest.mark.parametrize("form", ["header", "binary", "base64 lines"])
def test_good_signature(start, image, pki, signer, options, algorithm, form):
    d = start()
    value = pki.sign(signer, image, *options)
    if form == "header":
        answer = d.upload(image, "1.0", signature=pki.sign64(
            signer, image, *options))
        assert answer.status == 201, answer.body
    else:
        d.upload(image, "1.0")
        if form != "binary":
            value = subprocess.run(["base64"], input=value,
                                   stdout=subprocess.PIPE).stdout
        answer = put_signature(d, image, value)
        assert answer.status == 200, answer.body
    assert listed(d)[sha256(image)]["signed_by"] == [
        {"signer": signer, "algorithm": algorithm}]


def raw_ecdsa(der):
    """r||s, 32 bytes each, of a DER signature: two short INTEGERs."""
    r = der[4:4 + der[3]]
    s = der[6 + der[3]:]
    return b"".join(x.lstrip(b"\0").rjust(32, b"\0") for x in (r, s))


def damaged(text):
    return text[:10] + "*" + text[11:]


# What, how it is made from the keys and the image, what the refusal says.
BAD = [
    ("unknown signer", lambda pki, data: pki.sign64("stranger", data),
     r"unknown signer"),
    ("a signer of another product",
     lambda pki, data: pki.sign64("elsewhere", data),
     r"elsewhere.*allows.*sign-p256"),
    ("over the digest", lambda pki, data: pki.sign64(
        "sign-p256", bytes.fromhex(sha256(data))), r"wrong digest"),
    ("over the digest in hexadecimal", lambda pki, data: pki.sign64(
        "sign-p256", sha256(data).encode()), r"wrong digest"),
    ("RSA over other bytes", lambda pki, data: pki.sign64(
        "sign-rsa", data + b"\n"), r"wrong digest.*[0-9a-f]{16}"),
    ("raw r||s", lambda pki, data: base64.b64encode(
        raw_ecdsa(pki.sign("sign-p256", data))).decode(), r"not DER"),
    ("base64 damaged", lambda pki, data: damaged(
        pki.sign64("sign-p256", data)), r"base64.*\b(10|11)\b"),
    ("base64 cut", lambda pki, data: pki.sign64(
        "sign-p256", data)[:-3], r"base64"),
]


@pytest.mark.parametrize("make,cause", [row[1:] for row in BAD],
                         ids=[row[0] for row in BAD])
def test_bad_signature(daemon, firmware, pki, make, cause):
    data = firmware("3.0.0")
    answer = daemon.upload(data, "3.0.0", signature=make(pki, data))
    assert answer.status == 422
    assert re.search(cause, answer.problem()), answer.problem()
    assert sha256(data) not in daemon.images()
    assert sha256(data) not in listed(daemon)


@pytest.mark.parametrize("make,cause", [row[1:] for row in BAD],
                         ids=[row[0] for row in BAD])
def test_bad_signature_later(daemon, firmware, pki, make, cause):
    data = firmware("3.0.1")
    daemon.upload(data, "3.0.1")
    answer = put_signature(daemon, data, make(pki, data))
    assert answer.status == 422
    assert re.search(cause, answer.problem()), answer.problem()
    assert listed(daemon)[sha256(data)]["signed_by"] == []


def test_signature_of_a_missing_image(daemon, pki):
    assert put_signature(daemon, b"nothing", pki.sign(
        "sign-p256", b"nothing")).status == 404


def test_certificate_as_signer(start, image, pki, tmp_path):
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(openssl("x509", "-in", pki.pem("ecdsa")))
    d = start({"signers": [{"name": "codesign", "file": str(leaf)}],
               "products": [{"name": "inklay", "signers": ["codesign"]}]})
    answer = d.upload(image, "1.0", signature=pki.sign64("ecdsa", image))
    assert answer.status == 201, answer.body


# ---- what is refused --------------------------------------------------------

@pytest.mark.parametrize("path,status", [
    ("/products/nobody/images?version=1.0", 404),
    ("/products/inklay/images", 400),
    ("/products/inklay/images?version=", 400),
    ("/products/inklay/images?version=a%20b", 400),
    ("/products/inklay/images?version=1.0&colour=red", 400),
])
def test_wrong_addresses(daemon, image, path, status):
    answer = daemon.api("PUT", path, image)
    assert answer.status == status
    assert answer.problem()


def test_empty_image(daemon):
    answer = daemon.upload(b"", "1.0")
    assert answer.status == 400
    assert answer.problem()


@pytest.fixture(scope="module")
def small(start_shared):
    """A daemon that takes images of up to 1 MiB."""
    return start_shared({"server": {"max_image_size": "1M"}})


def chunks(data):
    """A body whose length is not announced."""
    return (data[at:at + 65536] for at in range(0, len(data), 65536))


@pytest.mark.parametrize("announced", [True, False])
def test_size_bound(small, announced):
    fits = bytes([announced]) * (1 << 20)
    before = small.images()
    for data, status in ((fits + b"x", 413), (fits, 201)):
        body = data if announced else chunks(data)
        assert small.upload(body, "1.0", "open").status == status
        if status == 413:
            assert small.images() == before


def test_too_large_is_said_before_the_body(small):
    """The client has sent the head only."""
    head = upload_head(small, 2 << 20)
    with small.tls() as link:
        link.sendall(head)
        assert link.recv(1000).startswith(b"HTTP/1.1 413 ")


def upload_head(daemon, length, version="7.0"):
    return (f"PUT /api/v1/products/open/images?version={version} HTTP/1.1\r\n"
            f"Host: localhost\r\nAuthorization: Bearer {daemon.token()}\r\n"
            f"Content-Length: {length}\r\n\r\n").encode()


def test_short_body(daemon, image):
    before = daemon.images()
    with daemon.tls() as link:
        link.sendall(upload_head(daemon, len(image)) + image[:-1])
        socket.socket.shutdown(link, socket.SHUT_WR)
        answer = read_to_end(link)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
    assert daemon.images() == before
    assert "7.0" not in [row["version"]
                         for row in listed(daemon, "open").values()]


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root")
@pytest.mark.parametrize("announced", [True, False])
def test_disk_full(start, firmware, announced):
    d = start(ready=False)
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs",
                            d.data], stderr=subprocess.PIPE)
    if mount.returncode:
        pytest.skip(f"mounting is not allowed: {mount.stderr.decode()}")
    try:
        d.start()
        large, little = firmware("1.0", 16 << 20), firmware("1.1")
        body = large if announced else chunks(large)
        answer = d.upload(body, "1.0", "open")
        assert answer.status == 507
        assert answer.problem()
        assert d.images() == []
        assert d.upload(little, "1.1", "open").status == 201
        assert d.poll(product="open").status == 200
        d.stop()
    finally:
        if d.process:
            d.kill()
        subprocess.run(["umount", d.data], check=True)


# ---- crashes ----------------------------------------------------------------

def whole_or_nothing(daemon, data):
    """After a crash: the row and the whole file, or neither."""
    daemon.start()
    names = [sha256(data)] if sha256(data) in listed(daemon, "open") else []
    assert daemon.images() == names
    if names:
        assert stored(daemon, data) == data
    answer = daemon.upload(data, "1.0", "open")
    assert answer.status == (200 if names else 201)
    assert stored(daemon, data) == data


def test_killed_in_the_middle_of_a_body(start, firmware):
    d = start()
    data = firmware("1.0", 16 << 20)
    with d.tls() as link:
        link.sendall(upload_head(d, len(data)) + data[:-1])
        d.kill()
    whole_or_nothing(d, data)
    d.stop()


def traceable():
    return shutil.which("strace") and subprocess.run(
        ["strace", "-e", "trace=none", "true"],
        stderr=subprocess.DEVNULL).returncode == 0


@pytest.mark.skipif(not traceable(), reason="tracing is not allowed")
@pytest.mark.parametrize("call,nth", [
    ("fallocate", 1), ("write", 2), ("fsync", 1),
    ("linkat,renameat,renameat2,rename", 1), ("fsync", 2), ("pwrite64", 1),
    ("pwrite64", 5), ("fdatasync", 1)])
def test_killed_at_a_system_call(start, firmware, call, nth):
    """The upload's own calls, since nothing else writes at that time."""
    d = start()
    d.token()
    data = firmware("1.0")
    tracer = subprocess.Popen(
        ["strace", "-f", "-qq", "-e", f"trace={call}", "-e",
         f"inject={call}:signal=SIGKILL:when={nth}", "-p",
         str(d.process.pid)], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    try:
        for _ in deadline_loop("the tracer"):
            if all(traced(d.process.pid)):
                break
        with pytest.raises(OSError):
            d.upload(data, "1.0", "open")
    finally:
        tracer.kill()
        tracer.wait()
    d.finish()
    whole_or_nothing(d, data)
    d.stop()


def traced(pid):
    """Of each thread, whether somebody traces it."""
    for status in pathlib.Path(f"/proc/{pid}/task").glob("*/status"):
        yield "TracerPid:\t0\n" not in status.read_text()


def test_leftovers_go_at_start(start, firmware):
    d = start()
    data = firmware("1.0")
    d.upload(data, "1.0", "open")
    d.stop()
    folder = d.data / "images"
    orphan = b"no row refers to these bytes"
    (folder / sha256(orphan)).write_bytes(orphan)
    (folder / ".upload-a1b2c3").write_bytes(b"half an image")
    d.start()
    assert d.images() == [sha256(data)]
