"""A shadow of the public PKI that old devices met: the same shapes, dates and
sizes of certificates, with keys that the tests hold; made by openssl(1).

The old root stands for DST Root CA X3, x1 for ISRG Root X1, yr for Root YR,
yr1 for its intermediate of today, r3 for R3; x2 and ye1 are the ECDSA side.
NAME.pem is one certificate, NAME.chain what a server would be given.
"""

import datetime
import os
import pathlib

from pki import KEYS, openssl

HOST = "fw.example.test"  # the name of the server
ADDRESS = "127.0.0.1"

# How old devices' certificates are dated; today's are relative to now.
OLD = ("20000930000000Z", "20210930140115Z")
ROOT = ("20150604000000Z", "20350604000000Z")
CROSS = ("20210120191403Z", "20240930181403Z")
R3 = ("20201007000000Z", "20210929000000Z")
R3_BY_X1 = ("20200904000000Z", "20250915000000Z")
KEPT = ("20240301000000Z", "20240530000000Z")
YEARS = (-100, 2000)  # days from now
MONTHS = (-1, 80)

AUTHORITY = "basicConstraints=critical,CA:TRUE\n" \
            "keyUsage=critical,keyCertSign,cRLSign\n"
INTERMEDIATE = "basicConstraints=critical,CA:TRUE,pathlen:0\n" \
               "keyUsage=critical,keyCertSign,cRLSign\n" \
               "extendedKeyUsage=serverAuth\n"
PLAIN_INTERMEDIATE = "basicConstraints=critical,CA:TRUE,pathlen:0\n" \
                     "keyUsage=critical,keyCertSign,cRLSign\n"
LEAF = "basicConstraints=critical,CA:FALSE\n" \
       "extendedKeyUsage=serverAuth\n" \
       f"subjectAltName=DNS:{HOST},DNS:localhost,IP:{ADDRESS}\n"
SELF_TRUE = "basicConstraints=critical,CA:TRUE\n" \
            f"subjectAltName=DNS:{HOST},DNS:localhost\n"
SELF_FALSE = "basicConstraints=critical,CA:FALSE\n" \
             f"subjectAltName=DNS:{HOST},DNS:localhost\n"
NO_NAMES = "basicConstraints=CA:TRUE\n"
ADDRESS_NAMES = f"basicConstraints=CA:TRUE\nsubjectAltName=IP:{ADDRESS}\n"

HOLDERS = {
    "old": "rsa-2048", "x1": "rsa-2048", "yr": "rsa-2048", "yr1": "rsa-2048",
    "r3": "rsa-2048", "leaf": "rsa-2048", "kept": "rsa-2048",
    "self": "rsa-2048", "small": "rsa-1024", "x2": "ecdsa-p384",
    "ye1": "ecdsa-p384", "modern": "ecdsa-p256",
}
SUBJECTS = {
    "old": "/O=Shadow Signature Trust/CN=Shadow Root CA X3",
    "x1": "/C=US/O=Shadow Research Group/CN=Shadow Root X1",
    "x2": "/C=US/O=Shadow Research Group/CN=Shadow Root X2",
    "yr": "/C=US/O=Shadow Research Group/CN=Shadow Root YR",
    "yr1": "/C=US/O=Shadow/CN=YR1", "ye1": "/C=US/O=Shadow/CN=YE1",
    "r3": "/C=US/O=Shadow/CN=R3", "self": f"/CN={HOST}",
    "leaf": f"/CN={HOST}", "kept": f"/CN={HOST}", "modern": f"/CN={HOST}",
    "small": f"/CN={HOST}",
}

# name: holder of the key, issuer (None signs itself), dates, extensions and
# the bytes that make it as large as the real one.
CERTIFICATES = {
    "old": ("old", None, OLD, AUTHORITY, 0),
    "x1": ("x1", None, ROOT, AUTHORITY, 500),
    "x1-by-old": ("x1", "old", CROSS, AUTHORITY, 500),
    "x2": ("x2", None, ROOT, AUTHORITY, 0),
    "x2-by-x1": ("x2", "x1", YEARS, AUTHORITY, 300),
    "yr-by-x1-revoked": ("yr", "x1", (-300, 1800), AUTHORITY, 600),
    "yr-by-x1": ("yr", "x1", YEARS, AUTHORITY, 600),
    "yr1": ("yr1", "yr", YEARS, INTERMEDIATE, 300),
    "ye1": ("ye1", "x2", YEARS, INTERMEDIATE, 0),
    "r3-by-old": ("r3", "old", R3, PLAIN_INTERMEDIATE, 200),
    "r3-by-x1": ("r3", "x1", R3_BY_X1, PLAIN_INTERMEDIATE, 300),
    "leaf": ("leaf", "yr1", MONTHS, LEAF, 350),
    "kept": ("kept", "r3", KEPT, LEAF, 350),
    "modern": ("modern", "ye1", MONTHS, LEAF, 200),
    "self-ca": ("self", None, MONTHS, SELF_TRUE, 0),
    "self-ca-again": ("self", None, YEARS, SELF_TRUE, 0),
    "self-end": ("self", None, MONTHS, SELF_FALSE, 0),
    "address": ("self", None, MONTHS, NO_NAMES, 0),
    "address-san": ("self", None, MONTHS, ADDRESS_NAMES, 0),
    "sha1": ("leaf", "x1", MONTHS, LEAF, 0),
    "small": ("small", "x1", MONTHS, LEAF, 0),
}
OTHER_SUBJECT = {"address": f"/CN={ADDRESS}", "address-san": f"/CN={ADDRESS}"}
SHA1 = {"old", "sha1"}
SIGNED_BY = {"r3": "r3-by-old", "yr": "yr-by-x1"}  # an issuer's certificate

# What a server is given: the key pairs, each with the chain of its CA.
PAIRS = {
    "leaf": ["leaf", "yr1", "yr-by-x1"],
    "modern": ["modern", "ye1", "x2-by-x1"],
    "kept": ["kept", "r3-by-x1"],
    "self-ca": ["self-ca"], "self-ca-again": ["self-ca-again"],
    "self-end": ["self-end"],
    "address": ["address"], "address-san": ["address-san"],
    "sha1": ["sha1"], "small": ["small"],
}
# What is public and lies about, to build chains from.
POOL = ["x1-by-old", "x2-by-x1", "yr-by-x1-revoked", "yr-by-x1", "yr1", "ye1",
        "r3-by-old", "r3-by-x1"]
BUNDLES = {"bundle": ["x1", "x2"], "old-bundle": ["x1", "x2", "old"]}

CONFIG = """
[ca]
default_ca = this
[this]
database = {database}
new_certs_dir = {directory}
rand_serial = yes
unique_subject = no
policy = any
default_crl_days = 30
crlnumber = {database}.crlnumber
[any]
countryName = optional
organizationName = optional
commonName = supplied
"""


def asn1_time(when):
    """An ASN.1 time of a literal, or of days from now."""
    if isinstance(when, str):
        return when
    then = datetime.datetime.now(datetime.timezone.utc) \
        + datetime.timedelta(days=when)
    return then.strftime("%Y%m%d%H%M%SZ")


class Shadow:
    """A directory of NAME.pem, HOLDER.key, NAME.chain, a folder pool/."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def make(self):
        self.pool.mkdir(parents=True)
        self.office.mkdir()
        for holder, kind in HOLDERS.items():
            self._holder(holder, kind)
        for name in CERTIFICATES:
            self._issue(name)
        self._revoke("yr-by-x1-revoked", "x1")
        for name, parts in (PAIRS | BUNDLES).items():
            self.chain(name).write_bytes(
                b"".join(self.pem(part).read_bytes() for part in parts))
        for name in POOL:
            self.pool.joinpath(f"{name}.pem").write_bytes(
                self.pem(name).read_bytes())

    def _holder(self, holder, kind):
        key = self.directory / f"{holder}.key"
        openssl("genpkey", *KEYS[kind], "-out", key)
        os.chmod(key, 0o600)
        database = self._database(holder)
        database.write_text("")
        pathlib.Path(f"{database}.crlnumber").write_text("01\n")
        self._config(holder).write_text(CONFIG.format(
            database=database, directory=self.office))

    def _database(self, issuer):
        return self.office / f"{issuer}.db"

    def _config(self, issuer):
        return self.office / f"{issuer}.cnf"

    def _issue(self, name):
        holder, issuer, dates, extensions, padding = CERTIFICATES[name]
        if padding:
            extensions += f"nsComment={'.' * padding}\n"
        extfile = self.office / "extensions"
        extfile.write_text(extensions)
        request = self.office / "request"
        key = self.directory / f"{holder}.key"
        openssl("req", "-new", "-key", key, "-out", request, "-subj",
                OTHER_SUBJECT.get(name, SUBJECTS[holder]))
        signer = ["-selfsign", "-keyfile", key] if issuer is None else \
            ["-cert", self.pem(SIGNED_BY.get(issuer, issuer)), "-keyfile",
             self.directory / f"{issuer}.key"]
        openssl("ca", "-batch", "-notext", "-config",
                self._config(issuer or holder), *signer, "-in", request,
                "-out", self.pem(name), "-md",
                "sha1" if name in SHA1 else "sha256", "-startdate",
                asn1_time(dates[0]), "-enddate", asn1_time(dates[1]),
                "-extfile", extfile)

    def _revoke(self, name, issuer):
        authority = ["-config", self._config(issuer), "-cert",
                     self.pem(issuer), "-keyfile",
                     self.directory / f"{issuer}.key", "-md", "sha256"]
        openssl("ca", *authority, "-revoke", self.pem(name))
        openssl("ca", *authority, "-gencrl", "-out", self.pool / "x1.crl")

    @property
    def office(self):
        """What openssl ca(1) leaves behind."""
        return self.directory / "office"

    @property
    def pool(self):
        return self.directory / "pool"

    def pem(self, name):
        return self.directory / f"{name}.pem"

    def chain(self, name):
        return self.directory / f"{name}.chain"

    def key(self, pair):
        return self.directory / f"{CERTIFICATES[pair][0]}.key"

    def anchor(self, name):
        """What a device is given: a certificate, or a bundle."""
        return self.chain(name) if name in BUNDLES else self.pem(name)

    def size(self, *names):
        """Bytes of the Certificate message of a TLS 1.2 handshake."""
        return 4 + 3 + sum(3 + len(openssl("x509", "-in", self.pem(name),
                                           "-outform", "DER"))
                           for name in names)
