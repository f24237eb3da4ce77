#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A tunnel with strongSwan whose child SA is replaced every 2 s and whose IKE SA
# every 5 s, by us, by strongSwan: numbered UDP and a TCP stream lose nothing. Nor
# do they when both are told to replace them at the same moment, again and again.
# REKEY_SECONDS=60 makes it long, and has both do so by time, too.
#
# charon has one thread for its UDP socket, of which nobody can enlarge the
# buffer: what the kernel counts as overflow there is no loss by rekeying. Nor is
# what it counts itself: packets of SAs that it doesn't have, or has no more.
# charon takes an answer with the number of the request that it is working on
# for a repetition and waits for the next one: that costs time, and no packet.
#
#	lo 10.1.0.1                                lo 10.2.0.1
#	[ us ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ ss: strongSwan ]
#	   tap0                                      ipsec0
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need jq
need_strongswan

PSK=swordfish-swordfish
SECONDS_EACH=${REKEY_SECONDS:-6}
RATES=${REKEY_RATES:-300 300000}

host us
host ss
link us eth0 10.9.0.1/24 ss eth0 10.9.0.2/24
addrs us lo 10.1.0.1/32
addrs ss lo 10.2.0.1/32
check "strongSwan starts" ss_start ss
us_conf=$(conf us <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm keylength 16 tladdr 10.9.0.1 traddr 10.9.0.2 }')
check "our side starts" suite us eth0 "$us_conf" --auto
bg ss paced "$PY" "$ROOT/tests/paced.py" serve 10.2.0.1 7100
wait_log 5 ss paced ready

drops() {
	on us missiu -i eth0 status --json | jq -c '.drops | del(.total,
		.TapMulticast) | with_entries(select(.value > 0))'
}

overflows() { # what charon was too slow to read
	on ss nstat -az UdpRcvbufErrors | awk '/Udp/ { print $2 }'
}

# What charon threw away itself before it was sealed: it had no SA for it.
unsent() {
	grep -cE 'could not find an outbound IPsec SA|no matching outbound IPsec policy for 10\.' \
		"$T/ss-charon.log"
}

unknown() { # what it got from us and had no SA for
	grep -c 'does not belong to an installed SA' "$T/ss-charon.log"
}

# whole OUTPUT LOST: no datagram is missing, but for those that charon lost
whole() {
	local sent returned
	[[ $1 =~ udp=([0-9]+)/([0-9]+)\ twice=0\  ]] || return
	sent=${BASH_REMATCH[1]} returned=${BASH_REMATCH[2]}
	[ "$sent" -gt 0 ] && [ $((sent - returned)) -le "$2" ]
}

# ss_rekeys IKE_SECONDS CHILD_SECONDS: its connection; 0: it leaves that to us
ss_rekeys() {
	ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
		aes128gcm16-prfsha256-x25519 aes128gcm16-x25519 $PSK |
		sed -e "s/^\(\t*\)version = 2/&\n\1rekey_time = $1\n\1rand_time = 0\n\1over_time = 600/" \
		    -e "s/^\(\t*\)mode = tunnel/&\n\1rekey_time = $2\n\1rand_time = 0\n\1life_time = 600/"
}

# provoke SECONDS: both replace the child, about at the same time; by turns also the
# IKE SA
provoke() {
	local end=$((SECONDS + $1)) n=0
	while [ $SECONDS -lt $end ]; do
		n=$((n + 1))
		swan ss --rekey --child net >/dev/null 2>&1 &
		read -r -t 0.0$((RANDOM % 8)) _ <>"$TICK"
		on us ike rekey 10.9.0.2 >/dev/null 2>&1
		wait $!
		[ $((n % 4)) -ne 0 ] || swan ss --rekey --ike net >/dev/null 2>&1
		read -r -t 0.2 _ <>"$TICK"
	done
}

# traffic NAME SECONDS [COMMAND...]: loses nothing while the command runs
traffic() {
	local what=$1 time=$2 out=$T/paced.out before over unknown unsent pid
	shift 2
	before=$(drops) over=$(overflows) unknown=$(unknown) unsent=$(unsent)
	# shellcheck disable=SC2086
	on us timeout $((time + 40)) "$PY" "$ROOT/tests/paced.py" \
		run 10.2.0.1 7100 "$time" 10.1.0.1 $RATES >"$out" &
	pid=$!
	[ $# -eq 0 ] || "$@"
	wait $pid
	over=$(($(overflows) - over)) unsent=$(($(unsent) - unsent))
	note "$(cat "$out")" "charon's socket overflowed $over times," \
		"it had no SA to send with $unsent times"
	check "$what: no datagram is lost or doubled" whole "$(cat "$out")" \
		$((over + unsent))
	like "$what: TCP is whole" "$(cat "$out")" 'same=yes'
	is "$what: we dropped nothing" "$(drops)" "$before"
	is "$what: strongSwan had each SA that we sent on" "$(unknown)" "$unknown"
}

# try NAME OUR_OPTIONS ITS_IKE_SECONDS ITS_CHILD_SECONDS SECONDS [COMMAND...]
try() {
	local what=$1 time=$5 child ike
	check "$1: strongSwan loads" ss_load ss < <(ss_rekeys "$3" "$4")
	# shellcheck disable=SC2086
	check "$1: ike" ike_on us $2 -p $PSK 10.9.0.1
	check "$1: ping" on us ping -c 1 -W 3 -I 10.1.0.1 10.2.0.1
	shift 5
	traffic "$what" "$time" "$@"
	child=$(log_of us ike | grep -c 'CHILD_SA created')
	ike=$(log_of us ike | grep -c 'IKE_SA Created')
	note "children $child, IKE SAs $ike"
	check "$what: children were replaced" test "$child" -ge $((time / 3 + 1))
	check "$what: the IKE SA was replaced" test "$ike" -ge $((time / 6 + 1))
	unlike "$what: nothing failed" "$(log_of us ike)" 'ailed|lifetime over'
	check "$what: ike ends" quit us ike
	swan ss --terminate --ike net --force >/dev/null 2>&1
}

try "we replace" "-L 3 -l 6" 0 0 "$SECONDS_EACH"
try "strongSwan replaces" "" 5 2 "$SECONDS_EACH"
try "both at once" "" 0 0 "${REKEY_SECONDS:-4}" provoke "${REKEY_SECONDS:-4}"
if [ -n "${REKEY_SECONDS:-}" ]; then
	try "both by time" "-L 3 -l 6" 5 2 "$SECONDS_EACH"
fi
check "our side ends" on us missiu -i eth0 stop
check "nothing is left" nothing_left us
finish
