"""Certificates for encryption between nodes."""

import io
import socket
import ssl
import threading
import zipfile

import pytest

from pixelmill.emr.certificates import make_certificates, node_names


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory):
    """Folder of the files of a zip for Ireland."""
    folder = tmp_path_factory.mktemp("certificates")
    with zipfile.ZipFile(io.BytesIO(make_certificates("eu-west-1"))) as archive:
        archive.extractall(folder)
    return folder


def test_the_zip_has_the_files_that_emr_expects(unpacked):
    assert {path.name for path in unpacked.iterdir()} == {
        "privateKey.pem",
        "certificateChain.pem",
        "trustedCertificates.pem",
    }


@pytest.mark.parametrize(
    ("region", "names"),
    [("us-east-1", "*.ec2.internal"), ("eu-west-1", "*.eu-west-1.compute.internal")],
)
def test_it_is_for_all_nodes_of_the_region(region, names):
    assert node_names(region) == names


def test_a_node_trusts_another_and_nobody_else(unpacked):
    node = "ip-10-0-0-1.eu-west-1.compute.internal"
    assert handshake(unpacked, node) == "TLSv1.3"
    with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
        handshake(unpacked, "ip-10-0-0-1.us-west-2.compute.internal")


def handshake(folder, name):
    """Connects to a server with the key and certificate, which must be that of `name`."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "certificateChain.pem", folder / "privateKey.pem")
    client = ssl.create_default_context(cafile=folder / "trustedCertificates.pem")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=answer_once, args=(server, listening))
        thread.start()
        try:
            with (
                socket.create_connection(listening.getsockname()) as plain,
                client.wrap_socket(plain, server_hostname=name) as connection,
            ):
                return connection.version()
        finally:
            thread.join()


def answer_once(context, listening):
    plain, _ = listening.accept()
    with plain:
        try:
            context.wrap_socket(plain, server_side=True).close()
        except OSError:  # the client refused
            return
