# shellcheck shell=bash
# What a shell on the cluster needs to run the project; steps and people who log in source it.
PIXELMILL_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PIXELMILL_HOME

set -a
# shellcheck source=/dev/null
. "$PIXELMILL_HOME/launch.env"
set +a

# The cluster brings Spark. It is not there yet when the bootstrap runs, so it is looked for here.
export SPARK_HOME=${SPARK_HOME:-/usr/lib/spark}
PYTHONPATH=$(printf '%s:' "$SPARK_HOME/python" "$SPARK_HOME"/python/lib/{pyspark,py4j-*-src}.zip)
export PYTHONPATH=${PYTHONPATH%:}

# One Python for the driver and for all executors.
export PATH=$PIXELMILL_HOME/venv/bin:$PATH
export PYSPARK_PYTHON=$PIXELMILL_HOME/venv/bin/python
export PYSPARK_DRIVER_PYTHON=$PYSPARK_PYTHON
