#!/bin/sh
# The committed contract names the port that the service listens on.
set -eu
cd "$(dirname "$0")/.."
grep -q '"port": 8000' contract.json && grep -q '^PORT = 8000$' component
