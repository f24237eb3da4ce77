#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two clients behind the same NAT talk to one server at the same time, so that all
# their packets come from one address: in tunnel mode, where the addresses inside
# tell them apart, and in transport mode, where only the ports of their flows do
# (sa unique). The NAT also gives port 4500 to one of them only.
#
#	lo 10.1.1.1  [ c1 ]--eth0 192.168.3.11 --- .1 in1 [     ]           lo 10.2.0.1
#	                                                  [ nat ] out0 --- eth0 [ b ]
#	lo 10.1.2.1  [ c2 ]--eth0 192.168.4.12 --- .1 in2 [     ]      10.5.0.2
#	                             masquerades both as 10.5.0.1
. "$(dirname "$0")/../lib.sh"
need_root
need nft jq

PSK=swordfish-swordfish
B=10.5.0.2
host c1
host c2
host nat
host b
link c1 eth0 192.168.3.11/24 nat in1 192.168.3.1/24
link c2 eth0 192.168.4.12/24 nat in2 192.168.4.1/24
link nat out0 10.5.0.1/24 b eth0 $B/24
addrs c1 lo 10.1.1.1/32
addrs c2 lo 10.1.2.1/32
addrs b lo 10.2.0.1/32
on c1 ip route add default via 192.168.3.1
on c2 ip route add default via 192.168.4.1
on nat sysctl -qw net.ipv4.ip_forward=1
check "NAT works" on nat nft -f - <<'END'
table ip nat {
	chain post {
		type nat hook postrouting priority 100;
		oif "out0" masquerade
	}
}
END
declare -A ADDR=([c1]=192.168.3.11 [c2]=192.168.4.12 [b]=$B)

start() { # WHAT HOST POLICY
	check "$1: $2: suite" suite "$2" eth0 "$(conf "$2" <<<"$3")" --auto
	check "$1: $2: ike" ike_on "$2" --id "$2.example.org" -p $PSK \
		"${ADDR[$2]}"
}

drops() { # what b has thrown away but the stack's own noise
	on b missiu -i eth0 status --json | jq -c '.drops | del(.total,
		.TapMulticast) | with_entries(select(.value > 0))'
}

# both WHAT SERVER SOURCE1 SOURCE2: paced traffic of both clients at once
both() {
	local h src
	bg b paced "$PY" "$ROOT/tests/paced.py" serve "$2" 7100
	wait_log 5 b paced ready
	for h in c1 c2; do
		src=$3
		[ $h = c1 ] || src=$4
		bg $h run "$PY" "$ROOT/tests/paced.py" run "$2" 7100 3 "$src" \
			300 1000000
	done
	for h in c1 c2; do
		wait_log 30 $h run 'same='
		note "$h: $(log_of $h run)"
		like "$1: $h: no datagram is lost or doubled" "$(log_of $h run)" \
			'udp=([0-9]+)/\1 twice=0 '
		like "$1: $h: TCP is whole" "$(log_of $h run)" 'same=yes'
	done
	is "$1: b dropped nothing" "$(drops)" "{}"
	is "$1: b sees two peers at one address" "$(on b ike status --json |
		jq -c '[.ike_sas[] | select(.state == "ESTABLISHED")] |
		[([.[].remote.address] | unique), ([.[].remote.port] | unique |
		length), ([.[].remote_id] | sort)]')" \
		'[["10.5.0.1"],2,["c1.example.org","c2.example.org"]]'
	quit b paced
	for h in c1 c2 b; do
		check "$1: $h: ike ends" quit $h ike
		check "$1: $h: missiu stops" on $h missiu -i eth0 stop
		check "$1: $h: nothing is left" nothing_left $h
	done
}

start tunnel c1 "{ laddr 10.1.1.1 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm tladdr ${ADDR[c1]} traddr $B }"
start tunnel c2 "{ laddr 10.1.2.1 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm tladdr ${ADDR[c2]} traddr $B }"
start tunnel b "{ laddr 10.2.0.0/24 raddr 10.1.0.0/16 } ipsec
	{ encr_algs gcm tladdr $B }"
both tunnel 10.2.0.1 10.1.1.1 10.1.2.1

for h in c1 c2; do
	start transport $h "{ raddr $B ulp udp rport 7100 } ipsec
		{ encr_algs gcm sa unique }
		{ raddr $B ulp tcp rport 7100 } ipsec { encr_algs gcm sa unique }"
done
start transport b "{ laddr $B raddr 10.5.0.1 ulp udp lport 7100 } ipsec
	{ encr_algs gcm sa unique }
	{ laddr $B raddr 10.5.0.1 ulp tcp lport 7100 } ipsec
	{ encr_algs gcm sa unique }"
both transport $B ${ADDR[c1]} ${ADDR[c2]}
finish
