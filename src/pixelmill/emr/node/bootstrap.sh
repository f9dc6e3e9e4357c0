#!/bin/bash
# Makes a node ready for pixelmill: a Python environment with the locked packages, the project's
# wheel, its configuration; and a network that was really compiled here.
#
#   bootstrap.sh SOURCE [DIGEST]
#
# SOURCE: S3 URI, or folder, of the files that `kedro emr launch` uploads. DIGEST: SHA-256 of the file
# SHA256SUMS among them, from the request that created the cluster, which nobody can change since.
# PIXELMILL_HOME is the folder that everything is put in, /opt/pixelmill where it is not set.
# EMR runs this on every node before Spark is there. Its last line says what failed.
set -euo pipefail

source_of_files=${1:?usage: bootstrap.sh SOURCE [DIGEST]}
digest_of_sums=${2:-}
export PIXELMILL_HOME=${PIXELMILL_HOME:-/opt/pixelmill}
doing="looking at its arguments"

say_what_failed() {
  local status=$?
  if [ "$status" -ne 0 ]; then
    echo "pixelmill's bootstrap failed while $doing (exit status $status); the lines above say why" >&2
  fi
}
trap say_what_failed EXIT

begin() {
  doing=$1
  echo "$(date -u +%H:%M:%S) $doing"
}

is_on_s3() { [[ $1 == s3://* ]]; }

make_home() {
  mkdir -p "$PIXELMILL_HOME" 2>/dev/null || sudo install -d -o "$(id -un)" "$PIXELMILL_HOME"
}

fetch() {
  if is_on_s3 "$1"; then
    aws s3 cp --only-show-errors --recursive --exclude 'logs/*' "$1" "$2"
  else
    mkdir -p "$2" && cp "$1"/* "$2"
  fi
}

# Nothing that was changed since the launch is run, installed or unpacked.
compare_digests() {
  cd "$files"
  if [ -n "$digest_of_sums" ]; then
    echo "$digest_of_sums  SHA256SUMS" | sha256sum --check --strict --quiet
  fi
  sha256sum --check --strict --quiet SHA256SUMS
}

# The Python of the laptop first; another that will do is better than none: the run compares them.
find_python() {
  local name
  for name in "python$PIXELMILL_PYTHON" python3.11 python3.12 python3.13 python3; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
        2>/dev/null; then
      echo "$name"
      return
    fi
  done
  return 1
}

install_python() {
  sudo dnf install --quiet --assumeyes "python$PIXELMILL_PYTHON" "python$PIXELMILL_PYTHON-pip" >&2 ||
    echo "dnf has no python$PIXELMILL_PYTHON" >&2
}

# Packages from a folder of wheels, for nodes that reach nothing but S3; or from another index.
use_index() {
  if is_on_s3 "$1"; then
    aws s3 cp --only-show-errors --recursive "$1" "$PIXELMILL_HOME/wheels"
    export PIP_NO_INDEX=1 PIP_FIND_LINKS=$PIXELMILL_HOME/wheels
  else
    export PIP_INDEX_URL=$1
  fi
}

begin "making the folder $PIXELMILL_HOME"
make_home
files=$PIXELMILL_HOME/files
mkdir -p "$files"

begin "fetching the project's files from $source_of_files"
fetch "${source_of_files%/}" "$files"

begin "comparing the files with the digests of the launch"
(compare_digests)
# shellcheck source=/dev/null
. "$files/launch.env"

begin "looking for a Python from 3.11 to 3.13 with its venv module"
if is_on_s3 "$source_of_files" && ! command -v "python$PIXELMILL_PYTHON" >/dev/null; then
  install_python
fi
python=$(find_python) || { echo "there is no such Python on this node" >&2; exit 1; }
"$python" --version

begin "making a Python environment"
"$python" -m venv --clear "$PIXELMILL_HOME/venv"
pip=("$PIXELMILL_HOME/venv/bin/python" -m pip -qq --disable-pip-version-check install --no-deps)

begin "installing the locked packages"
if [ -n "${PIXELMILL_INDEX:-}" ]; then use_index "$PIXELMILL_INDEX"; fi
"${pip[@]}" --require-hashes --requirement "$files/requirements.lock"

begin "installing the project's wheel"
"${pip[@]}" "$files/$(sed -n 's/^[0-9a-f]*  \(.*\.whl\)$/\1/p' "$files/SHA256SUMS")"

begin "unpacking the configuration"
tar --extract --gzip --file "$files/configuration.tar.gz" --directory "$PIXELMILL_HOME"
cp "$files/launch.env" "$files/environment.sh" "$files/run.sh" "$PIXELMILL_HOME"
if is_on_s3 "$source_of_files"; then  # whoever logs in can type `kedro run --env emr`
  echo ". $PIXELMILL_HOME/environment.sh && cd $PIXELMILL_HOME" |
    sudo tee /etc/profile.d/pixelmill.sh >/dev/null
fi
chmod -R a+rX "$PIXELMILL_HOME"  # Spark's executors belong to another user

begin "importing the project and compiling a network"
cd "$PIXELMILL_HOME"
TF_CPP_MIN_LOG_LEVEL=3 "$PIXELMILL_HOME/venv/bin/python" -m pixelmill.emr.node_check

doing="done"
echo "pixelmill is ready in $PIXELMILL_HOME"
