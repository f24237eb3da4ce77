#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# asan
# As in a hotel: neither UDP nor ESP passes, and there is a NAT. IKE and ESP go
# over TCP (RFC 9329).
#
#	lo 10.1.0.1                                            lo 10.2.0.1
#	[ a ]--eth0 10.4.0.2 ---- .1 [ wall ] 10.5.0.1 ---- 10.5.0.2 eth0--[ b ]
#	                              lets TCP 4500 pass only,
#	                              masquerades a as 10.5.0.1, from other ports
. "$(dirname "$0")/../lib.sh"
need_root
need nft jq tcpdump ss

host a
host wall
host b
link a eth0 10.4.0.2/24 wall in0 10.4.0.1/24
link wall out0 10.5.0.1/24 b eth0 10.5.0.2/24
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32
on a ip route add default via 10.4.0.1
on wall sysctl -qw net.ipv4.ip_forward=1
check "the wall stands" on wall nft -f - <<'END'
table ip wall {
	chain pass_tcp {
		type filter hook forward priority 0; policy drop;
		tcp dport 4500 accept
		tcp sport 4500 accept
	}
	chain post {
		type nat hook postrouting priority 100;
		oif "out0" ip protocol tcp masquerade to :20000-29999
	}
}
END

a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm tladdr 10.4.0.2 traddr 10.5.0.2 }')
b_conf=$(conf b <<<'{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
	{ encr_algs gcm tladdr 10.5.0.2 traddr 10.5.0.1 }')
check "a: suite" suite a eth0 "$a_conf" --auto --default drop
check "b: suite" suite b eth0 "$b_conf" --auto --default drop
check "a: ike" ike_on a -n 60 --tcp fallback \
	--id a@example.org -p swordfish-swordfish 10.4.0.2
check "b: ike" ike_on b --tcp answer --id b.example.org -p swordfish-swordfish 10.5.0.2

sa_of() { # HOST EXPRESSION
	on "$1" ike status --json | jq -r ".ike_sas[0]$2"
}
# What transfer waits for: our own connection stays.
no_connection() { # HOST
	[ -z "$(on "$1" ss -Htn exclude time-wait exclude listening |
		grep -v :4500)" ]
}
conns() { # HOST: connections on port 4500
	on "$1" ss -Htn state established '( sport = :4500 or dport = :4500 )'
}

capture b eth0 wire
out=$(on a ping -c 5 -i 0.2 -W 12 -I 10.1.0.1 10.2.0.1)
is "the first ping: no packet lost" "$(replies "$out")" 5/5 || note "$out"
is "a: over TCP" "$(sa_of a .transport)" tcp
is "b: over TCP" "$(sa_of b .transport)" tcp
like "a: says why" "$(log_of a ike)" 'no answer on UDP 500 from 10.5.0.2: trying TCP 4500'
like "ike status says so" "$(on a ike status)" 'over TCP'
out=$(on b ping -c 3 -i 0.2 -W 3 -I 10.2.0.1 10.1.0.1)
is "the other way round" "$(replies "$out")" 3/3 || note "$out"
out=$(on a ping -c 3 -i 0.2 -W 3 -s 8000 -I 10.1.0.1 10.2.0.1)
is "large packets" "$(replies "$out")" 3/3 || note "$out"
check "TCP transfer" transfer a 10.2.0.1 b 20000000 10.1.0.1
check "TCP transfer back" transfer b 10.1.0.1 a 20000000 10.2.0.1
capture_end b wire
no_packets "nothing but TCP 4500 on the wire" wire 'ip and not tcp port 4500'

# The connection breaks: another one, the same IKE SA.
spi=$(sa_of b .spi_i)
check "a: the connection is killed" on a ss -K dst 10.5.0.2 dport = 4500
pings() {
	[ "$(replies "$(on "$1" ping -c 1 -W 1 -I "$2" "$3")")" = 1/1 ]
}
check "a reaches b again" wait_for 10 pings a 10.1.0.1 10.2.0.1
check "b reaches a again" wait_for 10 pings b 10.2.0.1 10.1.0.1
is "with the same IKE SA" "$(sa_of b .spi_i)" "$spi"
is "over one connection" "$(conns b | wc -l)" 1
like "b: says so" "$(log_of b ike)" 'peer moved from 10.5.0.1\[2[0-9]+\] to 10.5.0.1\[2[0-9]+\]'
check "b: the connection is killed" on b ss -K dst 10.5.0.1 sport = 4500
check "a reaches b again" wait_for 10 pings a 10.1.0.1 10.2.0.1
is "with the same IKE SA" "$(sa_of a .spi_i)" "$spi"

# SAs are replaced over TCP, by either side.
check "a: IKE SA is rekeyed" on a ike rekey 10.5.0.2
rekeyed() {
	[ "$(sa_of a .spi_i)" != "$spi" ] && [ "$(sa_of a .state)" = ESTABLISHED ]
}
check "a: there is a new one" wait_for 10 rekeyed
check "a reaches b with it" wait_for 5 pings a 10.1.0.1 10.2.0.1
check "b: all is rekeyed" on b ike rekey 10.5.0.1
check "b reaches a with it" wait_for 5 pings b 10.2.0.1 10.1.0.1
is "b: over TCP" "$(sa_of b .transport)" tcp
is "a: over TCP" "$(sa_of a .transport)" tcp

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
