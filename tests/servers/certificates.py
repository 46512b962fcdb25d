"""A certificate authority of the tests' own, and a certificate of it for this machine."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def certificate(folder: Path, *, host: str = "127.0.0.1") -> ssl.SSLContext:
    """A server's context with a certificate for `host`; the authority's own is `folder / "ca.pem"`."""
    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "the tests")])
    name = x509.IPAddress(ipaddress.ip_address(host)) if host[0].isdigit() else x509.DNSName(host)
    root = _signed(issuer, issuer, authority.public_key(), authority,
                   x509.BasicConstraints(ca=True, path_length=0), _SIGNS)  # fmt: skip
    leaf = _signed(x509.Name([]), issuer, own.public_key(), authority, x509.SubjectAlternativeName([name]))
    (folder / "ca.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))
    key = own.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "server.pem").write_bytes(leaf.public_bytes(serialization.Encoding.PEM) + key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context


_SIGNS = x509.KeyUsage(digital_signature=False, content_commitment=False, key_encipherment=False,
                       data_encipherment=False, key_agreement=False, key_cert_sign=True, crl_sign=True,
                       encipher_only=False, decipher_only=False)  # fmt: skip
"""Without it an authority is none: RFC 5280, 4.2.1.3, which Python asks for since 3.13."""


def _signed(subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey,
            signer: ec.EllipticCurvePrivateKey, *extensions: x509.ExtensionType) -> x509.Certificate:  # fmt: skip
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
        .serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )  # fmt: skip
    for each in extensions:
        built = built.add_extension(each, critical=True)
    return built.sign(signer, hashes.SHA256())
