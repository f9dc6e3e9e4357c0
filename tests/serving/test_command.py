"""The command: its sentences, and its end."""

import socket
import threading
import time

import pytest
from click.testing import CliRunner

from pixelmill.errors import InputError
from pixelmill.serving.command import command, read_parameters


def sentence_of(*arguments):
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 1
    return done.output.removeprefix("Error: ").strip()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("max_imges=8", "--set max_imges: "),
        ("max_images=0", "--set max_images: "),
        ("max_images", "--set max_images: write NAME=VALUE"),
        ("max_images=100", "max_images is 100, and only 64 images fit into the queue"),
        ("max_body_bytes=1000000000", "lower the one or raise the other"),
        ("cors_origins=[javascript:x]", "--set cors_origins.0: "),
        ("hosts=[https://example.org]", "is not a name without scheme, port and path"),
        ("hosts=[example.org:80]", "is not a name without scheme, port and path"),
    ],
)
def test_an_impossible_parameter_is_one_sentence(change, says):
    with pytest.raises(InputError) as problem:
        read_parameters([change])
    assert says in str(problem.value)
    assert "\n" not in str(problem.value)


def test_parameters_are_read_as_they_are_typed():
    given = read_parameters(["urls=true", "threads=null", "cors_origins=[https://a.org, *]"])
    assert (given.urls, given.threads, given.cors_origins) == (True, None, ("https://a.org", "*"))


def test_lists_are_read_from_the_environment(pets, start_service):
    hosts = "hosts=[example.org, 127.0.0.1],max_images=4"
    service = start_service(pets.model, PIXELMILL_SERVE=hosts)
    assert service.get("/model").json()["limits"]["images"] == 4
    for host, status in (("example.org", 200), ("example.com", 421)):
        assert service.get("/model", headers={"Host": host}).status_code == status


def test_no_room_for_temporary_files_is_one_sentence(pets, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", "/nowhere")
    said = sentence_of(str(pets.model), "--port=0")
    assert said.startswith("the process of the model cannot be started: [Errno 2] No such file")


def test_no_model_is_one_sentence(tmp_path):
    said = sentence_of(str(tmp_path), "--port=0")
    assert said == (
        f"there is no classifier in {tmp_path}: give the folder of one that has a manifest.json, "
        "or run `kedro run` to train one"
    )


def test_a_taken_port_is_one_sentence(pets):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = sentence_of(str(pets.model), f"--port={port}")
    assert said.startswith(f"cannot listen on 127.0.0.1, port {port} (")
    assert said.endswith("give another --host or --port")


def test_a_host_that_is_none_is_one_sentence(pets):
    said = sentence_of(str(pets.model), "--host=a..b")
    assert said.startswith("cannot listen on a..b, port 9797 (")


def test_sigterm_lets_requests_finish(pets, start_service):
    service = start_service(pets.model)
    photos, answers = [pets.photo(number) for number in range(28)], []
    asking = threading.Thread(target=lambda: answers.append(service.post("/classify?k=1", *photos)))
    asking.start()
    time.sleep(0.1)
    assert service.stop() == 0
    asking.join()
    (answer,) = answers
    assert answer.status_code == 200
    assert len(answer.json()["results"]) == 28
    assert all(result["error"] is None for result in answer.json()["results"])
