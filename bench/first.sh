#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make bench: one TCP stream (iperf3) over a bare veth pair, through our tunnel
# and through strongSwan's user-space ESP, all three set up at once and measured
# in turn, so that a slow moment of the machine meets each alike. Prints the
# median of ROUNDS runs of SECS seconds, and writes build/bench/first.csv.
#
#	bare      [ a ]--bare 10.8.0.1 ---------- 10.8.0.2 bare--[ b ]
#	missiu    [ a ]--eth0 10.9.0.1 ---------- 10.9.0.2 eth0--[ b ]
#	              lo 10.1.0.1  == AES-128-GCM tunnel ==  lo 10.2.0.1
#	strongSwan [ c ]--eth0 10.9.0.1 --------- 10.9.0.2 eth0--[ d ]
#	              lo 10.1.0.1  == AES-128-GCM tunnel ==  lo 10.2.0.1
. "$(dirname "$0")/../tests/lib.sh"
. "$(dirname "$0")/../tests/lib-strongswan.sh"
no_tap
ROUNDS=${ROUNDS:-3}
SECS=${SECS:-5}
OUT=${OUT:-$ROOT/build/bench}

give_up() {
	echo "bench: $*" >&2
	show_logs >&2
	exit 1
}
[ "$(id -u)" -eq 0 ] || give_up "needs root"
for p in iperf3 jq swanctl charon-systemd; do
	command -v $p >/dev/null || give_up "$p is not installed: make deps TEST=1"
done

for h in a b c d; do
	host $h
done
link a bare 10.8.0.1/24 b bare 10.8.0.2/24
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
link c eth0 10.9.0.1/24 d eth0 10.9.0.2/24
for h in a c; do addrs $h lo 10.1.0.1/32; done
for h in b d; do addrs $h lo 10.2.0.1/32; done

a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm keylength 16 tladdr 10.9.0.1 traddr 10.9.0.2 }')
b_conf=$(conf b <<<'{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
	{ encr_algs gcm keylength 16 tladdr 10.9.0.2 traddr 10.9.0.1 }')
suite a eth0 "$a_conf" --auto && suite b eth0 "$b_conf" --auto &&
	ike_on a -p swordfish-swordfish 10.9.0.1 &&
	ike_on b -p swordfish-swordfish 10.9.0.2 &&
	on a ping -q -c 2 -W 5 -I 10.1.0.1 10.2.0.1 >/dev/null ||
	give_up "our tunnel does not come up"

ss_start c && ss_start d &&
	ss_load c < <(ss_conn 10.9.0.1 10.9.0.2 10.1.0.0/24 10.2.0.0/24 \
		aes128gcm16-prfsha256-ecp256 aes128gcm16 swordfish-swordfish) &&
	ss_load d < <(ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
		aes128gcm16-prfsha256-ecp256 aes128gcm16 swordfish-swordfish) &&
	swan c --initiate --child net --timeout 10 >/dev/null 2>&1 ||
	give_up "strongSwan's tunnel does not come up"

for h in b d; do
	bg $h iperf iperf3 -s --forceflush
	wait_log 5 $h iperf listening || give_up "iperf3 does not start"
done

mkdir -p "$OUT"
csv=$OUT/first.csv
echo "path,round,mbit_s" >"$csv"

stream() { # NAME ROUND CLIENT SERVER-ADDRESS SOURCE
	local json
	json=$(on "$3" timeout $((SECS + 20)) iperf3 -c "$4" -B "$5" -t "$SECS" \
		-O 1 --json) || give_up "$1: $(jq -r .error <<<"$json")"
	jq -r --arg n "$1" --arg r "$2" '[$n, $r,
		(.end.sum_received.bits_per_second / 1e6 | round)] | @csv' <<<"$json" |
		tr -d '"' | tee -a "$csv" |
		awk -F, '{ printf "  %-12s round %s  %8s Mbit/s\n", $1, $2, $3 }'
}

echo "one TCP stream, $ROUNDS rounds of $SECS s, $(nproc) cores for both ends"
for ((r = 1; r <= ROUNDS; r++)); do
	stream "bare veth" $r a 10.8.0.2 10.8.0.1
	stream missiu $r a 10.2.0.1 10.1.0.1
	stream strongSwan $r c 10.2.0.1 10.1.0.1
done

median() { # NAME
	awk -F, -v n="$1" '$1 == n { print $3 }' "$csv" | sort -n |
		awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}
bare=$(median "bare veth")
swan=$(median strongSwan)
printf '\n%-12s %14s %12s %14s\n' path 'median Mbit/s' 'of bare' 'of strongSwan'
for n in "bare veth" missiu strongSwan; do
	m=$(median "$n")
	awk -v n="$n" -v m="$m" -v b="$bare" -v s="$swan" 'BEGIN {
		printf "%-12s %14d %11.3fx %13.2fx\n", n, m, m / b, m / s }'
done
echo "figures: $csv"
