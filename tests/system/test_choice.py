"""By what a client gets its profile, and that a profile's settings hold."""

import ssl
import subprocess

import pytest

from daemon import PATIENCE
from devices import profile_settings
from test_tls import fingerprint, handshake, lax_context

OLD, NEW = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
RULES = [
    # what, rule, version, SNI, does it match
    ("a fingerprint", {"ja4": "t12d*"}, OLD, "localhost", True),
    ("another fingerprint", {"ja4": "t12d*"}, NEW, "localhost", False),
    ("one without a name", {"ja4": "t12i*"}, OLD, None, True),
    ("a greatest version", {"max_version": "1.2"}, OLD, "localhost", True),
    ("a greater version", {"max_version": "1.2"}, NEW, "localhost", False),
    ("a source", {"source": "127.0.0.0/8"}, NEW, "localhost", True),
    ("another source", {"source": "192.0.2.0/24"}, NEW, "localhost", False),
    ("no name", {"sni": ""}, NEW, None, True),
    ("a name where none is wanted", {"sni": ""}, NEW, "localhost", False),
    ("all keys", {"sni": "localhost", "source": "127.0.0.1",
                  "max_version": "1.2", "ja4": "t12d??????_*"}, OLD,
     "localhost", True),
    ("all keys but one", {"sni": "localhost", "source": "127.0.0.1",
                          "max_version": "1.1", "ja4": "t12d??????_*"}, OLD,
     "localhost", False),
]


def start_with(start, rules, profiles=None):
    return start({"tls": {
        "profiles": profiles or [{"name": "plain", "certificates": ["rsa"]},
                                 {"name": "other",
                                  "certificates": ["other"]}],
        "select": rules, "default_profile": "plain"}})


@pytest.mark.parametrize("rule,version,sni,matches",
                         [row[1:] for row in RULES],
                         ids=[row[0] for row in RULES])
def test_rule(start, pki, rule, version, sni, matches):
    d = start_with(start, [{**rule, "profile": "other"}])
    link = handshake(d, sni, version=version)
    assert fingerprint(link) == \
        pki.fingerprint("other" if matches else "rsa")


def test_first_match_wins(start, pki):
    d = start_with(start, [{"max_version": "1.2", "profile": "other"},
                           {"ja4": "t1*", "profile": "plain"}])
    assert fingerprint(handshake(d, "x.y", version=OLD)) == \
        pki.fingerprint("other")
    assert fingerprint(handshake(d, "x.y", version=NEW)) == \
        pki.fingerprint("rsa")


def old_profiles(**changes):
    return [{"name": "plain", "certificates": ["rsa"]},
            {"name": "old", "certificates": ["rsa"], **changes}]


@pytest.mark.parametrize("version,least,accepted", [
    ("1.0", "1.0", True), ("1.1", "1.0", True), ("1.2", "1.0", True),
    ("1.0", "1.1", False), ("1.1", "1.1", True), ("1.1", "1.2", False),
])
def test_old_versions_where_allowed(start, version, least, accepted):
    """Only where the profile allows them, and by no other connection."""
    d = start_with(start, [{"max_version": "1.2", "profile": "old"}],
                   old_profiles(min_version=least))
    done, lines = d.device("--poll-only", "--tls", version)
    assert (done == 0) == accepted, lines
    if accepted:
        assert f"version=TLSv{version}" in "".join(lines)


def test_ciphers_of_a_profile(start):
    d = start_with(start, [{"sni": "old.example.com", "profile": "old"}],
                   old_profiles(ciphers="AES128-SHA256"))
    with handshake(d, "old.example.com", version=OLD) as link:
        assert link.cipher()[0] == "AES128-SHA256"
    with handshake(d, "localhost", version=OLD) as link:
        assert link.cipher()[0] != "AES128-SHA256"
    with pytest.raises(ssl.SSLError, match="HANDSHAKE_FAILURE"):
        handshake(d, "old.example.com", version=OLD,
                  ciphers="ECDHE-RSA-AES128-GCM-SHA256")


@pytest.mark.parametrize("version", [OLD, NEW])
@pytest.mark.parametrize("way", ["to", "back"])
def test_no_session_crosses_profiles(start, version, way):
    """Not even when both present the same certificate."""
    names = ["localhost", "old.example.com"]
    if way == "back":
        names.reverse()
    d = start_with(start, [{"sni": "old.example.com", "profile": "old"}],
                   old_profiles(security_level="1"))
    context = lax_context(version)
    with handshake(d, names[0], context=context) as first:
        first.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        first.recv(1000)
        session = first.session
    with handshake(d, names[0], context=context, session=session) as again:
        assert again.session_reused
    with handshake(d, names[1], context=context, session=session) as other:
        assert not other.session_reused


@pytest.mark.parametrize("rule", [{"sni": "localhost"}, {"sni": "other"}])
def test_healthz_names_the_profile(start, rule):
    d = start_with(start, [{**rule, "profile": "other"}])
    with handshake(d, "localhost") as link:
        link.settimeout(PATIENCE)
        link.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        head = link.recv(1000).decode()
    want = "other" if rule["sni"] == "localhost" else "plain"
    assert f"TLS-Profile: {want}\r\n" in head


def test_no_early_data(daemon):
    """No ticket allows any."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.port}",
         "-servername", "localhost", "-ign_eof"],
        input=b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
        b"Connection: close\r\n\r\n", timeout=PATIENCE,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert b"Post-Handshake New Session Ticket arrived" in done.stdout
    assert b"Max Early Data: 0" in done.stdout


def test_check_tells_what_nobody_gets(start, shadow):
    """A profile that is offered to nobody, an anchor without a profile."""
    d = start(ready=False)
    settings = profile_settings(d.pki, shadow, d.ports["second"].number,
                                ["modern", "old"], "modern", ["modern"])
    settings["anchors"].append({"name": "x1", "file": str(shadow.pem("x1"))})
    d.write_config(tls=settings)
    done = d.command("check", "-c", d.config)
    assert done.returncode == 0
    assert "warning: profile old: offered to nobody" in done.stderr
    assert "warning: anchor x1: no profile is for it" in done.stderr
    assert "anchor old: no profile" not in done.stderr
    assert "profile modern: offered" not in done.stderr
