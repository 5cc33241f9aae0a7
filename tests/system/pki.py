"""Keys, certificates and signatures for the tests, made by openssl(1)."""

import base64
import os
import pathlib
import subprocess

KEYS = {
    "ecdsa-p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
    "ecdsa-p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
    "ed25519": ["-algorithm", "ED25519"],
    "rsa-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
    "rsa-1024": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"],
}

# Who is there: name, key, subject alternative names, issuer.
AUTHORITIES = {"ca": "rsa-2048", "other-ca": "rsa-2048"}
CERTIFICATES = {
    "rsa": ("rsa-2048", "DNS:localhost,DNS:plain.example.com,IP:127.0.0.1",
            "ca"),
    "ecdsa": ("ecdsa-p256", "DNS:localhost,DNS:modern.example.com,"
              "IP:127.0.0.1", "ca"),
    "renewed": ("rsa-2048", "DNS:localhost,IP:127.0.0.1", "ca"),
    "other": ("rsa-2048", "DNS:other.example.com,DNS:localhost,IP:127.0.0.1",
              "other-ca"),
}
SIGNERS = {"sign-p256": "ecdsa-p256", "sign-p384": "ecdsa-p384",
           "sign-rsa": "rsa-2048", "sign-ed25519": "ed25519",
           "sign-small": "rsa-1024", "stranger": "ecdsa-p256",
           "elsewhere": "ecdsa-p256", "manifest": "ecdsa-p256",
           "manifest-new": "ecdsa-p256", "manifest-ed25519": "ed25519"}


def openssl(*args, data=None):
    """The standard output of one openssl command."""
    done = subprocess.run(["openssl", *map(str, args)], input=data,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, f"openssl {args}: {done.stderr.decode()}"
    return done.stdout


class Pki:
    """A directory of NAME.key, NAME.pub and NAME.pem (a chain)."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)

    def make(self):
        for name, kind in SIGNERS.items():
            self._key(name, kind)
        for name, kind in AUTHORITIES.items():
            self._key(name, kind)
            openssl("req", "-x509", "-new", "-key", self.key(name), "-subj",
                    f"/CN=otterd test {name}", "-days", 30, "-out",
                    self.pem(name))
        for name, (kind, names, issuer) in CERTIFICATES.items():
            self._key(name, kind)
            self.issue(name, names, issuer)

    def _key(self, name, kind):
        openssl("genpkey", *KEYS[kind], "-out", self.key(name))
        os.chmod(self.key(name), 0o600)
        openssl("pkey", "-in", self.key(name), "-pubout", "-out",
                self.pub(name))

    def issue(self, name, names, issuer, days=30):
        """Certify NAME.key; the subject is the first of the names."""
        subject = names.split(",")[0].split(":")[1]
        request = openssl("req", "-new", "-key", self.key(name), "-subj",
                          f"/CN={subject}")
        extensions = self.directory / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n"
                              "extendedKeyUsage=serverAuth\n"
                              "basicConstraints=critical,CA:FALSE\n")
        leaf = openssl("x509", "-req", "-CA", self.pem(issuer), "-CAkey",
                       self.key(issuer), "-days", days, "-extfile", extensions,
                       "-set_serial", int.from_bytes(os.urandom(8), "big"),
                       data=request)
        self.pem(name).write_bytes(leaf + self.pem(issuer).read_bytes())

    def key(self, name):
        return self.directory / f"{name}.key"

    def pub(self, name):
        return self.directory / f"{name}.pub"

    def pem(self, name):
        return self.directory / f"{name}.pem"

    def sign(self, name, data, *options):
        """A detached signature over `data`, binary."""
        message = self.directory / f"{os.getpid()}.message"
        message.write_bytes(data)
        kind = SIGNERS.get(name) or CERTIFICATES[name][0]
        if kind == "ed25519":
            return openssl("pkeyutl", "-sign", "-rawin", "-inkey",
                           self.key(name), "-in", message)
        digest = [] if any(o.startswith("-sha") for o in options) else \
            ["-sha384" if kind == "ecdsa-p384" else "-sha256"]
        return openssl("dgst", *digest, "-sign", self.key(name), *options,
                       message)

    def sign64(self, name, data, *options):
        return base64.b64encode(self.sign(name, data, *options)).decode()

    def verify(self, name, data, signature):
        """Does the signature hold?  By openssl, not by our own code."""
        message = self.directory / f"{os.getpid()}.message"
        proof = self.directory / f"{os.getpid()}.signature"
        message.write_bytes(data)
        proof.write_bytes(signature)
        if SIGNERS[name] == "ed25519":
            command = ["pkeyutl", "-verify", "-rawin", "-pubin", "-inkey",
                       self.pub(name), "-sigfile", proof, "-in", message]
        else:
            command = ["dgst", "-sha256", "-verify", self.pub(name),
                       "-signature", proof, message]
        return subprocess.run(["openssl", *map(str, command)],
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0

    def key_id(self, name):
        """As INTERFACE has it: half of the SHA-256 of the public key."""
        der = openssl("pkey", "-pubin", "-in", self.pub(name), "-outform",
                      "DER")
        return openssl("dgst", "-sha256", "-r", data=der)[:32].decode()

    def fingerprint(self, name):
        """SHA-256 of the leaf certificate."""
        text = openssl("x509", "-in", self.pem(name), "-noout",
                       "-fingerprint", "-sha256").decode()
        return text.strip().split("=")[1].replace(":", "").lower()
