"""Changed certificate files are taken over without anybody's doing."""

import os
import shutil
import subprocess

import pytest

from daemon import deadline_loop
from devices import profile_settings
from shadow import HOST
from test_tls import fingerprint, handshake


class Files:
    """A key pair under names of its own, and what is presented of it."""

    def __init__(self, start, tmp_path, pki, name):
        self.pki, self.directory = pki, tmp_path
        self.put(name)
        self.daemon = start({"tls": {
            "certificates": [{"name": "main", "file": str(self.pem),
                              "key": str(self.key)}],
            "profiles": [{"name": "plain", "certificates": ["main"]}],
            "select": [], "default_profile": "plain"}})

    @property
    def pem(self):
        return self.directory / "fullchain.pem"

    @property
    def key(self):
        return self.directory / "privkey.pem"

    def put_one(self, source, target):
        """As certbot does it: a new file in the place of the old one."""
        fresh = target.with_suffix(".new")
        shutil.copyfile(source, fresh)
        os.chmod(fresh, 0o600)
        fresh.rename(target)

    def put(self, name):
        self.put_one(self.pki.key(name), self.key)
        self.put_one(self.pki.pem(name), self.pem)

    def presents(self, name):
        return fingerprint(handshake(self.daemon, "localhost")) == \
            self.pki.fingerprint(name)

    def metrics(self):
        token = {"Authorization": f"Bearer {self.daemon.token('viewer')}"}
        return self.daemon.get("/metrics", token).body.decode()

    def wait_for(self, name):
        for _ in deadline_loop(f"{name} to be presented"):
            if self.presents(name):
                return


def test_renewed_pair(start, pki, tmp_path):
    files = Files(start, tmp_path, pki, "rsa")
    d = files.daemon
    kept = d.connection()
    assert d.get("/healthz", link=kept).status == 200
    files.put("renewed")
    files.wait_for("renewed")
    assert d.get("/healthz", link=kept).status == 200, "it was not dropped"
    kept.close()


def test_half_written_pair(start, pki, tmp_path):
    """The new certificate with the old key is refused, the old pair stays."""
    files = Files(start, tmp_path, pki, "rsa")
    files.put_one(pki.pem("renewed"), files.pem)
    line = files.daemon.log.wait("renewal.*refused")
    assert "is not the key of the first certificate" in line
    assert files.presents("rsa")
    assert "otterd_renewal_refused 1\n" in files.metrics()
    files.put_one(pki.key("renewed"), files.key)
    files.wait_for("renewed")
    assert "otterd_renewal_refused 0\n" in files.metrics()


@pytest.mark.parametrize("damage", [b"", b"-----BEGIN CERTIFICATE-----\nMII"])
def test_damaged_file(start, pki, tmp_path, damage):
    files = Files(start, tmp_path, pki, "rsa")
    files.pem.write_bytes(damage)
    files.daemon.log.wait("renewal.*refused")
    assert files.presents("rsa")
    files.pem.unlink()
    assert files.presents("rsa")
    files.put("renewed")
    files.wait_for("renewed")


def test_a_changed_configuration_is_not_taken_over(start, pki, tmp_path):
    """It waits for its reload, whatever the certificates do."""
    files = Files(start, tmp_path, pki, "rsa")
    d = files.daemon
    d.config.write_text("no configuration at all")
    files.put("renewed")
    files.wait_for("renewed")


def chain_length(d):
    """Certificates that are sent."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.1:{d.port}",
         "-servername", HOST, "-showcerts"], input=b"",
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.count(b"-----BEGIN CERTIFICATE-----")


def test_chains_are_built_anew(start, shadow, tmp_path):
    """From what the pool holds now; without a way the old chain stays."""
    pool = tmp_path / "pool"
    shutil.copytree(shadow.pool, pool)
    d = start(ready=False)
    settings = profile_settings(d.pki, shadow, d.ports["second"].number,
                                ["old"], "old")
    d.write_config(tls={**settings, "pool": [str(pool)]})
    d.start()
    assert chain_length(d) == 4
    (pool / "x1-by-old.pem").unlink()
    assert "tls.profiles[1].anchor" in d.log.wait("renewal.*refused")
    assert chain_length(d) == 4, "what was built stays"
    shutil.copyfile(shadow.pem("x1-by-old"), pool / "again.pem")
    d.log.wait("renewal: changed certificates are in force")
    assert chain_length(d) == 4
