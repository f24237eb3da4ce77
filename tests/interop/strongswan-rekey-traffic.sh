#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A tunnel with strongSwan whose child SA is replaced every 2 s and whose IKE SA
# every 5 s, by us, by strongSwan: numbered UDP and a TCP stream lose nothing.
# REKEY_SECONDS=60 makes it long.
#
# charon has one thread for its UDP socket, of which nobody can enlarge the
# buffer: what the kernel counts as overflow there is no loss by rekeying.
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

# whole OUTPUT OVERFLOWS: no datagram is missing, but for those
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

# try NAME OUR_OPTIONS ITS_IKE_SECONDS ITS_CHILD_SECONDS
try() {
	local out before over child ike
	check "$1: strongSwan loads" ss_load ss < <(ss_rekeys "$3" "$4")
	# shellcheck disable=SC2086
	check "$1: ike" ike_on us $2 -p $PSK 10.9.0.1
	check "$1: ping" on us ping -c 1 -W 3 -I 10.1.0.1 10.2.0.1
	before=$(drops) over=$(overflows)
	# shellcheck disable=SC2086
	out=$(on us timeout $((SECONDS_EACH + 40)) "$PY" "$ROOT/tests/paced.py" \
		run 10.2.0.1 7100 "$SECONDS_EACH" 10.1.0.1 $RATES)
	over=$(($(overflows) - over))
	note "$out" "charon's socket overflowed $over times"
	check "$1: no datagram is lost or doubled" whole "$out" "$over"
	like "$1: TCP is whole" "$out" 'same=yes'
	is "$1: we dropped nothing" "$(drops)" "$before"
	child=$(log_of us ike | grep -c 'CHILD_SA created')
	ike=$(log_of us ike | grep -c 'IKE_SA Created')
	note "children $child, IKE SAs $ike"
	check "$1: children were replaced" test "$child" -ge $((SECONDS_EACH / 3 + 1))
	check "$1: the IKE SA was replaced" test "$ike" -ge $((SECONDS_EACH / 6 + 1))
	unlike "$1: nothing failed" "$(log_of us ike)" 'ailed|lifetime over'
	check "$1: ike ends" quit us ike
	swan ss --terminate --ike net --force >/dev/null 2>&1
}

try "we replace" "-L 3 -l 6" 0 0
try "strongSwan replaces" "" 5 2
check "our side ends" on us missiu -i eth0 stop
check "nothing is left" nothing_left us
finish
