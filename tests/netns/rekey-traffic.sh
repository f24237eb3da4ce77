#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A tunnel whose child SA is replaced every 2 s and whose IKE SA every 5 s, by one
# side, by the other, and by both at once, loses no packet, nor does one that is
# authenticated anew: numbered UDP and a TCP stream, both there and back. REKEY_SECONDS=60 makes it long, and adds the
# cases that the short run leaves out.
#
#	lo 10.1.0.1                                lo 10.2.0.1
#	[ a ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ b ]
. "$(dirname "$0")/../lib.sh"
need_root
need jq

PSK=swordfish-swordfish
SECONDS_EACH=${REKEY_SECONDS:-6}
# Enough to keep both data paths from ever being idle when an SA changes.
RATES=${REKEY_RATES:-1000 30000000}
# A child lives 3 s and is replaced after 2; an IKE SA lives 6 s.
CHILD="-L 3"
IKE="-l 6"
# Authenticated anew after 80 to 88 % of 3 s, by the other side after 90 %.
REAUTH="--reauth 3"

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32
a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm tladdr 10.9.0.1 traddr 10.9.0.2 }')
b_conf=$(conf b <<<'{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
	{ encr_algs gcm tladdr 10.9.0.2 traddr 10.9.0.1 }')
check "a: suite" suite a eth0 "$a_conf" --auto
check "b: suite" suite b eth0 "$b_conf" --auto
bg b paced "$PY" "$ROOT/tests/paced.py" serve 10.2.0.1 7100
wait_log 5 b paced ready

drops() { # HOST: what its data path has thrown away, by reason; the stack's
	# own noise does not count
	on "$1" missiu -i eth0 status --json | jq -c '.drops | del(.total,
		.TapMulticast) | with_entries(select(.value > 0))'
}

created() { # HOST KIND: how many the log of its ike names
	log_of "$1" ike | grep -c "$2"
}

# try NAME OPTIONS_OF_A OPTIONS_OF_B
try() {
	local out da db ike child
	# shellcheck disable=SC2086
	check "$1: a: ike" ike_on a $2 -p $PSK 10.9.0.1
	# shellcheck disable=SC2086
	check "$1: b: ike" ike_on b $3 -p $PSK 10.9.0.2
	check "$1: ping" on a ping -c 1 -W 3 -I 10.1.0.1 10.2.0.1
	da=$(drops a) db=$(drops b)
	# shellcheck disable=SC2086
	out=$(on a timeout $((SECONDS_EACH + 40)) "$PY" "$ROOT/tests/paced.py" \
		run 10.2.0.1 7100 "$SECONDS_EACH" 10.1.0.1 $RATES)
	note "$out"
	like "$1: no datagram is lost or doubled" "$out" \
		'udp=([0-9]+)/\1 twice=0 '
	like "$1: TCP is whole" "$out" 'same=yes'
	is "$1: a dropped nothing" "$(drops a)" "$da"
	is "$1: b dropped nothing" "$(drops b)" "$db"
	# What is authenticated anew has new child SAs, too.
	child=$(created a 'CHILD_SA created') ike=$(created a 'IKE_SA Created')
	note "children $child, IKE SAs $ike"
	check "$1: children were replaced" test "$child" -ge $((SECONDS_EACH / 3 + 1))
	check "$1: the IKE SA was replaced" test "$ike" -ge $((SECONDS_EACH / 6 + 1))
	for h in a b; do
		unlike "$1: $h: nothing failed" "$(log_of $h ike)" 'ailed|lifetime over'
		check "$1: $h: ike ends" quit $h ike
	done
}

try "a the child, b the IKE SA" "$CHILD" "$IKE"
try "both both" "$CHILD $IKE" "$CHILD $IKE"
try "both anew" "$REAUTH" "$REAUTH"
if [ -n "${REKEY_SECONDS:-}" ]; then
	try "a anew, b the child" "$REAUTH" "$CHILD"
	try "b anew" "" "$REAUTH"
	try "b the child, a the IKE SA" "$IKE" "$CHILD"
	try "a both" "$CHILD $IKE" ""
	try "b both" "" "$CHILD $IKE"
fi

for h in a b; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
