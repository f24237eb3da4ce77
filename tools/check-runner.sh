#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tests/run must not call anything good that is not: each small program here is
# run by it, and the closing line compared.
set -u
cd "$(dirname "$0")/.." || exit 1
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
bad=0

expect() { # CLOSING-LINE EXIT-STATUS PROGRAM
	local out rc
	echo "$3" >"$d/t.sh"
	out=$(LIMIT=1 tests/run script "$d/t.sh" 2>&1)
	rc=$?
	if [ "$(tail -n1 <<<"$out")" != "$1" ] || [ $rc -ne "$2" ]; then
		printf 'for: %s\nexpected: %s, exit %s\ngot (exit %s):\n%s\n\n' \
			"$3" "$1" "$2" $rc "$out"
		bad=1
	fi
}

expect "2 passed, 0 failed" 0 'echo ok 1; echo ok 2; echo 1..2'
expect "1 passed, 1 failed" 1 'echo ok 1; echo not ok 2; echo 1..2; exit 1'
expect "1 passed, 1 failed" 1 'echo ok 1; echo not ok 2; echo 1..2'
expect "1 passed, 0 failed, 1 skipped" 0 \
	'echo ok 1; echo "ok 2 - x # SKIP y"; echo 1..2'
expect "0 passed, 0 failed, 1 skipped" 1 'echo "1..0 # SKIP no device"'
expect "0 passed, 1 failed" 1 'exit 0'
expect "0 passed, 1 failed" 1 'echo 1..0'
expect "1 passed, 1 failed" 1 'echo 1..2; echo ok 1'
expect "1 passed, 1 failed" 1 'echo ok 1'
expect "1 passed, 1 failed" 1 'echo ok 1; echo 1..1; exit 3'
expect "1 passed, 1 failed" 1 'echo ok 1; echo 1..1; kill -SEGV $$'
expect "1 passed, 1 failed" 1 'echo ok 1; sleep 30'
# cmocka prints a plan for each group of tests.
expect "3 passed, 0 failed" 0 'echo 1..2; echo ok 1; echo ok 2; echo 1..1; echo ok 1'
exit $bad
