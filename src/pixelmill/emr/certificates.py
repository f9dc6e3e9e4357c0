"""Self-signed certificates for encryption between the nodes of a cluster.

EMR's guide, "Providing certificates for encrypting data in transit", names the three files of the
zip: the key, its certificate, and the certificates to trust, here the same one.
"""

import io
import zipfile
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pixelmill.errors import InputError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.x509 import Certificate

LIFE = timedelta(days=3 * 365)  # made once a year: each serves its clusters for two years at least
KEY_BITS = 2048


def node_names(region: str) -> str:
    """Return the names of all nodes of a region, as EC2 gives them."""
    return "*.ec2.internal" if region == "us-east-1" else f"*.{region}.compute.internal"


def make_certificates(region: str) -> bytes:
    """Make a key and its certificate.

    Args:
        region: Region of the cluster whose nodes the certificate is for.

    Returns:
        The zip that EMR expects.

    Raises:
        InputError: If the library that makes them is missing.
    """
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import rsa
    except ImportError as problem:
        raise InputError(
            "certificates cannot be made without the package cryptography: pip install it, or "
            "name a zip of your own with --set certificates=s3://…/certificates.zip"
        ) from problem
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificate = _signed(key, node_names(region))
    public = certificate.public_bytes(serialization.Encoding.PEM)
    return _zipped(
        {
            "privateKey.pem": private,
            "certificateChain.pem": public,
            "trustedCertificates.pem": public,
        }
    )


def _signed(key: "RSAPrivateKey", names: str) -> "Certificate":
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.x509.oid import NameOID

    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names)])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))  # clocks differ
        .not_valid_after(now + LIFE)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(names)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )


def _zipped(files: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()
