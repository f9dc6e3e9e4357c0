#!/bin/bash
# A run on the cluster's primary node:
#
#   run.sh PYTHON SPARK [ARGUMENTS OF kedro run]
#
# PYTHON and SPARK are the laptop's versions, 3.11 and 4.0; the cluster's are compared with them.
set -euo pipefail
# shellcheck source=environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
cd "$PIXELMILL_HOME"

# EMR takes a cluster without Spark jobs for idle, and a run also works without Spark: it lists
# images, and fits on the driver. This file tells EMR that the node is at work.
if [ -d /emr/metricscollector ]; then
  while true; do touch /emr/metricscollector/isbusy; sleep 60; done &
  trap 'kill $!' EXIT
fi

python -m pixelmill.emr.versions --python "$1" --spark "$2"
shift 2
kedro run --env emr "$@"
