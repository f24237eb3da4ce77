#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Renders doc/ike-fsm.md from src/ike/rules.def.
#   tools/ike-fsm.sh          write it
#   tools/ike-fsm.sh --check  fail when it is not up to date
set -eu
cd "$(dirname "$0")/.."
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
${CC:-cc} -std=gnu11 -Wall -Wextra -Isrc -o "$dir/fsm" tools/ike-fsm.c
"$dir/fsm" >"$dir/ike-fsm.md"
if [ "${1-}" = --check ]; then
	cmp "$dir/ike-fsm.md" doc/ike-fsm.md || {
		echo "doc/ike-fsm.md is old: run tools/ike-fsm.sh" >&2
		exit 1
	}
else
	cp "$dir/ike-fsm.md" doc/ike-fsm.md
fi
