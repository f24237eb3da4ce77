#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A build with LEGACY=1: DES, Blowfish and MD5 work there, against scapy's, and
# the want of OpenSSL's legacy provider is explained. The ordinary build, in
# $BIN, has none of them and says so.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
O=${LEGACY_O:-$(realpath -m "$(make -s --no-print-directory show-BUILD)")/legacy}
LAYERS="crypto policy ipsec"

mapfile -t units < <(for l in $LAYERS; do ls tests/unit/"${l}"_*_test.c; done)
units=("${units[@]/%.c/}")
check "make LEGACY=1" make --no-print-directory LEGACY=1 WERROR=1 O="$O" \
	"${units[@]/#/$O/}" "$O/bin/loadConfig" test-tools || finish
for u in "${units[@]}"; do
	check "${u##*/}" "$O/$u"
done

if [ -n "${CI:-}" ] || $PY -c 'import scapy' 2>/dev/null; then
	$PY tests/interop/scapy_esp.py "$O/tests/interop/esp_tool" \
		des-md5 blowfish128-md5 blowfish448-sha1 >"$T/scapy" 2>&1
	is "scapy and we open each other's packets" \
		"$(grep -c '^ok' "$T/scapy") $(grep -v '^ok' "$T/scapy")" \
		"90 1..90"
else
	skip "scapy and we open each other's packets" "no python3-scapy"
fi

f=$(conf policy <<<"{ raddr 10.0.0.1 } ipsec { encr_algs des encr_auth_algs md5 }")
check "its policy language has the words" "$O/bin/loadConfig" -n -f "$f"
check_not "that of the ordinary build has not" loadConfig -n -f "$f"
like "and says how to get them" "$(cat "$T/check.out")" \
	':1:28: found des, which this build lacks, .*make LEGACY=1$'

tool() {
	printf '%s\n' "conf { raddr 10.9.0.2 } ipsec { encr_algs $1 }" \
		"sa out transport 4660 $1 0102030405060708 sha1 $(
			printf '%040d' 7
		) 0 10.9.0.1 10.9.0.2" | "${@:2}" "$O/tests/interop/esp_tool"
}
is "with OpenSSL's legacy provider a DES key works" \
	"$(tool des env | tail -n1)" ok
like "without it, the reason is given" \
	"$(tool des env OPENSSL_MODULES=/nonexistent | tail -n1)" \
	"des needs OpenSSL's legacy provider \(legacy\.so\)"
is "and what needs none of it works" \
	"$(tool 3des env OPENSSL_MODULES=/nonexistent | head -n1)" ok
finish
