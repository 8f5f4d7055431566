"""The PBX's database by network: encrypted where the server offers it, refused where it must be and is not."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import pytest

from callfloor.asterisk.discovery_tables import read_tables
from callfloor.asterisk.history.servers import connected
from callfloor.asterisk.history.sources import ImportSourceError
from callfloor.errors import DiscoveryDatabaseError
from support.freepbx_tables import make_freepbx
from support.mail_server import certificate
from support.mariadb import PASSWORD, USER, MariaDb, serving

SSL = 0x0800  # the server's capability to encrypt


class Place(NamedTuple):
    port: int
    database: str
    authority: Path

    def url(self, query: str = "", *, port: int | None = None) -> str:
        return f"mysql://{USER}:{quote(PASSWORD, safe='')}@127.0.0.1:{port or self.port}/{self.database}{query}"


def free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A MariaDB that encrypts, reached by TCP."""
    folder = tmp_path_factory.mktemp("certificates")
    certificate(folder)
    cert, key = folder / "cert.pem", folder / "key.pem"
    port = free_port()
    network = ("--skip-networking=0", "--skip-name-resolve", "--bind-address=127.0.0.1", f"--port={port}")
    tls = Path(tempfile.mkdtemp(prefix="callfloor-tls-"))  # the server is another user's, and reads nothing of pytest's
    try:
        tls.chmod(0o755)
        for each in (cert, key):
            (tls / each.name).write_bytes(each.read_bytes())
            (tls / each.name).chmod(0o644)
        for server in serving(*network, f"--ssl-cert={tls / cert.name}", f"--ssl-key={tls / key.name}"):
            name = make_freepbx(server)
            with server.connect(name) as connection, connection.cursor() as cursor:
                cursor.execute(f"CREATE USER '{USER}'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
                cursor.execute(f"GRANT SELECT ON {name}.* TO '{USER}'@'127.0.0.1'")
            yield Place(port, name, cert)
    finally:
        shutil.rmtree(tls)


def cipher(url: str) -> str:
    with connected(url) as database:
        ((_, used),) = database.ask("SHOW STATUS LIKE 'Ssl_cipher'", [])
        return str(used)


@contextmanager
def stripping(port: int) -> Iterator[int]:
    """Somebody in between who tells the client that the server cannot encrypt."""
    door = socket.create_server(("127.0.0.1", 0))
    open_ones: list[socket.socket] = []

    def carry(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            for each in (source, target):
                each.close()

    def serve() -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", port))
            open_ones.extend((client, server))
            greeting = bytearray(server.recv(4096))
            at = greeting.index(0, 5) + 1 + 4 + 8 + 1  # behind the version, the thread's id, the salt, a zero
            told = int.from_bytes(greeting[at : at + 2], "little") & ~SSL
            greeting[at : at + 2] = told.to_bytes(2, "little")
            client.sendall(greeting)
            threads.extend(threading.Thread(target=carry, args=way) for way in ((client, server), (server, client)))
            for thread in threads[-2:]:
                thread.start()

    threads = [threading.Thread(target=serve)]
    threads[0].start()
    try:
        yield int(door.getsockname()[1])
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()
        for each in open_ones:
            with suppress(OSError):  # closed by its thread
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in threads:
            thread.join(10)


def test_it_is_encrypted_where_the_server_offers_it(place: Place) -> None:
    assert cipher(place.url()) != ""
    assert read_tables(place.url("?tls=required")).rows["users"]
    assert cipher(place.url("?tls=required")) != ""


def test_the_servers_certificate_is_checked_where_a_file_is_given(place: Place, tmp_path: Path) -> None:
    certificate(tmp_path)
    assert cipher(place.url(f"?ca={place.authority}")) != ""
    with pytest.raises(DiscoveryDatabaseError, match="certificate"):
        read_tables(place.url(f"?ca={tmp_path}/cert.pem"))


def test_whoever_says_that_the_server_cannot_encrypt_is_refused_where_it_must(place: Place) -> None:
    with stripping(place.port) as port:
        assert cipher(place.url(port=port)) == "", "nobody asked for more"
        for query in ("?tls=required", f"?ca={place.authority}"):
            with pytest.raises(DiscoveryDatabaseError, match="SSL is required"):
                read_tables(place.url(query, port=port))
            with pytest.raises(ImportSourceError, match="SSL is required"), connected(place.url(query, port=port)):
                pass


def test_another_word_is_no_setting(mariadb: MariaDb) -> None:
    with pytest.raises(DiscoveryDatabaseError, match="tls is required"):
        read_tables(f"{mariadb.url(make_freepbx(mariadb))}&tls=perhaps")
