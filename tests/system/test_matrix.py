"""Which device accepts which profile: real TLS stacks against each chain, as
the shadow PKI has it."""

import collections
import re
import subprocess

import pytest

from daemon import PATIENCE, deadline_loop
from devices import PROFILES, Curl, Device, failed_handshakes, serve
from shadow import ADDRESS, CERTIFICATES, HOST

COLUMNS = ["modern", "x1", "old", "r3", "old-kept", "yr1", "self", "self-end",
           "address", "sha1", "small"]

# Looked at first is the name by mbedTLS, the size of the key by mbedTLS and
# OpenSSL; BearSSL says nothing; wolfSSL says 42 of each self-signed
# certificate that is not its anchor.
DEVICES = """
device             modern x1  old r3  old- yr1 self self addr sha1 small
                                      kept          -end -ess
esp32 old          48     48  ok  48  ok   48  48   48   42   48   43
esp32 x1           ok     ok  ok  48  48   48  48   48   42   46   43
esp32 r3           48     48  48  ok  ok   48  48   48   42   48   43
esp32 yr1          48     ok  ok  48  48   ok  48   48   42   48   43
esp32 leaf         48     48  48  48  48   48  48   48   42   48   43
esp32 self         48     48  48  48  48   48  ok   ok   42   48   43
esp32 self-end     48     48  48  48  48   48  48   ok   42   48   43
esp32 address      42     42  42  42  42   42  42   42   ok   42   42
esp32 r3 no-sni    48     48  48  ok  ok   48  48   48   48   48   43
esp32 wrong-name   42     42  42  42  42   42  42   42   42   42   42
esp32 old clock    48     48  45  45  45   48  48   48   42   48   43
esp32 x1 clock     ok     ok  ok  45  45   48  48   48   42   46   43
esp32 x1 1970      46     46  46  48  48   48  48   48   42   46   43
esp32 old 4096     48     48  -   48  ok   48  48   48   42   48   43
esp32 x1 4096      ok     ok  -   48  48   48  48   48   42   46   43
esp32 old mfl512   -      -   -   -   -    -   -    -    -    -    -
esp32 r3 mfl2048   -      -   -   ok  -    48  48   48   42   48   43
bundle             ok     ok  49  49  49   49  49   49   42   ok   43
bundle with old    ok     ok  ok  49  ok   49  49   49   42   ok   43
esp8266 x1         ok     ok  ok  -   -    -   -    -    -    ok   ok
esp8266 old        -      -   -   -   -    -   -    -    -    -    -
esp8266 r3         -      -   -   -   -    -   -    -    -    -    -
esp8266 yr1        -      ok  ok  -   -    ok  -    -    -    -    -
esp8266 leaf       -      ok  ok  -   -    ok  -    -    -    ok   -
esp8266 self       -      -   -   -   -    -   ok   ok   -    -    -
esp8266 1970       -      -   -   -   -    -   -    -    -    -    -
wolfssl x1         ok     ok  ok  48  48   48  42   42   42   ok   ok
wolfssl x1 tls1.2  ok     ok  ok  48  48   48  42   42   42   ok   ok
wolfssl old        48     48  45  48  45   48  42   42   42   48   48
wolfssl self       48     48  48  48  48   48  ok   ok   42   48   48
openssl x1         ok     ok  ok  48  48   48  48   48   48   42   42
openssl x1 tls1.2  ok     ok  ok  48  48   48  48   48   48   42   42
openssl old        48     48  45  48  45   48  48   48   48   48   42
openssl r3         48     48  48  45  45   48  48   48   48   48   42
openssl yr1        48     ok  ok  48  48   ok  48   48   48   48   42
openssl self-end   48     48  48  48  48   48  48   ok   48   48   42
curl bundle        ok     ok  ok  60  60   60  60   60   60   60   60
curl old           60     60  60  60  60   60  60   60   60   60   60
"""

PROGRAMS = {
    "esp32 old": Device("mbedtls", "old"),
    "esp32 x1": Device("mbedtls", "x1"),
    "esp32 r3": Device("mbedtls", "r3-by-old"),
    "esp32 yr1": Device("mbedtls", "yr1"),
    "esp32 leaf": Device("mbedtls", "leaf"),
    "esp32 self": Device("mbedtls", "self-ca"),
    "esp32 self-end": Device("mbedtls", "self-end"),
    "esp32 address": Device("mbedtls", "address", host=ADDRESS),
    "esp32 r3 no-sni": Device("mbedtls", "r3-by-old", "--no-sni"),
    "esp32 wrong-name": Device("mbedtls", "x1", host="other.example.test"),
    "esp32 old clock": Device("mbedtls", "old", "--check-time"),
    "esp32 x1 clock": Device("mbedtls", "x1", "--check-time"),
    "esp32 x1 1970": Device("mbedtls", "x1", "--check-time", "--clock", "0"),
    "esp32 old 4096": Device("mbedtls", "old", "--buffer", "4096"),
    "esp32 x1 4096": Device("mbedtls", "x1", "--buffer", "4096"),
    "esp32 old mfl512": Device("mbedtls", "old", "--mfl", "512"),
    "esp32 r3 mfl2048": Device("mbedtls", "r3-by-old", "--mfl", "2048"),
    "bundle": Device("mbedtls", "bundle", "--bundle"),
    "bundle with old": Device("mbedtls", "old-bundle", "--bundle"),
    "esp8266 x1": Device("bearssl", "x1"),
    "esp8266 old": Device("bearssl", "old"),
    "esp8266 r3": Device("bearssl", "r3-by-old"),
    "esp8266 yr1": Device("bearssl", "yr1"),
    "esp8266 leaf": Device("bearssl", "leaf"),
    "esp8266 self": Device("bearssl", "self-ca"),
    "esp8266 1970": Device("bearssl", "x1", "--clock", "0"),
    "wolfssl x1": Device("wolfssl", "x1"),
    "wolfssl x1 tls1.2": Device("wolfssl", "x1", "--tls", "1.2"),
    "wolfssl old": Device("wolfssl", "old"),
    "wolfssl self": Device("wolfssl", "self-ca"),
    "openssl x1": Device("openssl", "x1"),
    "openssl x1 tls1.2": Device("openssl", "x1", "--tls", "1.2"),
    "openssl old": Device("openssl", "old"),
    "openssl r3": Device("openssl", "r3-by-old"),
    "openssl yr1": Device("openssl", "yr1"),
    "openssl self-end": Device("openssl", "self-end"),
    "curl bundle": Curl("bundle"),
    "curl old": Curl("old"),
}

KINDS = ["aECDSA", "aRSA"]  # of keys, in the order of "modern"
SPEAKS_LIKE = {"curl bundle": "openssl x1", "curl old": "openssl old"}


def expectations():
    """{device: {profile: result}} of the table above."""
    width = len("esp32 old          ")
    return {line[:width].strip(): dict(zip(COLUMNS, line[width:].split()))
            for line in DEVICES.splitlines()[3:]}


def cell(result):
    return {"closed": "-"}.get(result, result.removeprefix("curl="))


def server_view(d):
    """How often each alert or close came, as the API tells it."""
    count = collections.Counter()
    for row in failed_handshakes(d):
        if row["result"] == "closed":
            count["-"] += row["count"]
        elif row["result"] != "no-request":  # of chain_sent()
            count[str(row["alert"]["code"])] += row["count"]
    return count


def chain_sent(d, shadow, kind):
    """The certificates sent to who wants that kind of key, by their names."""
    done = subprocess.run(
        ["openssl", "s_client", "-connect", f"{ADDRESS}:{d.port}",
         "-servername", HOST, "-tls1_2", "-cipher", f"{kind}:@SECLEVEL=0",
         "-showcerts"], input="", text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, timeout=PATIENCE)
    names = {shadow.pem(name).read_text().strip(): name
             for name in CERTIFICATES}
    sent = re.findall(r"-----BEGIN CERT.*?END CERTIFICATE-----", done.stdout,
                      re.S)
    return [names[text] for text in sent]


class Matrix:
    def __init__(self):
        self.seen = collections.defaultdict(dict)
        self.sent = collections.defaultdict(list)  # chains, by profile
        self.told = {}  # by the server, for each profile

    def run(self, start, shadow):
        for profile in COLUMNS:
            d = serve(start, shadow, [profile], ladder=[])
            for name, device in PROGRAMS.items():
                result, = device.tries(shadow, d.port)
                self.seen[name][profile] = cell(result)
            for kind in KINDS[-len(PROFILES[profile][1]):]:
                self.sent[profile].append(chain_sent(d, shadow, kind))
            self.told[profile] = self.wait_for_view(d, profile)
            d.stop()

    def failures(self, profile):
        """What the devices said to the server."""
        return collections.Counter(
            self.seen[SPEAKS_LIKE.get(name, name)][profile]
            for name, row in self.seen.items() if row[profile] != "ok")

    def wait_for_view(self, d, profile):
        """The server writes down what it saw after a while."""
        wanted = self.failures(profile)
        view = None
        try:
            for _ in deadline_loop("the handshakes to be told"):
                view = server_view(d)
                if sum(view.values()) >= sum(wanted.values()):
                    return view
        except AssertionError:
            return view

    def lines(self, wanted):
        """The table; a cell that is not as expected shows both."""
        yield ["device", *COLUMNS]
        for name, row in self.seen.items():
            yield [name, *(row[p] if row[p] == wanted[name][p]
                           else f"{row[p]}!={wanted[name][p]}"
                           for p in COLUMNS)]


@pytest.fixture(scope="module")
def matrix(start_shared, shadow):
    made = Matrix()
    made.run(start_shared, shadow)
    return made


def test_table(matrix, capsys):
    """Prints device x profile: what was seen, "!=" what was expected."""
    rows = list(matrix.lines(expectations()))
    with capsys.disabled():
        print()
        for name, *cells in rows:
            print(f"| {name:18} " + " ".join(f"{c:>8}" for c in cells))
    assert set(matrix.seen) == set(expectations())


@pytest.mark.parametrize("device", PROGRAMS)
def test_device(matrix, device):
    assert matrix.seen[device] == expectations()[device]


@pytest.mark.parametrize("profile", COLUMNS)
def test_server_saw_the_same(matrix, profile):
    assert matrix.told[profile] == matrix.failures(profile)


@pytest.mark.parametrize("profile", COLUMNS)
def test_chain_that_is_sent(matrix, profile):
    """No root on top, nothing revoked, nothing beside the path."""
    assert matrix.sent[profile] == PROFILES[profile][1]


@pytest.mark.parametrize("profile", COLUMNS)
def test_somebody_accepts(matrix, profile):
    assert "ok" in {row[profile] for row in matrix.seen.values()}
