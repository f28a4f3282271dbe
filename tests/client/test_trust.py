"""Which certificates are trusted, and what is said of those that are not."""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from importer.client import Client
from importer.errors import InDoubtError, RetryableError, UnusableInputError
from tests.client.loopback import (
    OK,
    Behaviour,
    Server,
    answering,
    request,
    secured,
    serving,
    trickling,
)

pytest.importorskip("cryptography", reason="certificates are made with it")

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = timedelta(days=1)
REMEDY = "name its certificates as `ca_file` of the connection in importer.yaml"


@dataclass(frozen=True)
class Authority:
    """A certificate authority of our own; ``file`` holds its certificate."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    file: Path


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("An authority of a company")
    usage = x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
    certificate = (
        _certificate(name, name, key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("authority") / "company.pem"
    file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    return Authority(key, certificate, file)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    days: tuple[int, int] = (-2, 2),
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + days[0] * DAY)
        .not_valid_after(now + days[1] * DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


@contextmanager
def _secure_server(
    authority: Authority,
    folder: Path,
    *,
    days: tuple[int, int] = (-2, 2),
    name: str = "",
    behave: Behaviour = answering(OK),  # noqa: B008 - it is a constant
) -> Iterator[Server]:
    """Serve with a certificate of the authority, for loopback's address or another name."""
    key = ec.generate_private_key(ec.SECP256R1())
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    alternative = x509.SubjectAlternativeName([x509.DNSName(name) if name else loopback])
    issuer_key = authority.key.public_key()
    certificate = (
        _certificate(_name("platform"), authority.certificate.subject, key, days)
        .add_extension(alternative, critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False
        )
        .sign(authority.key, hashes.SHA256())
    )
    chain = folder / "server.pem"
    chain.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    with serving(secured(context, behave)) as server:
        yield server


def test_a_company_s_own_authority_is_trusted_when_its_file_is_named(
    authority: Authority, tmp_path: Path
) -> None:
    with _secure_server(authority, tmp_path) as server:
        with Client(30, ca_file=str(authority.file)) as client:
            assert client.send(request(server.secure_url())).body == b"{}"
            assert client.send(request(server.secure_url())).body == b"{}"
        assert len(server.connections) == 2  # the socket and its TLS, once


def test_an_unknown_authority_is_not_trusted_and_the_remedy_is_named(
    authority: Authority, tmp_path: Path
) -> None:
    expected = pytest.raises(RetryableError, match="its certificate is from an authority not known")
    with _secure_server(authority, tmp_path) as server, Client(30) as client, expected as got:
        client.send(request(server.secure_url()))
    assert REMEDY in str(got.value)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_the_environment_does_not_change_who_is_trusted(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, str(authority.file))
    expected = pytest.raises(RetryableError, match="authority not known")
    with _secure_server(authority, tmp_path) as server, Client(30) as client, expected:
        client.send(request(server.secure_url()))


@pytest.mark.parametrize(
    ("days", "name", "sentence"),
    [
        ((-2, -1), "", "its certificate has expired"),
        ((1, 2), "", "its certificate is not valid yet"),
        ((-2, 2), "other.example.test", "its certificate is for another address"),
    ],
)
def test_a_certificate_that_does_not_hold_is_refused_whoever_signed_it(
    authority: Authority, tmp_path: Path, days: tuple[int, int], name: str, sentence: str
) -> None:
    expected = pytest.raises(RetryableError, match=sentence)
    with (
        _secure_server(authority, tmp_path, days=days, name=name) as server,
        Client(30, ca_file=str(authority.file)) as client,
        expected as got,
    ):
        client.send(request(server.secure_url()))
    assert REMEDY in str(got.value)


def test_a_certificate_for_another_host_name_is_refused(
    authority: Authority, tmp_path: Path
) -> None:
    expected = pytest.raises(RetryableError, match="its certificate is for another host name")
    with (
        _secure_server(authority, tmp_path, name="other.example.test") as server,
        Client(30, ca_file=str(authority.file)) as client,
        expected,
    ):
        client.send(request(server.secure_url("localhost")))


def test_a_trickling_answer_over_tls_ends_at_the_deadline(
    authority: Authority, tmp_path: Path
) -> None:
    trickle = trickling(b"HTTP/1.1 200 OK\r\n", b"X-More: 1\r\n")
    with (
        _secure_server(authority, tmp_path, behave=trickle) as server,
        Client(1, ca_file=str(authority.file)) as client,
        pytest.raises(InDoubtError, match="did not finish its answer in 1 s") as got,
    ):
        client.send(request(server.secure_url()))
    assert got.value.timed_out


def test_a_trickling_handshake_ends_at_the_deadline() -> None:
    def trickle(connection: socket.socket, server: Server) -> None:
        connection.sendall(b"\x16\x03\x03\x40\x00")  # the beginning of a long record
        while not server.closing.wait(0.02):
            connection.sendall(b"\x00")

    expected = pytest.raises(RetryableError, match="no connection in time")
    with serving(trickle) as server, Client(0.3) as client, expected:
        client.send(request(server.secure_url()))


def test_a_server_that_speaks_no_tls_is_said() -> None:
    def plain(connection: socket.socket, server: Server) -> None:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        connection.recv(65536)

    expected = pytest.raises(RetryableError, match="no secure connection could be made")
    with serving(plain) as server, Client(30) as client, expected as got:
        client.send(request(server.secure_url()))
    assert REMEDY in str(got.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "No such file or directory"),
        (b"", "it holds no certificate"),
        (b"\x30\x82\x01\x00", "it holds no certificate"),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "no certificate"),
    ],
    ids=["missing", "empty", "not PEM", "broken"],
)
def test_a_ca_file_that_cannot_be_used_is_named(
    tmp_path: Path, content: bytes | None, sentence: str
) -> None:
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(UnusableInputError, match="`ca_file`") as got:
        Client(30, ca_file=str(file))
    assert sentence in str(got.value)
    assert str(file) in str(got.value)


@pytest.mark.parametrize("path", ["~nobody-of-that-name/x.pem", "a\0b"])
def test_a_ca_file_that_is_no_path_is_named(path: str) -> None:
    with pytest.raises(UnusableInputError, match=r"`ca_file`.* cannot be used"):
        Client(30, ca_file=path)


def test_a_folder_is_no_ca_file(tmp_path: Path) -> None:
    with pytest.raises(UnusableInputError, match="`ca_file`"):
        Client(30, ca_file=str(tmp_path))
