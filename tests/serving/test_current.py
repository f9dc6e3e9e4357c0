"""The model that answers: started again, replaced, and never mixed with another one."""

import os
import shutil
import signal
import threading
import time

import pytest

BREEDS = ("Abyssinian", "Sphynx", "beagle", "pug")
OTHER = tuple(name.upper() for name in BREEDS)


class Load:
    """Clients that ask all the time, and what they were answered."""

    def __init__(self, service, photo, images=1):
        self.answers, self.failures = [], []
        self._service, self._photo, self._images = service, photo, images
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(4)]

    def _ask(self):
        import requests

        files = [("files", (f"{n}.jpg", self._photo)) for n in range(self._images)]
        with requests.Session() as session:
            while not self._stop.is_set():
                answer = session.post(f"{self._service.url}/classify", files=files, timeout=60)
                if answer.status_code == 200:
                    self.answers.append(answer.json())
                else:
                    self.failures.append(answer.text)

    def __enter__(self):
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()


def wait_for(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.fixture(scope="module")
def watching(pets, start_service, tmp_path_factory):
    """A service that looks at its model all the time, and the folder of that."""
    place = tmp_path_factory.mktemp("watched")
    folder = pets.export(place / "export")
    (place / "temporary").mkdir()
    temporary = {"TMPDIR": str(place / "temporary")}
    return start_service(folder, "--set=reload_seconds=0.2", **temporary), folder


def folders_of_processes(model):
    return list((model.parent / "temporary").glob("pixelmill-model-*"))


@pytest.fixture
def replaceable(watching, pets):
    """The same, with the true names of the breeds whatever the test before has left."""
    service, folder = watching
    if service.get("/model").json()["labels"] != list(BREEDS):
        pets.export(folder)
        wait_for(lambda: service.get("/model").json()["labels"] == list(BREEDS))
    return watching


def test_a_killed_process_costs_no_request_its_answer(replaceable, pets):
    service, model = replaceable
    restarts = service.metric("pixelmill_process_restarts_total")
    with Load(service, pets.photo(0)) as load:
        wait_for(lambda: len(load.answers) > 20)
        for _ in range(2):
            before, worker = len(load.answers), service.worker()
            os.kill(worker, signal.SIGKILL)
            wait_for(lambda before=before: len(load.answers) > before + 20)
            assert service.worker() != worker
    assert load.failures == []
    for answer in load.answers:
        (result,) = answer["results"]
        assert result["error"] is None
        assert result["predictions"][0]["label"] == "Abyssinian"
    assert service.metric("pixelmill_process_restarts_total") == restarts + 2
    wait_for(lambda: len(folders_of_processes(model)) == 1)


def test_a_replaced_model_is_taken_up_between_two_requests(replaceable, pets):
    service, folder = replaceable
    first = service.get("/model").json()["sha256"]
    with Load(service, pets.photo(0), images=3) as load:
        wait_for(lambda: len(load.answers) > 5)
        pets.export(folder, OTHER)
        wait_for(lambda: any(answer["model"] != first for answer in load.answers))
    assert load.failures == []
    second = service.get("/model").json()["sha256"]
    labels = {first: "Abyssinian", second: "ABYSSINIAN"}
    for answer in load.answers:
        for result in answer["results"]:
            assert result["predictions"][0]["label"] == labels[answer["model"]]


def test_a_broken_model_is_refused_and_the_old_one_goes_on(replaceable, pets):
    service, folder = replaceable
    model = service.get("/model").json()["sha256"]
    refused = service.metric('pixelmill_model_reloads_total{result="refused"}')
    (folder / "preparation.npz").write_bytes(b"broken")
    os.utime(folder / "manifest.json")
    wait_for(lambda: service.metric('pixelmill_model_reloads_total{result="refused"}') > refused)
    answer = service.post("/classify", pets.photo(0))
    assert (answer.status_code, answer.json()["model"]) == (200, model)
    shutil.rmtree(folder)
    refused = service.metric('pixelmill_model_reloads_total{result="refused"}')
    wait_for(lambda: service.metric('pixelmill_model_reloads_total{result="refused"}') > refused)
    assert service.post("/classify", pets.photo(0)).json()["model"] == model
    assert "The model that was loaded goes on" in service.log.read_text()
    pets.export(folder, OTHER)
    wait_for(lambda: service.get("/model").json()["sha256"] != model)
    wait_for(lambda: len(folders_of_processes(folder)) == 1)


def test_an_image_that_takes_too_long_is_refused_alone(pets, start_service):
    service = start_service(pets.model, "--set=max_seconds=0.001", "--set=reload_seconds=0")
    worker = service.worker()
    answer = service.post("/classify", pets.photo(0), pets.photo(1))
    assert answer.status_code == 200
    for result in answer.json()["results"]:
        assert result["error"] == "too much time: max_seconds is 0.001"
    wait_for(lambda: service.metric("pixelmill_process_restarts_total") >= 2)
    wait_for(lambda: service.get("/health/ready").status_code == 200)
    assert service.worker() != worker
