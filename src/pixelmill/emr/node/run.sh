#!/bin/bash
# A run on the cluster's primary node:
#
#   run.sh PYTHON SPARK [ARGUMENTS OF kedro run]
#
# PYTHON and SPARK are the laptop's versions, 3.11 and 4.1; the cluster's are compared with them.
# The exit status is that of the run: EMR reports the step, and so the cluster, by it.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$PIXELMILL_HOME"

# EMR takes a cluster without Spark jobs for idle, and a run also works without Spark: it lists
# images, and fits on the driver. This file tells EMR that the node is at work.
metrics=${PIXELMILL_METRICS:-/emr/metricscollector}
pause=${PIXELMILL_METRICS_SECONDS:-60}

mark_busy() { touch "$metrics/isbusy" 2>/dev/null; }

# It runs beside the step: it neither ends with an error nor holds the step's output open.
keep_marking_busy() {
  while true; do mark_busy || true; sleep "$pause"; done </dev/null >/dev/null 2>&1
}

if [ -d "$metrics" ]; then
  mark_busy || echo "warning: $metrics/isbusy cannot be written: EMR may take this cluster for" \
    "idle while the run works without Spark" >&2
  keep_marking_busy &
  marker=$!
  # A trap's last command must not fail: its status would become that of the script.
  trap 'kill "$marker" 2>/dev/null || true' EXIT
fi

python -m pixelmill.emr.versions --python "$1" --spark "$2"
shift 2
kedro run --env emr "$@"
