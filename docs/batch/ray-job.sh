#!/bin/bash
# One call on a Ray cluster whose nodes have `incident-triage[ray,s3]` installed.
#   docs/batch/ray-job.sh http://HEAD:8265 s3://incidents/nightly/ s3://triage/store

set -euo pipefail
head=${1:?address of the dashboard}
bundles=${2:?bundles}
store=${3:?store}

exec ray job submit --address "$head" -- \
  triage batch "$bundles" --out "$store" --engine ray --address auto --compact --quiet
