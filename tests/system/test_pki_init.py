"""`otterd pki`: a CA and server certificates, and who accepts them."""

import ast
import grp
import os
import re
import stat
import subprocess

import pytest

from daemon import BINARY, DEVICE, SANITIZER
from devices import CLIENTS
from pki import openssl
from tlsserver import TlsServer

NAME, ADDRESS = "ota.example.test", "127.0.0.1"
# Of several addresses wolfSSL reads the last one, as common name.
BOTH = ("--name", NAME, "--name", "::1", "--name", ADDRESS)
COMMON = {"ca.key", "ca.pem", "ca.h", "server.key", "server.pem",
          "otterd-tls.yaml"}
OLD = {"old-mbedtls.key", "old-mbedtls.pem"}
PASTE_AGAIN = "must go into otterd.yaml"
NO_MORE = "old-mbedtls.key are renewed no more"


def otterd(*words, **options):
    done = subprocess.run([BINARY.absolute(), *map(str, words)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60, **options)
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


def ok(*words):
    done = otterd("pki", *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(*words):
    done = otterd("pki", *words)
    assert (done.returncode, done.stdout) == (1, ""), done.stdout
    return done.stderr


def names(directory):
    return {path.name for path in directory.iterdir()}


def contents(directory):
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def about(pem, *what):
    """Words of openssl x509."""
    return openssl("x509", "-in", pem, "-noout", *what,
                   "-nameopt", "RFC2253").decode()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """What `pki init` makes for a name and two addresses."""
    directory = tmp_path_factory.mktemp("pki") / "own"
    ok("init", directory, *BOTH)
    return directory


# ---- init -------------------------------------------------------------------

def test_files(made):
    assert names(made) == COMMON | OLD
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    for path in made.iterdir():
        wanted = 0o600 if path.suffix == ".key" else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_a_name_needs_one_certificate(tmp_path):
    said = ok("init", tmp_path / "own", "--name", NAME)
    assert names(tmp_path / "own") == COMMON
    assert names(tmp_path) == {"own"}, "nothing is left beside it"
    for name in COMMON:
        assert f"{tmp_path}/own/{name}" in said
    assert "old-mbedtls" not in (tmp_path / "own/otterd-tls.yaml").read_text()


def test_authority(made):
    text = about(made / "ca.pem", "-text")
    assert re.search(r"Basic Constraints: critical\s+CA:TRUE, pathlen:0", text)
    assert re.search(r"Key Usage: critical\s+Certificate Sign, CRL Sign\s",
                     text)
    assert text.count("sha256WithRSAEncryption") == 2
    assert "Public-Key: (2048 bit)" in text
    assert "Not After : Dec 31 23:59:59 2049 GMT" in text
    openssl("verify", "-x509_strict", "-check_ss_sig", "-CAfile",
            made / "ca.pem", made / "ca.pem")


def test_server_certificates(made):
    extensions = ("-ext", "subjectAltName,extendedKeyUsage")
    text = about(made / "server.pem", "-subject", *extensions)
    assert f"DNS:{NAME}, IP Address:0:0:0:0:0:0:0:1, IP Address:{ADDRESS}" \
        in text
    assert "TLS Web Server Authentication" in text
    assert f"CN={NAME}\n" in text
    text = about(made / "old-mbedtls.pem", "-subject", *extensions)
    assert "Alternative" not in text
    assert re.findall(r"CN=([^,\n]+)", text) == [ADDRESS, "::1"], "reversed"
    for name in ("server", "old-mbedtls"):
        pem = made / f"{name}.pem"
        assert pem.read_text().count("BEGIN") == 1, "the leaf and no more"
        openssl("verify", "-x509_strict", "-purpose", "sslserver", "-CAfile",
                made / "ca.pem", pem)
        assert about(pem, "-pubkey").split("-----BEGIN")[1] in \
            "-----BEGIN" + openssl("pkey", "-in", made / f"{name}.key",
                                   "-pubout").decode()
    keys = [made.joinpath(name).read_text() for name in
            ("ca.key", "server.key", "old-mbedtls.key")]
    assert len(set(keys)) == 3


def test_c_string(made, tmp_path):
    """What a C compiler makes of ca.h is ca.pem."""
    source = tmp_path / "show.c"
    source.write_text('#include <stdio.h>\n#include "ca.h"\n#include "ca.h"\n'
                      "int main(void) { return fputs(ca_pem, stdout) < 0; }\n")
    subprocess.run(["gcc", "-std=c99", "-Wall", "-Wextra", "-Werror",
                    "-pedantic", "-I", made, "-o", tmp_path / "show", source],
                   check=True)
    shown = subprocess.run([tmp_path / "show"], stdout=subprocess.PIPE,
                           check=True).stdout
    assert shown == (made / "ca.pem").read_bytes()
    lines = re.findall(r'^\t(".*")', (made / "ca.h").read_text(), re.M)
    assert [ast.literal_eval(line) for line in lines] == \
        (made / "ca.pem").read_text().splitlines(keepends=True)


@pytest.mark.parametrize("algorithm,word", [
    ("rsa-3072", "(3072 bit)"), ("ecdsa-p256", "prime256v1"),
    ("ecdsa-p384", "secp384r1")])
def test_algorithms(tmp_path, algorithm, word):
    ok("init", tmp_path / "own", "--name", NAME, "--algorithm", algorithm)
    for name in ("ca", "server"):
        assert word in about(tmp_path / f"own/{name}.pem", "-text")
    openssl("verify", "-x509_strict", "-CAfile", tmp_path / "own/ca.pem",
            tmp_path / "own/server.pem")


def test_days(tmp_path):
    ok("init", tmp_path / "own", "--name", NAME, "--days", "2")
    server = tmp_path / "own/server.pem"
    openssl("x509", "-in", server, "-checkend", 86400)
    openssl("x509", "-in", tmp_path / "own/ca.pem", "-checkend", 86400 * 900)
    with pytest.raises(AssertionError):
        openssl("x509", "-in", server, "-checkend", 2 * 86400 + 60)


def test_nothing_is_written_over(made, tmp_path):
    before = contents(made)
    assert "nothing is written over" in refused("init", made, *BOTH)
    assert contents(made) == before
    assert names(made.parent) == {"own"}
    file = tmp_path / "file"
    file.write_text("x")
    assert str(file) in refused("init", file, *BOTH)
    assert "No such file" in refused("init", tmp_path / "no/own", *BOTH)
    assert names(tmp_path) == {"file"} and file.read_text() == "x"


def test_an_empty_directory_is_taken(tmp_path):
    (tmp_path / "own").mkdir(mode=0o755)
    ok("init", f"{tmp_path}/own/", "--name", NAME)
    assert names(tmp_path / "own") == COMMON
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700


WRONG = [
    [], ["fly"], ["init"], ["init", "d"], ["init", "--name", "a"],
    ["init", "d", "e", "--name", "a"], ["init", "d", "--name", ""],
    ["init", "d", "--name", "a b"], ["init", "d", "--name", "*.com"],
    ["init", "d", "--name", "192.168.1.300"],
    ["init", "d", "--name", "https://a.example"],
    ["init", "d", "--name", "a", "--name", "A"],
    ["init", "d", *(w for n in range(17) for w in ("--name", f"a{n}"))],
    ["init", "d", "--name", "a", "--days", "0"],
    ["init", "d", "--name", "a", "--days", "36501"],
    ["init", "d", "--name", "a", "--days", "1d"],
    ["init", "d", "--name", "a", "--algorithm", "ed25519"],
    ["renew"], ["renew", "d", "--days", "x"], ["renew", "d", "--name", "?"],
]


@pytest.mark.parametrize("words", WRONG, ids=" ".join)
def test_wrong_usage(words, tmp_path):
    done = otterd("pki", *words, cwd=tmp_path)
    assert done.returncode == 2, done.stderr
    assert "usage: otterd pki" in done.stderr and done.stdout == ""
    assert names(tmp_path) == set()


def test_a_wrong_name_is_told(tmp_path):
    done = otterd("pki", "init", tmp_path / "d", "--name", "192.168.1.300")
    assert "'192.168.1.300' is no host: wanted a DNS name" in done.stderr


# ---- who accepts it ---------------------------------------------------------

def server(made):
    """It chooses as otterd-tls.yaml says."""
    def pair(name):
        return made / f"{name}.pem", made / f"{name}.key"
    rules = re.findall(r'sni: "(.*)", profile: old-mbedtls',
                       (made / "otterd-tls.yaml").read_text())
    assert rules == ["::1", ADDRESS]
    return TlsServer(pair("server"),
                     {rule: pair("old-mbedtls") for rule in rules},
                     answer=b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")


def client(stack, made, port, host, *options):
    return subprocess.run(
        [CLIENTS / f"client-{stack}", "--port", str(port), "--host", host,
         "--anchor", made / "ca.pem", *options], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)


@pytest.mark.parametrize("host", [NAME, ADDRESS])
@pytest.mark.parametrize("stack,options", [
    ("mbedtls", []), ("mbedtls", ["--check-time"]), ("mbedtls", ["--no-sni"]),
    ("bearssl", []), ("wolfssl", []), ("wolfssl", ["--tls", "1.2"]),
    ("openssl", []), ("openssl", ["--tls", "1.2"])],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value)
def test_devices(made, stack, options, host):
    with server(made) as s:
        done = client(stack, made, s.port, host, *options)
        assert done.returncode == 0, (done.stdout, done.stderr, s.last())


def test_esp32(made, tmp_path):
    """The device program, by name and by address, with its name check."""
    for host in (NAME, ADDRESS):
        with server(made) as s:
            done = subprocess.run(
                [DEVICE, "--port", str(s.port), "--anchor", made / "ca.pem",
                 "--host", host, "--out", tmp_path / "out", "--esp-idf-3.2",
                 "/x"], stdout=subprocess.PIPE, text=True, timeout=60)
            assert done.stdout.startswith("connected "), done.stdout
            assert s.last().sni == host


@pytest.mark.parametrize("host", [NAME, ADDRESS])
def test_curl(made, host):
    with server(made) as s:
        subprocess.run(
            ["curl", "-sS", "--fail", "--cacert", made / "ca.pem",
             "--connect-to", f"{host}:{s.port}:127.0.0.1:{s.port}",
             f"https://{host}:{s.port}/"], check=True, timeout=60)


@pytest.mark.parametrize("host", [NAME, ADDRESS])
def test_probe(made, host):
    with server(made) as s:
        done = otterd("probe", f"https://{host}:{s.port}", "--connect",
                      ADDRESS, "--anchor", made / "ca.pem")
    assert done.returncode == 0, done.stdout


def test_mbedtls_needs_the_second_certificate(made):
    """Else this whole pair of certificates would be for nothing."""
    with TlsServer((made / "server.pem", made / "server.key")) as s:
        done = client("mbedtls", made, s.port, ADDRESS)
    assert done.returncode == 1 and "alert=42" in done.stdout


def paste(d, directory):
    """The section goes into d's otterd.yaml, which lies elsewhere, as it
    stands."""
    rest = re.sub(r"^tls:\n(?:  .*\n)*", "", d.config.read_text(), flags=re.M)
    d.config.write_text(rest + (directory / "otterd-tls.yaml").read_text())
    assert d.config.parent != directory


def test_otterd_serves_it(made, start):
    d = start(ready=False)
    paste(d, made)
    done = otterd("check", "-c", d.config)
    assert done.returncode == 0, done.stderr
    assert "expires on" not in done.stderr
    d.start()
    for host in (NAME, ADDRESS):
        for stack in ("mbedtls", "bearssl", "wolfssl", "openssl"):
            done = client(stack, made, d.port, host)
            assert done.returncode == 0, (host, stack, done.stdout)
    d.stop()


def test_the_section_fits_any_directory(start, tmp_path):
    d = start(ready=False)
    directory = tmp_path / "it's: a \"b\" \\, {c} #ü"
    directory.mkdir()
    done = otterd("pki", "init", "own", "--name", NAME, cwd=directory)
    assert done.returncode == 0, done.stderr
    paste(d, directory / "own")
    done = otterd("check", "-c", d.config)
    assert done.returncode == 0, done.stderr


def test_an_end_is_told_before(own, start):
    """Of the 5 days that this certificate lasts."""
    d = start(ready=False)
    paste(d, own)
    done = otterd("check", "-c", d.config)
    assert re.search("^warning: profile own: .*expires on", done.stderr, re.M)
    d.start()
    d.poll("a", name=NAME, ca=own / "ca")
    d.stop()
    done = otterd("chains", "--report", "-c", d.config)
    assert done.returncode == 1
    assert "profile own: 1 of 1 device stranded" in done.stderr


def access(said):
    """The commands that let the service read its keys."""
    return re.findall(r"^  sudo (.*)$", said, re.M)


def run_as_root(command):
    """One of them, with a group that every system has."""
    subprocess.run(command.replace("root:otterd", "root:daemon"), shell=True,
                   check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_service_can_read_its_keys(tmp_path):
    own = tmp_path / "it's own"
    for command in access(ok("init", own, *BOTH)):
        run_as_root(command)
    for name in COMMON | OLD:
        st = (own / name).stat()
        wanted = ("root", 0o600) if name == "ca.key" else \
            ("daemon", 0o640) if name.endswith(".key") else ("root", 0o644)
        assert (grp.getgrgid(st.st_gid).gr_name,
                stat.S_IMODE(st.st_mode)) == wanted, name
    st = own.stat()
    assert (grp.getgrgid(st.st_gid).gr_name,
            stat.S_IMODE(st.st_mode)) == ("daemon", 0o750)


# ---- renew ------------------------------------------------------------------

@pytest.fixture
def own(tmp_path):
    ok("init", tmp_path / "own", *BOTH, "--days", "5", "--algorithm",
       "ecdsa-p256")
    return tmp_path / "own"


def changed(directory, before):
    after = contents(directory)
    assert set(after) >= set(before)
    return {name for name in after if before.get(name) != after[name]}


def verify(directory):
    for name in ("server", "old-mbedtls"):
        pem, key = directory / f"{name}.pem", directory / f"{name}.key"
        if not pem.exists():
            continue
        openssl("verify", "-x509_strict", "-CAfile", directory / "ca.pem", pem)
        assert openssl("x509", "-in", pem, "-noout", "-pubkey") == \
            openssl("pkey", "-in", key, "-pubout")


def test_renew(own):
    before = contents(own)
    subject = about(own / "server.pem", "-subject", "-ext", "subjectAltName")
    said = ok("renew", own, "--days", "900")
    assert changed(own, before) == {"server.pem", "old-mbedtls.pem"}
    verify(own)
    assert about(own / "server.pem", "-subject", "-ext",
                 "subjectAltName") == subject
    openssl("x509", "-in", own / "old-mbedtls.pem", "-checkend", 899 * 86400)
    assert f"{own}/server.pem" in said and "ca.pem" not in said
    assert PASTE_AGAIN not in said and NO_MORE not in said
    assert access(said) == []


def test_renew_with_new_keys(own):
    before = contents(own)
    ok("renew", own, "--new-key")
    assert changed(own, before) == {"server.pem", "server.key"} | OLD
    verify(own)


def test_renew_for_other_names(own):
    before = contents(own)
    said = ok("renew", own, "--name", "new.example.test",
              "--name", "192.0.2.9")
    assert changed(own, before) == {"server.pem", "old-mbedtls.pem",
                                    "otterd-tls.yaml"}
    verify(own)
    assert "DNS:new.example.test, IP Address:192.0.2.9\n" in \
        about(own / "server.pem", "-ext", "subjectAltName")
    assert '"192.0.2.9"' in (own / "otterd-tls.yaml").read_text()
    assert PASTE_AGAIN in said and NO_MORE not in said
    assert access(said) == []
    said = ok("renew", own, "--name", "third.example.test",
              "--name", "192.0.2.9")
    assert PASTE_AGAIN not in said, "of names the section has addresses only"


def test_renew_without_an_address_any_more(own):
    before = contents(own)
    said = ok("renew", own, "--name", NAME)
    assert changed(own, before) == {"server.pem", "otterd-tls.yaml"}
    assert PASTE_AGAIN in said and NO_MORE in said
    said = ok("renew", own)
    assert PASTE_AGAIN not in said and NO_MORE in said
    for name in OLD:
        (own / name).unlink()
    assert NO_MORE not in ok("renew", own)


def test_renew_with_a_first_address(tmp_path):
    own = tmp_path / "own"
    ok("init", own, "--name", NAME)
    before = contents(own)
    said = ok("renew", own, "--name", NAME, "--name", ADDRESS)
    assert changed(own, before) == {"server.pem", "otterd-tls.yaml"} | OLD
    verify(own)
    assert PASTE_AGAIN in said and NO_MORE not in said
    assert access(said)[0] == f"chown root:otterd '{own}' " \
        f"'{own}/old-mbedtls.key'"


def test_renew_keeps_owner_and_mode(own):
    if os.geteuid() != 0:
        pytest.skip("only root can give files away")
    os.chown(own / "server.key", 0, 4321)
    os.chmod(own / "server.key", 0o640)
    os.chown(own / "server.pem", 1234, 4321)
    ok("renew", own, "--new-key")
    key, pem = (own / "server.key").stat(), (own / "server.pem").stat()
    assert (key.st_uid, key.st_gid, key.st_mode & 0o777) == (0, 4321, 0o640)
    assert (pem.st_uid, pem.st_gid, pem.st_mode & 0o777) == (1234, 4321, 0o644)


@pytest.mark.parametrize("spoil,part", [
    (lambda own: (own / "ca.key").unlink(), "ca.key: No such file"),
    (lambda own: (own / "ca.key").write_bytes(
        (own / "server.key").read_bytes()), "is not the key of"),
    (lambda own: (own / "ca.pem").write_bytes(
        (own / "server.pem").read_bytes()), "no certificate of an authority"),
    (lambda own: (own / "server.key").unlink(), "server.key: No such file"),
    (lambda own: (own / "server.pem").unlink(), "server.pem: No such file"),
    (lambda own: (own / "server.pem").write_bytes(
        (own / "ca.pem").read_bytes()), "subjectAltName"),
    (lambda own: (own / "old-mbedtls.pem.new").mkdir(), "Is a directory"),
])
def test_renew_does_all_or_nothing(own, spoil, part):
    spoil(own)
    found = {path.name: path.is_file() and path.read_bytes()
             for path in own.iterdir()}
    assert part in refused("renew", own)
    assert found == {path.name: path.is_file() and path.read_bytes()
                     for path in own.iterdir()}
