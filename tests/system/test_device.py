"""A fielded ESP32's whole story, told by the device program."""

import json

import pytest

from daemon import sha256

OK, SELF, USAGE, NETWORK, TLS, HTTP, MANIFEST, IMAGE = range(8)


def words(lines, first):
    """The fields of the line that begins with `first`."""
    line = next(x for x in lines if x.startswith(first + " "))
    return dict(part.split("=", 1) for part in line.split(" ")[1:])


@pytest.fixture(scope="module")
def release(daemon, firmware):
    image = firmware("2.1.0", 300000)
    return daemon.publish(image, "2.1.0") | {"image": image}


def test_update(daemon, release, device_ids):
    name = next(device_ids)
    status, lines = daemon.device(name=name)
    assert status == OK, lines
    assert [line.split(" ")[0] for line in lines] == [
        "connected", "polled", "downloaded", "verified", "booted",
        "reported", "polled"]
    assert words(lines, "polled")["reason"] == "update"
    down = words(lines, "downloaded")
    assert int(down["bytes"]) == len(release["image"])
    assert int(down["requests"]) == -(-len(release["image"]) // 4096)
    assert down["connections"] == "0", "one connection for everything"
    assert words(lines, "verified")["sha256"] == sha256(release["image"])
    assert words(lines, "reported") == {"status": "installed",
                                        "answer": "204"}
    assert words(lines[-1:], "polled")["reason"] == "up-to-date"
    row = daemon.api("GET", f"/devices/inklay/{name}").json()
    assert row["version"] == "2.1.0"
    assert row["checkins"] == 2
    assert row["report"]["status"] == "installed"
    assert row["report"]["release"] == release["id"]
    assert row["tls_version"] == "TLSv1.2"
    status, lines = daemon.device(name=name)
    assert (status, words(lines, "polled")["reason"]) == (OK, "up-to-date"), \
        "its state survived"


@pytest.mark.parametrize("after", [1, 4095, 4096, 4097, 150000, 299000])
def test_cut_connection(daemon, release, device_ids, after):
    status, lines = daemon.device(name=next(device_ids), cut_after=after)
    assert status == OK, lines
    down = words(lines, "downloaded")
    assert int(down["bytes"]) == len(release["image"])
    assert down["connections"] == "1"
    assert int(down["requests"]) <= -(-len(release["image"]) // 4096) + 1


def test_server_restarts_between_the_polls(start, firmware):
    d = start()
    first, second = firmware("2.0", 100000), firmware("3.0", 100000)
    d.publish(first, "2.0")
    assert d.device()[0] == OK
    d.kill()
    d.start()
    d.publish(second, "3.0")
    status, lines = d.device()
    assert status == OK, lines
    assert words(lines, "booted")["version"] == "3.0"


def test_without_sni(daemon, release, device_ids):
    status, lines = daemon.device("--no-sni", name=next(device_ids))
    assert status == OK, lines


def test_expired_certificate_of_a_device_without_clock(start, firmware, pki,
                                                       tmp_path):
    """The leaf has been invalid for years; the device cannot know."""
    old = type(pki)(tmp_path)
    for source in pki.directory.iterdir():
        (tmp_path / source.name).write_bytes(source.read_bytes())
    old.key("rsa").chmod(0o600)
    old.issue("rsa", "DNS:localhost", "ca", days=-1)
    d = start({"tls": {"certificates": [
        {"name": "rsa", "file": str(old.pem("rsa")),
         "key": str(old.key("rsa"))}],
        "profiles": [{"name": "plain", "certificates": ["rsa"]}],
        "select": []}}, ready=False)
    d.start()
    status, lines = d.device("--poll-only")
    assert status == OK, lines


@pytest.mark.parametrize("signer,options", [
    ("sign-p256", ()), ("sign-p384", ()), ("sign-rsa", ()),
    ("sign-rsa", ("-sigopt", "rsa_padding_mode:pss"))])
def test_signers(daemon, firmware, pki, device_ids, signer, options):
    image = firmware(f"5.{len(options)}", 20000, seed=signer)
    channel = f"{signer}{len(options)}"
    version = f"5.{len(options)}"
    daemon.upload(image, version,
                  signature=pki.sign64(signer, image, *options))
    daemon.api("POST", "/products/inklay/releases",
               {"sha256": sha256(image), "channel": channel})
    status, lines = daemon.device(name=next(device_ids), channel=channel,
                                  signer=pki.pub(signer))
    assert status == OK, lines
    assert words(lines, "verified")["signer"] == signer


def test_esp_idf_3_2(daemon, release):
    """esp_https_ota: one GET, 512 bytes at a time."""
    path = f"/images/{sha256(release['image'])}"
    status, lines = daemon.device(f"--esp-idf-3.2={path}")
    assert status == OK, lines
    assert words(lines, "downloaded")["bytes"] == str(len(release["image"]))
    assert words(lines, "booted")["version"] == "2.1.0"


# ---- what a device must not trust -------------------------------------------
# Without these the device's checks might as well not be there.

def failed(answer, exit_status, text):
    status, lines = answer
    assert status == exit_status, lines
    assert lines[-1].startswith("failed: ") and text in lines[-1], lines


def test_pins_another_ca(daemon, release, pki):
    failed(daemon.device(anchor=pki.pem("other-ca")), TLS, "handshake")


def test_expects_another_name(daemon, release):
    failed(daemon.device(host="elsewhere.example.com"), TLS, "handshake")


def test_knows_another_manifest_key(daemon, release, pki):
    failed(daemon.device(name="key", manifest_key=pki.pub("manifest-new")),
           MANIFEST, "keyid")


def test_manifest_signed_with_ed25519(start, pki):
    d = start({"manifest": {"key": str(pki.key("manifest-ed25519"))}})
    failed(d.device(), MANIFEST, "ed25519")


def test_manifest_has_expired(daemon, release):
    failed(daemon.device(name="clock", clock_offset=8 * 24 * 3600), MANIFEST,
           "expired")


def test_serial_went_back(daemon, release):
    state = daemon.directory / "serial.state"
    state.write_text(json.dumps({"serial": 2 ** 62, "version": "1.0"}))
    failed(daemon.device(name="serial"), MANIFEST, "serial")


def test_knows_another_signer(daemon, release, pki):
    failed(daemon.device(name="signer", signer=pki.pub("elsewhere")), IMAGE,
           "signature")
    row = daemon.api("GET", "/devices/inklay/signer").json()
    assert row["report"]["status"] == "failed"


@pytest.mark.parametrize("at,text", [(24 + 4 + 2, "image ends"),
                                     (5000, "checksum"),
                                     (-1, "appended SHA-256")])
def test_signed_but_damaged_image(daemon, firmware, device_ids, at, text):
    image = bytearray(firmware("6.0", 20000))
    image[at] ^= 0xFF
    channel = f"damaged{at}".replace("-", "_")
    daemon.publish(bytes(image), "6.0", channel=channel)
    failed(daemon.device(name=next(device_ids), channel=channel), IMAGE, text)


def test_image_of_another_version(daemon, firmware, device_ids):
    daemon.publish(firmware("7.0", 20000), "7.1", channel="other-version")
    failed(daemon.device(name=next(device_ids), channel="other-version"),
           IMAGE, "calls itself 7.0")


def test_unknown_product(daemon):
    failed(daemon.device(product="nobody"), HTTP, "status 404")
