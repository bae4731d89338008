#!/bin/bash
# Eight tasks, each a share of the bundles, one store on a shared file system.
#   sbatch docs/batch/slurm-array.sh /shared/incidents /shared/store
#SBATCH --job-name=triage
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --mem=8G
#SBATCH --time=04:00:00
#SBATCH --signal=TERM@60

set -euo pipefail
bundles=${1:?bundles}
store=${2:?store}

# All tasks of the array write to one run, named after the array.
exec srun triage batch "$bundles" --out "$store" --shard auto --workers "$SLURM_CPUS_PER_TASK" --quiet

# When all are done:  triage batch --compact --out "$store" && triage fleet "$store"
