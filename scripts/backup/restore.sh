#!/bin/sh
# Brings a snapshot back while no node runs: `nightporter restore` with the same arguments (local|vps|s3, latest or a
# stamp). The working directory is the node's, where its settings are.
set -eu
exec "${NIGHTPORTER:-$(dirname "$0")/../../.venv/bin/nightporter}" restore "$@"
