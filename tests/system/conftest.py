import itertools
import os

import pytest

import daemon as harness
from esp32 import image
from pki import Pki
from shadow import Shadow


@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    """Keys and certificates; tests/run makes them once for all files."""
    made = os.environ.get("OTTERD_TEST_PKI")
    if made:
        return Pki(made)
    fresh = Pki(tmp_path_factory.mktemp("pki"))
    fresh.make()
    return fresh


@pytest.fixture(scope="session")
def shadow(tmp_path_factory):
    """The shadow PKI, made once as well."""
    made = os.environ.get("OTTERD_TEST_SHADOW")
    if made:
        return Shadow(made)
    fresh = Shadow(tmp_path_factory.mktemp("shadow"))
    fresh.make()
    return fresh


def starter(tmp_path_factory, pki):
    running = []

    def start(settings=None, products=None, ready=True, **environment):
        d = harness.Daemon(tmp_path_factory.mktemp("otterd"), pki, settings,
                           products, environment)
        running.append(d)
        return d.start() if ready else d

    yield start
    for d in running:
        d.close()


@pytest.fixture
def start(tmp_path_factory, pki):
    """Starts daemons that end with the test."""
    yield from starter(tmp_path_factory, pki)


@pytest.fixture(scope="module")
def start_shared(tmp_path_factory, pki):
    yield from starter(tmp_path_factory, pki)


@pytest.fixture(scope="module")
def daemon(start_shared):
    """One daemon for the tests of a file that leave it as it was."""
    return start_shared()


@pytest.fixture(scope="session")
def firmware():
    """ESP32 images, made once: firmware(version, size)."""
    made = {}

    def make(version, size=64 * 1024, seed=1):
        key = (version, size, seed)
        if key not in made:
            made[key] = image(version, size, seed=seed)
        return made[key]

    return make


@pytest.fixture(scope="session")
def big_file(firmware, tmp_path_factory):
    """An image of 64 MiB, as bytes and as a file."""
    data = firmware("9.0", 64 << 20)
    path = tmp_path_factory.mktemp("big") / "image.bin"
    path.write_bytes(data)
    return data, path


@pytest.fixture(scope="session")
def device_ids():
    """Ids that no other test uses."""
    return (f"dev{n}" for n in itertools.count(1))
