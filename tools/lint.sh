#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What compilers do not check; prints TAP. Builds nothing but headers.
set -u
cd "$(dirname "$0")/.." || exit 1
n=0 failed=0

lint() { # WHAT COMMAND...: passes when the command succeeds
	local what=$1 out
	shift
	n=$((n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $n - $what"
	else
		echo "not ok $n - $what"
		head -n 60 <<<"$out" | sed 's/^/# /'
		failed=1
	fi
}

skip() {
	n=$((n + 1))
	echo "ok $n - $1 # SKIP $2"
}

have() {
	command -v "$1" >/dev/null
}

c_files() {
	git ls-files --cached --others --exclude-standard -- "$@" |
		while read -r f; do [ -e "$f" ] && echo "$f"; done
}

headers_alone() {
	local h rc=0
	for h in $(c_files 'include/*.h' 'src/*.h'); do
		[ "$h" = src/crypto/mb.h ] && ! [ -e /usr/include/intel-ipsec-mb.h ] &&
			continue
		${CC:-cc} -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Werror \
			-Wno-unused -Wno-pragma-once-outside-header \
			-Iinclude -Isrc -fsyntax-only -x c - <<-END || rc=1
			#include "$h"
			extern int lint_not_empty;
		END
	done
	return $rc
}

spdx() {
	local f rc=0
	for f in $(c_files '*.c' '*.h'); do
		[ "$(head -n1 "$f")" = "/* SPDX-License-Identifier: Apache-2.0 */" ] ||
			{ echo "$f: first line is not the licence line" && rc=1; }
	done
	return $rc
}

# Functions that have no bounds, and marks of unfinished work.
forbidden() {
	! grep -nE '\b(strcpy|strcat|sprintf|vsprintf|strtok|atoi|gets|alloca)\(' \
		$(c_files 'src/*.[ch]' 'include/*.h') &&
		! grep -nE '\b(TODO|FIXME|XXX)\b' \
			$(c_files 'src/*' 'include/*' 'tests/*' 'fuzz/*.c' 'make/*')
}

format() {
	local f rc=0
	for f in $(c_files '*.c' '*.h'); do
		clang-format "$f" | cmp -s - "$f" ||
			{ echo "$f: make format" && rc=1; }
	done
	return $rc
}

scripts() {
	shellcheck -S warning -e SC1090,SC1091,SC2046,SC2086 \
		$(c_files 'tests/*.sh' 'tools/*.sh' 'bench/*.sh' '.ci/run' \
			'tests/run' 'tests/fuzz-one')
}

python_compiles() {
	local f rc=0
	for f in $(c_files '*.py'); do
		/usr/bin/python3 -c 'import ast, sys
ast.parse(open(sys.argv[1]).read(), sys.argv[1])' "$f" || rc=1
	done
	return $rc
}

manuals() {
	local f out rc=0
	for f in $(c_files 'man/*.[1-8]'); do
		out=$(man --warnings -E UTF-8 -l -Tutf8 -Z "$f" 2>&1 >/dev/null)
		[ -z "$out" ] || { echo "$f: $out" && rc=1; }
	done
	return $rc
}

lint "headers compile alone" headers_alone
lint "includes point down the layers" tools/check-includes.sh
o=$(make -s --no-print-directory show-O)
if [ -e "$o/libipsec.a" ] && [ -e "$o/libpolicy.a" ]; then
	lint "ipsec and policy touch nothing outside" \
		tools/check-pure.sh "$o/libipsec.a" "$o/libpolicy.a"
else
	skip "ipsec and policy touch nothing outside" "not built"
fi
lint "licence line in every C file" spdx
lint "no unbounded function, no mark of unfinished work" forbidden
if have clang-format; then
	lint "format as .clang-format says" format
else
	skip "format as .clang-format says" "clang-format is not installed"
fi
if have shellcheck; then
	lint "scripts pass shellcheck" scripts
else
	skip "scripts pass shellcheck" "shellcheck is not installed"
fi
lint "the test runner tells good from bad" tools/check-runner.sh
lint "the benchmark tells reached goals from others" tools/check-bench.sh
lint "Python parses" python_compiles
if have man; then
	lint "manual pages have no warnings" manuals
else
	skip "manual pages have no warnings" "man is not installed"
fi
echo "1..$n"
exit $failed
