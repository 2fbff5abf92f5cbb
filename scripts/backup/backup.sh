#!/bin/sh
# Takes a snapshot now and ships it: `nightporter backup` with the same arguments, for cron. The working directory is
# the node's, where its settings are.
set -eu
exec "${NIGHTPORTER:-$(dirname "$0")/../../.venv/bin/nightporter}" backup "$@"
