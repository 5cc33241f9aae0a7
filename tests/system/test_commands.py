"""Each command of otterd, and what it says when used wrongly."""

import base64
import hashlib
import json
import re
import sqlite3
import subprocess

import pytest

from daemon import BINARY

COMMANDS = ["serve", "check", "chains", "inspect", "keygen", "sign", "verify",
            "token", "db"]
PSS = ("-sigopt", "rsa_padding_mode:pss")


def otterd(*args, data=None):
    return subprocess.run([BINARY, *map(str, args)], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=60)


def ok(*args, **options):
    done = otterd(*args, **options)
    assert done.returncode == 0, done.stderr
    return done.stdout.decode()


def refused(*args):
    done = otterd(*args)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert done.stderr.strip(), "the reason is missing"
    return done.stderr.decode()


@pytest.fixture
def image(tmp_path, firmware):
    path = tmp_path / "image.bin"
    path.write_bytes(firmware("1.0", 20000))
    return path


# ---- usage ------------------------------------------------------------------

WRONG = [
    [], ["fly"], ["serve", "extra"], ["serve", "--fast"], ["serve", "-c"],
    ["check", "extra"], ["check", "--fast"],
    ["chains", "extra"], ["chains", "--fast"], ["chains", "--all"],
    ["chains", "--within", "3d"], ["chains", "--report", "--leaf", "x"],
    ["chains", "--report", "--within", "3"],
    ["inspect"], ["inspect", "a", "b"], ["inspect", "--fast", "a"],
    ["keygen"], ["keygen", "--out"], ["keygen", "--out", "k", "extra"],
    ["keygen", "--out", "k", "--algorithm", "rot13"],
    ["sign"], ["sign", "image"], ["sign", "--key", "k"],
    ["sign", "--key", "k", "a", "b"],
    ["verify"], ["verify", "a", "b"], ["verify", "--signer", "s", "a"],
    ["verify", "--signer", "s", "a", "b", "c"],
    ["token"], ["token", "fly"], ["token", "add"], ["token", "add", "x"],
    ["token", "add", "x", "--role", "king"], ["token", "list", "x"],
    ["token", "revoke"], ["token", "add", "a b", "--role", "viewer"],
    ["db"], ["db", "fly"], ["db", "check", "x"], ["db", "backup"],
    ["--fast"],
]


@pytest.mark.parametrize("words", WRONG, ids=[" ".join(w) or "nothing"
                                              for w in WRONG])
def test_wrong_usage(words, tmp_path):
    done = subprocess.run([BINARY.absolute(), *words], cwd=tmp_path,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 2, done.stderr
    assert b"sage" in done.stderr
    assert done.stdout == b""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["help"], ["--help"]] +
                         [[name, "--help"] for name in COMMANDS],
                         ids=" ".join)
def test_help(words):
    text = ok(*words)
    assert "sage" in text
    if len(words) == 1:
        for name in COMMANDS:
            assert re.search(rf"^\s*(otterd )?{name}\b", text, re.M), name


def test_version():
    assert re.search(r"\d+\.\d+", ok("--version"))


# ---- check ------------------------------------------------------------------

def test_check(start, pki):
    d = start(ready=False)
    text = ok("check", "-c", d.config)
    for word in ("plain", "modern", "other", "inklay", "sign-p256"):
        assert word in text
    assert pki.key_id("sign-p256") in text
    assert "CN" in text and "rsa-2048" in text


def test_check_names_file_and_line(start):
    d = start(ready=False)
    lines = d.config.read_text().splitlines()
    number = next(n for n, line in enumerate(lines, 1) if "workers" in line)
    d.write_config(server={"workers": "many"})
    assert refused("check", "-c", d.config).startswith(
        f"{d.config}:{number}: ")


def test_check_without_a_file(tmp_path):
    assert "nowhere.yaml" in refused("check", "-c", tmp_path / "nowhere.yaml")


# ---- inspect ----------------------------------------------------------------

def test_inspect(image):
    data = image.read_bytes()
    text = ok("inspect", image)
    assert str(len(data)) in text
    assert hashlib.sha256(data).hexdigest() in text
    row = json.loads(ok("inspect", "--json", image))
    assert row["size"] == len(data)
    assert row["sha256"] == hashlib.sha256(data).hexdigest()
    assert row["format"] == "raw"


def test_inspect_what_is_not_there(tmp_path):
    assert "nothing.bin" in refused("inspect", tmp_path / "nothing.bin")
    refused("inspect", tmp_path)


# ---- keygen, sign, verify ---------------------------------------------------

@pytest.mark.parametrize("algorithm", [
    "ecdsa-p256", "ecdsa-p384", "ed25519", "rsa-2048", "rsa-3072"])
def test_sign_and_verify(tmp_path, image, algorithm):
    key, signature = tmp_path / "key.pem", tmp_path / "image.sig"
    ok("keygen", "--out", key, "--algorithm", algorithm)
    assert key.stat().st_mode & 0o777 == 0o600
    public = tmp_path / "key.pem.pub"
    openssl = subprocess.run(["openssl", "pkey", "-in", key, "-pubout"],
                             stdout=subprocess.PIPE, check=True).stdout
    assert public.read_bytes() == openssl
    signature.write_text(ok("sign", "--key", key, image))
    ok("verify", "--signer", public, image, signature)
    image.write_bytes(image.read_bytes() + b"x")
    refused("verify", "--signer", public, image, signature)


def test_default_algorithm(tmp_path):
    key = tmp_path / "key.pem"
    ok("keygen", "--out", key)
    text = subprocess.run(["openssl", "pkey", "-in", key, "-noout", "-text"],
                          stdout=subprocess.PIPE).stdout
    assert b"P-256" in text


def test_keygen_overwrites_nothing(tmp_path):
    key = tmp_path / "key.pem"
    ok("keygen", "--out", key)
    before = key.read_bytes()
    assert "key.pem" in refused("keygen", "--out", key)
    assert key.read_bytes() == before


@pytest.mark.parametrize("signer,options", [
    ("sign-p256", ()), ("sign-p384", ()), ("sign-ed25519", ()),
    ("sign-rsa", ()), ("sign-rsa", PSS)])
def test_verify_what_openssl_signed(tmp_path, image, pki, signer, options):
    binary, text = tmp_path / "binary.sig", tmp_path / "text.sig"
    binary.write_bytes(pki.sign(signer, image.read_bytes(), *options))
    text.write_text(pki.sign64(signer, image.read_bytes(), *options) + "\n")
    for path in (binary, text):
        ok("verify", "--signer", pki.pub(signer), image, path)


def test_openssl_verifies_what_we_sign(tmp_path, image, pki):
    for signer in ("sign-p256", "sign-ed25519", "sign-rsa"):
        value = base64.b64decode(ok("sign", "--key", pki.key(signer), image))
        assert pki.verify(signer, image.read_bytes(), value)


def test_verify_says_why(tmp_path, image, pki):
    data, path = image.read_bytes(), tmp_path / "image.sig"
    small = pki.pub("sign-small")
    for value, signer, cause in [
            (pki.sign("stranger", data), pki.pub("sign-p256"),
             r"unknown signer"),
            (pki.sign("sign-rsa", data + b"x"), pki.pub("sign-rsa"),
             r"wrong digest"),
            (b"A" * 64, pki.pub("sign-p256"), r"not DER"),
            (pki.sign("sign-small", data), small, r"1024")]:
        path.write_bytes(value)
        reason = refused("verify", "--signer", signer, image, path)
        assert re.search(cause, reason), reason


def test_private_key_readable_by_others_is_refused(tmp_path, image, pki):
    key = tmp_path / "key.pem"
    key.write_bytes(pki.key("sign-p256").read_bytes())
    key.chmod(0o644)
    assert "chmod" in refused("sign", "--key", key, image)
    key.chmod(0o600)
    ok("sign", "--key", key, image)


# ---- db ---------------------------------------------------------------------

@pytest.mark.parametrize("running", [True, False])
def test_db(start, tmp_path, running):
    d = start()
    for n in range(20):
        d.poll(f"d{n}")
    if not running:
        d.stop()
    ok("db", "check", "-c", d.config)
    copy = tmp_path / "copy.db"
    ok("db", "backup", copy, "-c", d.config)
    with sqlite3.connect(copy) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert db.execute("SELECT count(*) FROM checkins").fetchone()[0] == 20
    db.close()
    assert list(tmp_path.iterdir()) == [copy]
    if running:
        assert d.poll("after").status == 200


def test_restored_backup_serves(start, tmp_path, firmware):
    d = start()
    d.publish(firmware("1.0"), "1.0")
    copy = tmp_path / "copy.db"
    ok("db", "backup", copy, "-c", d.config)
    d.publish(firmware("1.1"), "1.1")
    serial = d.poll().json()["serial"]
    d.stop()
    for path in d.data.glob("otterd.db*"):
        path.unlink()
    (d.data / "otterd.db").write_bytes(copy.read_bytes())
    d.start()
    body = d.poll("other", "0.9").json()
    assert body["update"]["version"] == "1.0"
    assert body["serial"] >= serial


def test_db_check_finds_damage(start):
    d = start()
    d.token()
    for n in range(200):
        d.poll(f"d{n}")
    d.stop()
    path = d.data / "otterd.db"
    data = bytearray(path.read_bytes())
    for at in range(4096, len(data), 4096):
        data[at:at + 64] = b"\xff" * 64
    path.write_bytes(data)
    refused("db", "check", "-c", d.config)
