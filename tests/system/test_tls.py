"""Which certificate and which TLS versions a client gets."""

import hashlib
import socket
import ssl
import subprocess

import pytest

MAIN, SECOND = "main", "second"

CHOICES = [
    # what, SNI, port, certificate
    ("a name no rule knows", "localhost", MAIN, "rsa"),
    ("no SNI is a normal client", None, MAIN, "rsa"),
    ("by SNI", "other.example.com", MAIN, "other"),
    ("SNI in capitals", "OTHER.Example.COM", MAIN, "other"),
    ("a longer name", "x.other.example.com", MAIN, "rsa"),
    ("another key type", "modern.example.com", MAIN, "ecdsa"),
    ("by port, no SNI", None, SECOND, "other"),
    ("by port, any SNI", "localhost", SECOND, "other"),
    ("the first rule wins", "modern.example.com", SECOND, "ecdsa"),
]


def handshake(daemon, sni, port=MAIN, version=None, ciphers=None,
              session=None, context=None):
    """An accepted connection, whatever certificate it shows."""
    if context is None:
        context = lax_context(version, ciphers)
    plain = socket.create_connection(
        ("127.0.0.1", daemon.ports[port].number), 60)
    try:
        return context.wrap_socket(plain, server_hostname=sni, session=session)
    except BaseException:
        plain.close()
        raise


def lax_context(version=None, ciphers=None):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        context.minimum_version = context.maximum_version = version
    if ciphers:
        context.set_ciphers(ciphers)
    return context


def fingerprint(link):
    with link:
        return hashlib.sha256(link.getpeercert(binary_form=True)).hexdigest()


@pytest.mark.parametrize("sni,port,certificate",
                         [row[1:] for row in CHOICES],
                         ids=[row[0] for row in CHOICES])
def test_profile(daemon, pki, sni, port, certificate):
    assert fingerprint(handshake(daemon, sni, port)) == \
        pki.fingerprint(certificate)


@pytest.mark.parametrize("sni,version,accepted", [
    ("localhost", ssl.TLSVersion.TLSv1_2, True),
    ("localhost", ssl.TLSVersion.TLSv1_3, True),
    ("modern.example.com", ssl.TLSVersion.TLSv1_2, False),
    ("modern.example.com", ssl.TLSVersion.TLSv1_3, True),
])
def test_minimum_of_the_profile(daemon, sni, version, accepted):
    if accepted:
        handshake(daemon, sni, version=version).close()
        return
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        handshake(daemon, sni, version=version)


@pytest.mark.parametrize("version,status", [("1.2", 0), ("1.1", 4),
                                            ("1.0", 4)])
def test_old_versions_from_a_device(daemon, version, status):
    done, lines = daemon.device("--poll-only", "--tls", version)
    assert done == status, lines
    if status:
        assert "fatal alert" in lines[-1]


@pytest.mark.parametrize("cipher,certificate", [
    ("ECDHE-ECDSA-AES128-GCM-SHA256", "ecdsa"),
    ("ECDHE-RSA-AES128-GCM-SHA256", "rsa"),
])
def test_two_key_types_in_one_profile(start, pki, cipher, certificate):
    d = start({"tls": {"profiles": [{"name": "both",
                                     "certificates": ["ecdsa", "rsa"]}],
                       "select": [], "default_profile": "both"}})
    link = handshake(d, "localhost", version=ssl.TLSVersion.TLSv1_2,
                     ciphers=cipher)
    assert fingerprint(link) == pki.fingerprint(certificate)


def test_whole_chain_is_sent(daemon):
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.port}",
         "-showcerts"], input=b"", stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL)
    assert done.stdout.count(b"-----BEGIN CERTIFICATE-----") == 2


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2,
                                     ssl.TLSVersion.TLSv1_3])
def test_resumption(daemon, version):
    context = lax_context(version)
    with handshake(daemon, "localhost", context=context) as first:
        first.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        first.recv(1000)
        session = first.session
    with handshake(daemon, "localhost", context=context,
                   session=session) as again:
        assert again.session_reused
    with handshake(daemon, "other.example.com", context=context,
                   session=session) as elsewhere:
        assert not elsewhere.session_reused


@pytest.mark.parametrize("sent", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff",
    b"\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00", bytes(64)])
def test_what_is_no_client_hello(daemon, sent):
    with socket.create_connection(("127.0.0.1", daemon.port), 60) as plain:
        plain.sendall(sent)
        plain.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := plain.recv(4096):
                answer += piece
        except ConnectionError:
            pass
    assert b"HTTP" not in answer
    assert daemon.get("/healthz").status == 200
