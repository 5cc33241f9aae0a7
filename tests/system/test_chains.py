"""`otterd chains`, its forecast, and what `otterd check` says of chains."""

import hashlib
import json
import os
import pathlib
import re
import sqlite3
import subprocess

import pytest

from daemon import BINARY, PATIENCE, ROOT, SANITIZER
from devices import profile_settings
from pki import openssl

REAL = ROOT.parent / "shared" / "certs"


def run(*args):
    done = subprocess.run([BINARY, *map(str, args)], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=PATIENCE)
    assert not SANITIZER.search(done.stderr), done.stderr
    return done


def chains(*args):
    return run("chains", *args)


def answers(*args):
    """Exit status and what --json says of each anchor."""
    done = chains("--json", *args)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)["anchors"]


def fingerprint(path):
    der = openssl("x509", "-in", path, "-outform", "DER")
    return hashlib.sha256(der).hexdigest()


def sent(answer):
    """The fingerprints of the links of each chain."""
    return [[link["sha256"] for link in chain["links"]]
            for chain in answer["chains"]]


# ---- without a configuration ------------------------------------------------

# leaf, anchor, --ignore-time, the chain; None: there is none.
SHAPES = [
    ("leaf", "old", True, ["leaf", "yr1", "yr-by-x1", "x1-by-old"]),
    ("leaf", "old", False, None),
    ("leaf", "x1", True, ["leaf", "yr1", "yr-by-x1"]),
    ("leaf", "x1", False, ["leaf", "yr1", "yr-by-x1"]),
    ("leaf", "yr1", False, ["leaf"]),
    ("leaf", "r3-by-old", True, None),
    ("modern", "old", True, ["modern", "ye1", "x2-by-x1", "x1-by-old"]),
    ("modern", "x2", False, ["modern", "ye1"]),
    ("kept", "r3-by-old", True, ["kept"]),
    ("kept", "r3-by-old", False, None),
    ("kept", "old", True, ["kept", "r3-by-old"]),
    ("self-ca", "self-ca", False, ["self-ca"]),
    ("self-ca-again", "self-ca", False, ["self-ca-again"]),
    ("self-end", "self-end", False, ["self-end"]),
    ("self-ca", "x1", True, None),
]


@pytest.mark.parametrize("leaf,anchor,patient,wanted", SHAPES,
                         ids=[f"{leaf} to {anchor}{'' if patient else ' now'}"
                              for leaf, anchor, patient, _ in SHAPES])
def test_shapes(shadow, leaf, anchor, patient, wanted):
    words = ["--leaf", shadow.pem(leaf), "--anchor", shadow.pem(anchor),
             "--pool", shadow.pool, *["--ignore-time"] * patient]
    status, (answer,) = answers(*words)
    assert answer["checks_time"] is not patient
    if wanted is None:
        assert status == 1 and answer["chains"] == []
        assert answer["no_chain"]
        assert f"no chain satisfies {shadow.pem(anchor)}" in \
            chains(*words).stderr
        return
    assert status == 0 and answer["no_chain"] == []
    assert sent(answer) == [[fingerprint(shadow.pem(x)) for x in wanted]]
    assert answer["chains"][0]["bytes"] == shadow.size(*wanted)


def test_lines(shadow):
    """One fact per line, the certificates in the order of sending."""
    done = chains("--leaf", shadow.pem("leaf"), "--anchor", shadow.pem("old"),
                  "--pool", shadow.pool, "--ignore-time")
    assert done.returncode == 0 and done.stderr == ""
    assert f"anchor {shadow.pem('old')}\n" in done.stdout
    assert "  devices:        do not check the time\n" in done.stdout
    size = shadow.size("leaf", "yr1", "yr-by-x1", "x1-by-old")
    assert f"  message:        {size} bytes, 4 certificates\n" in done.stdout
    rows = re.findall(r"^ {4,5}(\d|-) +(\d+ bytes|not sent)  (until|ended)"
                      r" (\S+Z)  (.*)$", done.stdout, re.M)
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "-"]
    assert [row[2] for row in rows] == ["until"] * 3 + ["ended"] * 2
    assert rows[3][3] == "2024-09-30T18:14:03Z"
    assert [re.search("CN=([^,]*)", row[4])[1] for row in rows] == [
        "fw.example.test", "YR1", "Shadow Root YR", "Shadow Root X1",
        "Shadow Root CA X3"]
    assert re.search(r"^  note: +.*esp_crt_bundle|^  warning: +.*4096",
                     done.stdout, re.M)


def test_what_the_ca_sent_along_counts(shadow, tmp_path):
    full = tmp_path / "full.pem"
    full.write_bytes(shadow.chain("leaf").read_bytes())
    status, (answer,) = answers("--leaf", full, "--anchor", shadow.pem("x1"))
    assert status == 0 and len(sent(answer)[0]) == 3
    status, (answer,) = answers("--leaf", shadow.pem("leaf"), "--anchor",
                                shadow.pem("x1"))
    assert status == 1 and not answer["chains"]


def test_old_dates_are_named(shadow):
    status, (answer,) = answers("--leaf", shadow.pem("leaf"), "--anchor",
                                shadow.pem("old"), "--pool", shadow.pool)
    assert status == 1
    assert any("2024-09-30" in line for line in answer["no_chain"])


def test_weak_links_need_a_lower_level(shadow):
    for leaf, level in (("sha1", 0), ("small", 1), ("leaf", 2)):
        _, (answer,) = answers("--leaf", shadow.pem(leaf), "--anchor",
                               shadow.pem("x1"), "--pool", shadow.pool)
        assert answer["chains"][0]["security_level"] == level, leaf
    text = chains("--leaf", shadow.pem("small"), "--anchor",
                  shadow.pem("x1")).stdout
    assert "  security level: 1 at most\n" in text


def test_nothing_configured_is_needed(shadow, tmp_path):
    """Neither a file nor a key; but -c wants its file."""
    words = ["--leaf", shadow.pem("self-ca"), "--anchor",
             shadow.pem("self-ca")]
    assert chains(*words).returncode == 0
    done = chains(*words, "-c", tmp_path / "none.yaml")
    assert done.returncode == 1 and "none.yaml" in done.stderr


def test_too_little_is_given(shadow):
    """What is missing is an option, not the default configuration."""
    if os.path.exists("/etc/otterd/otterd.yaml"):
        pytest.skip("/etc/otterd/otterd.yaml is there")
    leaf, anchor = shadow.pem("leaf"), shadow.pem("old")
    for words, wanted in ((("--leaf", leaf, "--pool", shadow.pool),
                           "give --anchor, or a configuration with -c"),
                          (("--anchor", anchor),
                           "give --leaf, or a configuration with -c")):
        done = chains(*words)
        assert done.returncode == 1 and wanted in done.stderr


def needed(*words):
    """The lines of what would be needed."""
    done = chains(*words)
    assert done.returncode == 1
    assert len(re.findall(r"^  no chain: ", done.stdout, re.M)) == 1
    return "\n".join(re.findall(r"^  needed: +(.*)$", done.stdout, re.M))


def test_gaps_are_named_by_their_place(shadow):
    words = ["--leaf", shadow.pem("leaf"), "--anchor", shadow.pem("old"),
             "--ignore-time"]
    only, cross = needed(*words), needed(
        *words, "--pool", shadow.pem("yr1"), "--pool",
        shadow.pem("yr-by-x1"))
    assert "your file holds only the leaf: its intermediate CN=YR1" in only
    assert re.search(r"missing in tls.pool: a certificate for CN=Shadow Root "
                     r"X1,.* signed by CN=Shadow Root CA X3", cross)
    assert "only the leaf" not in cross
    for text in (only, cross):
        assert "would do" in text and "new firmware" not in text


def test_pool_in_der(shadow, tmp_path):
    """CAs publish DER."""
    for name in ("yr1", "yr-by-x1"):
        (tmp_path / f"{name}.cer").write_bytes(
            openssl("x509", "-in", shadow.pem(name), "-outform", "DER"))
    status, (answer,) = answers("--leaf", shadow.pem("leaf"), "--anchor",
                                shadow.pem("x1"), "--pool", tmp_path)
    assert status == 0 and len(sent(answer)[0]) == 3


# ---- with one ---------------------------------------------------------------

@pytest.fixture
def configured(start, shadow):
    """Writes a configuration with these profiles of devices.PROFILES."""
    def make(*profiles, change=None):
        d = start(ready=False)
        tls = profile_settings(d.pki, shadow, d.ports["second"].number,
                               profiles, profiles[0], profiles)
        if change:
            change(tls)
        d.write_config(tls=tls)
        return d
    return make


def test_each_anchor_of_the_configuration(configured):
    d = configured("old", "x1", "r3")
    status, rows = answers("-c", d.config)
    assert status == 0
    assert [row["anchor"] for row in rows] == ["old", "r3-by-old", "x1"]
    assert {row["anchor"]: [chain["certificate"] for chain in row["chains"]]
            for row in rows} == {"old": ["kept", "leaf"], "x1": ["leaf"],
                                 "r3-by-old": ["kept"]}


def test_pool_and_anchor_beside_the_configuration(configured, shadow):
    """A pool on the command line adds to the configured one."""
    d = configured("x1", change=lambda tls: tls.update(pool=[]))
    words = ["-c", d.config, "--anchor", shadow.pem("old"), "--ignore-time"]
    status, _ = answers(*words)
    assert status == 1
    status, (answer,) = answers(*words, "--pool", shadow.pem("x1-by-old"))
    assert status == 0
    assert [c["certificate"] for c in answer["chains"]] == ["leaf"]
    assert len(answer["chains"][0]["links"]) == 4


def test_profile_that_has_no_chain(configured, shadow):
    """check stops at its line; chains says what is missing."""
    def change(tls):
        tls["pool"] = [str(shadow.pem("yr1"))]
    d = configured("old", change=change)
    done = run("check", "-c", d.config)
    number = next(n for n, line in enumerate(
        d.config.read_text().splitlines(), 1) if "  profiles:" in line)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith(f"{d.config}:{number}: tls.profiles")
    done = chains("-c", d.config)
    assert done.returncode == 1
    assert done.stderr == "otterd chains: no chain satisfies old\n"
    assert "no chain satisfies old" in done.stderr
    assert re.search(r"^  no chain: +.*Shadow Root X1", done.stdout, re.M)


# ---- check ------------------------------------------------------------------

def blocks(text):
    """{profile: its lines} of what check and --report print."""
    found = re.split(r"^profile (\S+).*\n", text, flags=re.M)
    return dict(zip(found[1::2], found[2::2]))


def test_check_shows_what_is_sent(configured, shadow):
    d = configured("modern", "old", "r3")
    done = run("check", "-c", d.config)
    assert done.returncode == 0, done.stderr
    assert "profile modern (default)\n" in done.stdout
    rows = blocks(done.stdout)
    assert "  certificate:    modern (ecdsa-p256)\n" in rows["modern"]
    assert "  certificate:    leaf (rsa-2048)\n" in rows["modern"]
    assert "  anchor:         none" in rows["modern"]
    size = shadow.size("leaf", "yr1", "yr-by-x1", "x1-by-old")
    assert f"  message:        {size} bytes, 4 certificates\n" in rows["old"]
    assert "  anchor:         old, CN=Shadow Root CA X3," in rows["old"]
    assert "  devices:        do not check the time\n" in rows["old"]
    assert "ended 2024-05-30T00:00:00Z  CN=fw.example.test\n" in rows["r3"]
    assert "ladder: modern, old, r3\n" in done.stdout
    assert re.search(r"^warning: profile old: .* 4096", done.stderr, re.M)
    assert "error" not in done.stderr


def test_check_shows_rules_and_settings(configured):
    def change(tls):
        tls["profiles"][1] |= {"min_version": "1.0", "security_level": 0,
                               "ciphers": "ECDHE+AES"}
        tls["ladder"] = []
        tls["select"] += [
            {"sni": "", "source": "192.0.2.0/24", "profile": "old"},
            {"max_version": "1.2", "ja4": "t12?49*", "profile": "old"}]
    d = configured("old", change=change)
    text = run("check", "-c", d.config).stdout
    for line in ("  versions:       TLS 1.0 to 1.3",
                 "  security level: 0",
                 "  ciphers:        ECDHE+AES",
                 "select sni (none) source 192.0.2.0/24: profile old",
                 "select max_version 1.2 ja4 t12?49*: profile old",
                 "ladder: off"):
        assert f"{line}\n" in text


def test_check_tells_what_is_left_out(configured):
    def change(tls):
        tls["profiles"][1]["certificates"] = ["leaf", "admin", "kept"]
    d = configured("old", "r3", change=change)
    row = blocks(run("check", "-c", d.config).stdout)["old"]
    assert "  certificate:    leaf (rsa-2048)\n" in row
    assert re.search(r"^  not sent: +admin, ", row, re.M)
    assert re.search(r"^  not sent: +kept, ", row, re.M)


def test_check_fails_where_something_does_not_work(configured):
    """All is printed, and the exit status is 1."""
    def change(tls):
        for anchor in tls["anchors"]:
            anchor["checks_time"] = True
    d = configured("modern", "r3", change=change)
    done = run("check", "-c", d.config)
    assert done.returncode == 1
    assert re.search(r"^error: profile r3: .*2024-05-30", done.stderr, re.M)
    assert "manifest: " in done.stdout
    assert "  devices:        check the time\n" in done.stdout


@pytest.mark.parametrize("days,warned", [(29, True), (32, False)])
def test_check_warns_in_time(start, pki, days, warned):
    d = start(ready=False)
    pem = d.directory / "short.pem"
    request = openssl("req", "-new", "-key", pki.key("rsa"), "-subj", "/CN=x")
    pem.write_bytes(openssl("x509", "-req", "-signkey", pki.key("rsa"),
                            "-days", days, data=request))
    d.write_config(tls={
        "certificates": [{"name": "short", "file": str(pem),
                          "key": str(pki.key("rsa"))}],
        "profiles": [{"name": "p", "certificates": ["short"]}],
        "select": None, "default_profile": None, "ladder": None})
    done = run("check", "-c", d.config)
    assert done.returncode == 0, done.stderr
    assert bool(re.search("^warning: profile p: .*expires on", done.stderr,
                          re.M)) == warned


# ---- the forecast -----------------------------------------------------------

def report(d, *words):
    """Exit status, {profile: row} and what is on standard error."""
    done = chains("--report", "--json", "-c", d.config, *words)
    assert done.stdout, done.stderr
    rows = {row["profile"]: row
            for row in json.loads(done.stdout)["profiles"]}
    return done.returncode, rows, done.stderr


def stranded(d, *words):
    status, rows, _ = report(d, *words)
    return status, {name: row["stranded"] for name, row in rows.items()
                    if row["stranded"]}


def names(row):
    return [f"{x['product']}/{x['device']}" for x in row["names"]]


def test_report_without_a_database(start):
    d = start(ready=False)
    done = chains("--report", "-c", d.config)
    assert done.returncode == 0
    assert f"{d.data} has no database yet" in done.stderr
    assert all("  devices:        0\n" in row
               for row in blocks(done.stdout).values())
    assert os.listdir(d.data) == []


def test_report(start):
    """The test's certificates last for 30 days, so within these nobody is
    safe; while the daemon runs and afterwards."""
    d = start()
    d.poll("a", name="localhost")
    d.poll("b", name="localhost")
    d.poll("c", ca="other-ca", name="other.example.com")
    for _ in range(2):
        status, rows, complaints = report(d, "--within", "31d")
        assert status == 1
        assert rows["plain"]["devices"] == 2
        assert rows["plain"]["seen"]["1d"] == 2
        assert names(rows["plain"]) == ["inklay/a", "inklay/b"]
        assert names(rows["other"]) == ["inklay/c"]
        assert rows["modern"]["stranded"] == 0
        assert "profile plain: 2 of 2 devices stranded" in complaints
        assert report(d, "--within", "28d")[0] == 0
        if d.process:
            d.stop()
    text = blocks(chains("--report", "--within", "31d", "-c",
                         d.config).stdout)
    assert re.search(r"^  stranded: +inklay/a, last seen \S+Z$",
                     text["plain"], re.M)
    assert "  in all:         2 of 2 stranded\n" in text["plain"]
    assert "  in all:         0 of 0 stranded\n" in text["modern"]


def test_report_of_what_was_removed(start):
    d = start()
    d.poll("c", ca="other-ca", name="other.example.com")
    d.stop()
    assert stranded(d, "--within", "1d") == (0, {})
    settings = d.standard_settings()["tls"]
    d.write_config(tls={
        "profiles": settings["profiles"][:2],
        "select": settings["select"][:1]})
    status, rows, complaints = report(d, "--within", "1d")
    assert status == 1
    assert not rows["other"]["configured"]
    assert names(rows["other"]) == ["inklay/c"]
    assert "profile other is no longer in the configuration" in complaints


def test_report_of_many(start):
    """A hundred names and how many more, or with --all all of them."""
    d = start()
    d.poll("d000")
    d.stop()
    with sqlite3.connect(d.data / "otterd.db") as db:
        db.execute("CREATE TEMP TABLE one AS SELECT * FROM devices")
        for n in range(1, 112):
            db.execute("UPDATE one SET device = ?", [f"d{n:03}"])
            db.execute("INSERT INTO devices SELECT * FROM one")
    db.close()
    done = chains("--report", "-c", d.config, "--within", "31d")
    lines = re.findall(r"^  stranded: +(.*)$", done.stdout, re.M)
    assert done.returncode == 1
    assert len(lines) == 101 and lines[-1] == "and 12 more"
    done = chains("--report", "-c", d.config, "--within", "31d", "--all")
    lines = re.findall(r"^  stranded: +inklay/(\S+),", done.stdout, re.M)
    assert lines == [f"d{n:03}" for n in range(112)]


def test_report_where_time_does_not_count(configured):
    d = configured("r3", "old")
    rows = blocks(chains("--report", "-c", d.config).stdout)
    for name, keep in (("r3", "kept: its loss would strand them"),
                       ("old", "the CA CN=Shadow Root CA X3,")):
        assert "no date strands them" in rows[name]
        assert f"  keep:           the private key of {keep}" in rows[name]
        assert rows[name].count("keep: ") == 1
    assert "first end" not in rows["r3"]


# ---- the real certificates --------------------------------------------------

@pytest.fixture(scope="module")
def real():
    if not (REAL / "MANIFEST.tsv").is_file():
        pytest.skip("no shared/certs beside the checkout")
    return REAL


def real_answer(real, anchor, leaf="leaf-yr1-supabase.com"):
    status, (answer,) = answers(
        "--leaf", real / f"leaf/{leaf}.pem", "--anchor",
        real / f"letsencrypt/{anchor}.pem", "--pool", real / "letsencrypt",
        "--pool", real / "cross", "--pool", real / "roots", "--ignore-time")
    return status, answer


@pytest.mark.parametrize("anchor,links", [
    ("dst-root-ca-x3", ["yr1-by-root-yr", "root-yr-by-isrg-root-x1",
                        "isrg-root-x1-by-dst-root-ca-x3"]),
    ("isrg-root-x1", ["yr1-by-root-yr", "root-yr-by-isrg-root-x1"]),
    ("yr1-by-root-yr", []),
])
def test_todays_certificate(real, anchor, links):
    status, answer = real_answer(real, anchor)
    assert status == 0
    wanted = [fingerprint(real / "leaf/leaf-yr1-supabase.com.pem")] + \
        [fingerprint(real / f"letsencrypt/{x}.pem") for x in links]
    assert sent(answer) == [wanted]


def test_pinned_r3(real):
    status, answer = real_answer(real, "r3-by-dst-root-ca-x3")
    assert status == 1
    text = "\n".join(answer["no_chain"])
    assert "accept only a server certificate that its key itself signed" in \
        text
    assert "nobody can obtain a new one" in text
    status, answer = real_answer(real, "r3-by-dst-root-ca-x3",
                                 "leaf-r3-geoip.elastic.dev")
    assert status == 0 and len(sent(answer)[0]) == 1


@pytest.mark.parametrize("anchor", [
    "GlobalSign_Root_R46", "DigiCert_Global_Root_G2",
    "GlobalSign_Root_CA_-_R3", "Go_Daddy_Root_Certificate_Authority_-_G2",
    "Sectigo_Public_Server_Authentication_Root_R46",
    "HARICA_TLS_RSA_Root_CA_2021", "Certum_Trusted_Root_CA"])
@pytest.mark.parametrize("patient", [False, True])
def test_what_is_not_known_is_not_impossible(real, anchor, patient):
    pem = pathlib.Path("/etc/ssl/certs") / f"{anchor}.pem"
    if not pem.exists():
        pytest.skip(f"no {pem}")
    text = needed("--leaf", real / "leaf/leaf-yr1-supabase.com.pem",
                  "--anchor", pem, *["--ignore-time"] * patient)
    assert "it is not known here whether this CA still issues" in text
    for word in ("new firmware", "no server can", "cannot be replaced"):
        assert word not in text


def test_missing_cross_signs_are_named(real):
    """By subject, fingerprint and where their CA publishes them."""
    status, (answer,) = answers(
        "--leaf", real / "leaf/leaf-yr1-supabase.com.pem", "--anchor",
        real / "letsencrypt/dst-root-ca-x3.pem", "--pool",
        real / "letsencrypt/yr1-by-root-yr.pem", "--ignore-time")
    text = "\n".join(answer["no_chain"])
    assert status == 1
    for name in ("root-yr-by-isrg-root-x1", "isrg-root-x1-by-dst-root-ca-x3"):
        assert fingerprint(real / f"letsencrypt/{name}.pem") in text
    assert "https://letsencrypt.org/" in text
