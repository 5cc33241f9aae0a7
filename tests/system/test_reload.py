"""SIGHUP and SIGTERM while work is under way."""

import signal
import ssl

import pytest

from daemon import deadline_loop, manifest_signature, read_to_end, sha256
from test_tls import fingerprint, handshake


def begin_download(daemon, data):
    """A download of which some has been read."""
    link = daemon.tls()
    link.sendall(f"GET /images/{sha256(data)} HTTP/1.1\r\nHost: x\r\n"
                 "Connection: close\r\n\r\n".encode())
    return link, link.recv(4096)


def end_download(link, begun, data):
    body = (begun + read_to_end(link)).partition(b"\r\n\r\n")[2]
    link.close()
    assert len(body) == len(data)
    assert body == data


def with_certificate(daemon, name):
    """tls.certificates with `name` in the place of rsa."""
    pki = daemon.pki
    return [{"name": "rsa", "file": str(pki.pem(name)),
             "key": str(pki.key(name))},
            {"name": "ecdsa", "file": str(pki.pem("ecdsa")),
             "key": str(pki.key("ecdsa"))},
            {"name": "other", "file": str(pki.pem("other")),
             "key": str(pki.key("other"))}]


def test_new_certificates(start, pki, big_file):
    d = start()
    data, _ = big_file
    d.publish(data, "9.0", "open")
    assert fingerprint(handshake(d, "localhost")) == pki.fingerprint("rsa")
    link, begun = begin_download(d, data)
    kept = d.connection()
    assert d.get("/healthz", link=kept).status == 200
    d.write_config(tls={"certificates": with_certificate(d, "renewed")})
    d.reload()
    assert fingerprint(handshake(d, "localhost")) == \
        pki.fingerprint("renewed")
    assert d.get("/healthz", link=kept).status == 200
    kept.close()
    end_download(link, begun, data)


def test_new_manifest_key(start, pki):
    d = start()
    assert manifest_signature(d.poll())[0] == pki.key_id("manifest")
    d.write_config(manifest={"key": str(pki.key("manifest-new"))})
    d.reload()
    answer = d.poll()
    assert manifest_signature(answer)[0] == pki.key_id("manifest-new")
    assert pki.verify("manifest-new", answer.body,
                      manifest_signature(answer)[2])


def test_new_products_and_signers(start, firmware, pki):
    d = start()
    data = firmware("1.0")
    assert d.poll(product="late").status == 404
    standard = d.standard_settings()["products"]
    d.write_config(products=[*standard, {"name": "late",
                                         "signers": ["elsewhere"]}])
    d.reload()
    assert d.poll(product="late").status == 200
    d.publish(data, "1.0", "late", "elsewhere")
    assert d.poll(version="0.9", product="late").json()["update"]
    d.write_config()
    d.reload()
    assert d.poll(product="late").status == 404


def test_a_signer_that_is_no_longer_allowed(start, firmware):
    d = start()
    d.publish(firmware("1.0"), "1.0")
    assert d.poll(version="0.9").json()["reason"] == "update"
    d.write_config(products=[{"name": "inklay", "signers": ["sign-rsa"]}])
    d.reload()
    assert d.poll(version="0.9").json()["update"] is None


def test_new_limits(start):
    d = start()
    d.write_config(server={"limits": {"max_connections_per_source": 2}})
    d.reload()
    links = [d.tls() for _ in range(2)]
    with pytest.raises((ConnectionError, ssl.SSLError, OSError)):
        d.tls()
    for link in links:
        link.close()


# What is broken, the change, what the reason says.
BROKEN = [
    ("unknown key", {"server": {"colour": "red"}}, "colour"),
    ("unknown profile", {"tls": {"default_profile": "gone"}}, "gone"),
    ("missing signer", {"signers": [
        {"name": name, "file": "/nonexistent.pem"} for name in
        ("sign-p256", "sign-p384", "sign-rsa", "sign-ed25519")]},
     "/nonexistent.pem"),
    ("value out of bounds", {"server": {"workers": 100000}}, "workers"),
    ("no manifest key", {"manifest": {"key": "/nonexistent.key"}},
     "/nonexistent.key"),
]


@pytest.mark.parametrize("change,word", [row[1:] for row in BROKEN],
                         ids=[row[0] for row in BROKEN])
def test_broken_configuration_is_refused(start, pki, change, word):
    d = start()
    d.write_config(**change)
    d.reload()
    line = d.log.wait("reload.*refused")
    assert f"{d.config}:" in line and word in line
    assert fingerprint(handshake(d, "localhost")) == pki.fingerprint("rsa")
    assert d.poll().status == 200
    done = d.command("check", "-c", d.config)
    assert done.returncode == 1
    assert done.stderr.startswith(f"{d.config}:"), done.stderr
    assert word in done.stderr


def test_key_of_another_certificate_is_refused(start, pki):
    d = start()
    wrong = with_certificate(d, "renewed")
    wrong[0]["key"] = str(pki.key("rsa"))
    d.write_config(tls={"certificates": wrong})
    d.reload()
    d.log.wait("reload.*refused")
    assert fingerprint(handshake(d, "localhost")) == pki.fingerprint("rsa")


def test_broken_configuration_does_not_start(start):
    d = start(ready=False)
    d.write_config(server={"colour": "red"})
    d.launch()
    assert d.finish() == 1
    assert "colour" in d.log.lines[-1]


def test_many_reloads_under_load(start, firmware):
    d = start()
    data = firmware("1.0", 1 << 20)
    d.publish(data, "1.0", "open")
    for _ in range(10):
        link, begun = begin_download(d, data)
        d.reload()
        assert d.poll(version="0.9", product="open").json()["update"]
        end_download(link, begun, data)


# ---- SIGTERM ----------------------------------------------------------------

def refuses(daemon):
    try:
        daemon.tls().close()
        return False
    except OSError:
        return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_drain(start, big_file, number):
    d = start()
    data, _ = big_file
    d.publish(data, "9.0", "open")
    idle = d.connection()
    assert d.get("/healthz", link=idle).status == 200
    link, begun = begin_download(d, data)
    d.signal(number)
    d.notify.wait("STOPPING=1", d.process)
    assert read_to_end(idle.sock) == b"", "an idle connection is closed"
    idle.close()
    for _ in deadline_loop("the end of accepting"):
        if refuses(d):
            break
    end_download(link, begun, data)
    assert d.finish() == 0


def test_drain_has_an_end(start, big_file):
    d = start({"server": {"limits": {"drain_timeout": "1s"}}})
    d.publish(big_file[0], "9.0", "open")
    link, begun = begin_download(d, big_file[0])
    d.signal(signal.SIGTERM)
    assert d.finish() == 0
    assert len(begun + read_to_end(link)) < len(big_file[0])
    link.close()


def test_upload_under_way_finishes(start, firmware):
    d = start()
    data = firmware("1.0", 4 << 20)
    head = (f"PUT /api/v1/products/open/images?version=1.0 HTTP/1.1\r\n"
            f"Host: x\r\nAuthorization: Bearer {d.token()}\r\n"
            f"Content-Length: {len(data)}\r\n\r\n").encode()
    with d.tls() as link:
        link.sendall(head + data[:3 << 20])
        d.signal(signal.SIGTERM)
        d.notify.wait("STOPPING=1", d.process)
        link.sendall(data[3 << 20:])
        assert read_to_end(link).startswith(b"HTTP/1.1 201 ")
    assert d.finish() == 0
    d.start()
    assert d.images() == [sha256(data)]
