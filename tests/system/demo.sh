#!/bin/sh
# The demo's whole story, with the programs of this build, on ports chosen now.  Usage: demo.sh SOURCE_DIR BUILD_DIR
set -eu
. "$1/tests/lint/tap.sh"
. "$1/tests/ports.sh"
export EL_DEMO_BUILD=$2
free_ports
check 'sh src/demo.sh --once walks the whole story' sh "$1/src/demo.sh" --once --base-port "$free"
tap_end
