"""The source bundle: everything that the image is built from, and nothing else."""

import io
import zipfile

import pytest
import yaml

from pixelmill.beanstalk.bundle import make_bundle
from pixelmill.errors import InputError
from tests.conftest import ROOT
from tests.deploy.dockerfile import context_files, read_stages


def files(content):
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_the_bundle_holds_what_compose_and_dockerfile_name():
    found = files(make_bundle(ROOT))
    (service,) = yaml.safe_load(found["docker-compose.yml"])["services"].values()
    assert service["build"]["context"] == "."
    stages = read_stages(found[service["build"]["dockerfile"]].decode())
    names = [
        path.relative_to(ROOT).as_posix() for stage in stages for path in context_files(stage, ROOT)
    ]
    for name in names:
        assert any(each == name or each.startswith(f"{name}/") for each in found), name
    assert "src/pixelmill/serving/command.py" in found
    others = {name for name in found if not any(name.startswith(each) for each in names)}
    assert others == {
        "docker-compose.yml",
        "deploy/Dockerfile",
        ".ebextensions/instance-metadata.config",
    }
    assert ".env" not in found  # else Elastic Beanstalk writes none


def test_machines_demand_imdsv2_and_let_a_container_reach_it():
    found = files(make_bundle(ROOT))[".ebextensions/instance-metadata.config"]
    template = yaml.safe_load(found)["Resources"]["AWSEBEC2LaunchTemplate"]
    options = template["Properties"]["LaunchTemplateData"]["MetadataOptions"]
    assert options == {"HttpTokens": "required", "HttpPutResponseHopLimit": 2}


def test_the_same_files_make_the_same_bundle(project):
    first = make_bundle(project)
    for path in project.rglob("*"):
        path.touch()
    (project / "src" / "pixelmill" / "__pycache__").mkdir(exist_ok=True)
    (project / "src" / "pixelmill" / "__pycache__" / "x.pyc").write_bytes(b"x")
    assert make_bundle(project) == first


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match=r"Dockerfile cannot be read .*run the command in the"):
        make_bundle(tmp_path)
