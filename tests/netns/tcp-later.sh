#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# asan
# TCP (RFC 9329) when UDP stops half way, all of it over IPv6: a network that lets
# UDP 500 pass and neither 4500 nor ESP, and one that begins to block UDP while a
# tunnel stands; then a goes to another network, where UDP passes.
#
#	lo 10.1.0.1                                                lo 10.2.0.1
#	[ a ]--eth0 2001:db8:1::2 --- ::1 [ wall ] 2001:db8:2::1 --- ::2 eth0--[ b ]
. "$(dirname "$0")/../lib.sh"
need_root
need nft jq tcpdump ss

host a
host wall
host b
link a eth0 2001:db8:1::2/64 wall in0 2001:db8:1::1/64
link wall out0 2001:db8:2::1/64 b eth0 2001:db8:2::2/64
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32
on a ip -6 route add default via 2001:db8:1::1
on b ip -6 route add default via 2001:db8:2::1
on wall sysctl -qw net.ipv6.conf.all.forwarding=1

check "neighbours are known" wait_for 5 on a ping -c 1 -W 1 2001:db8:2::2

wall() { # RULE...: what does not pass
	local rule
	{
		echo 'add table ip6 wall'
		echo 'flush table ip6 wall'
		echo 'add chain ip6 wall pass { type filter hook forward priority 0; }'
		for rule; do
			echo "add rule ip6 wall pass $rule drop"
		done
	} | on wall nft -f -
}

a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm traddr 2001:db8:2::2 }')
b_conf=$(conf b <<<'{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
	{ encr_algs gcm tladdr 2001:db8:2::2 }')
IKE="-p swordfish-swordfish --retransmit 100"
# shellcheck disable=SC2086
start() {
	check "a: suite" suite a eth0 "$a_conf" --auto
	check "b: suite" suite b eth0 "$b_conf" --auto
	check "a: ike" ike_on a $IKE --tcp fallback --id a.example.org
	check "b: ike" ike_on b $IKE --tcp answer --id b.example.org
}
stop() {
	local h
	for h in a b; do
		check "$h: ike ends" quit $h ike
		check "$h: missiu stops" on $h missiu -i eth0 stop
		check "$h: nothing is left" nothing_left $h
	done
}
sa_of() { # HOST EXPRESSION
	on "$1" ike status --json | jq -r ".ike_sas[0]$2"
}
over() { # TRANSPORT: both sides' IKE SA and child SA
	local h tcp=false
	[ "$1" = udp ] || tcp=true
	for h in a b; do
		[ "$(sa_of $h .transport)" = "$1" ] || return
		on $h missiu -i eth0 status --json |
			jq -e "[(.sas[].tcp // false) == $tcp] | all" >/dev/null || return
	done
}
# What transfer waits for: our own connection stays.
no_connection() { # HOST
	[ -z "$(on "$1" ss -Htn exclude time-wait exclude listening |
		grep -v :4500)" ]
}
works() { # WHAT
	local out
	out=$(on a ping -c 3 -i 0.1 -W 5 -I 10.1.0.1 10.2.0.1)
	is "$1: ping" "$(replies "$out")" 3/3 || note "$out"
	check "$1: TCP" transfer a 10.2.0.1 b 1000000 10.1.0.1
}

# --- UDP 500 passes

check "the wall stands" wall 'udp dport 4500' 'udp sport 4500' 'ip6 nexthdr esp'
start
works "half a wall"
check "half a wall: over TCP" over tcp
like "half a wall: a says why" "$(log_of a ike)" \
	'no answer after IKE_SA_INIT on UDP 4500 from 2001:db8:2::2: trying TCP 4500'
unlike "half a wall: nothing failed" "$(log_of a ike)" 'ailed'
stop

# --- the wall grows

check "no wall" wall
start
check "no wall: ping" on a ping -c 1 -W 5 -I 10.1.0.1 10.2.0.1
check "no wall: by UDP" over udp
spi=$(sa_of a .spi_i)
check "the wall grows" wall 'meta l4proto udp' 'ip6 nexthdr esp'
check "a: child is rekeyed, over TCP" on a ike rekey 2001:db8:2::2 child
check "all has moved to TCP" wait_for 5 over tcp
capture b eth0 wire
works "a whole wall"
capture_end b wire
no_packets "nothing but TCP 4500 on the wire" wire \
	'ip6 and not tcp port 4500 and not icmp6'
is "with the same IKE SA" "$(sa_of b .spi_i)" "$spi"
like "a says so" "$(log_of a ike)" 'does not answer: trying TCP'

# --- another network

check "the wall is gone" wall
on a ip addr add 2001:db8:1::99/64 dev eth0 nodad
on a ip addr del 2001:db8:1::2/64 dev eth0
check "it moves to UDP" wait_for 10 over udp
works "another network"
is "with the same IKE SA" "$(sa_of b .spi_i)" "$spi"
is "at the new address" "$(sa_of b .remote.address)" 2001:db8:1::99
stop
finish
