#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ARP and neighbour discovery on the TAP, as the host's own kernel does them:
# whatever it asks for is answered, and no address of its own is taken away.
#
#	tap0 10.1.0.1, 10.1.0.2, fd01::1, fd01::2        lo 10.2.0.1, fd02::1
#	    [ a ]--eth0 10.9.0.1 ------------ 10.9.0.2 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
addrs b lo 10.2.0.1/32,fd02::1/128

E=0x000102030405060708090a0b0c0d0e0f A=0x00112233445566778899aabbccddeeff00112233
rules() { # LOCAL REMOTE LOCAL4 REMOTE4 LOCAL6 REMOTE6 SPI SPI
	cat <<-END
	{ laddr $3 raddr $4 } ipsec { encr_algs aes encr_auth_algs sha1 tladdr $1 traddr $2 }
	{ laddr $5 raddr $6 } ipsec { encr_algs aes encr_auth_algs sha1 tladdr $1 traddr $2 }
	add $1 $2 esp $7 -m tunnel -E aes-cbc $E -A hmac-sha1 $A;
	add $2 $1 esp $8 -m tunnel -E aes-cbc $E -A hmac-sha1 $A;
	END
}
rules 10.9.0.1 10.9.0.2 10.1.0.0/24 10.2.0.0/24 fd01::/64 fd02::/64 0x1001 0x1002 |
	conf a >/dev/null
rules 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 fd02::/64 fd01::/64 0x1002 0x1001 |
	conf b >/dev/null
check "b: suite" suite b eth0 "$T/b.conf" --auto
check "a: suite, routes by hand" suite a eth0 "$T/a.conf"

# Duplicate address detection and announcements as strict as they get.
on a sysctl -qw net.ipv6.conf.tap0.accept_dad=2 net.ipv6.conf.tap0.dad_transmits=1 \
	net.ipv6.conf.tap0.ndisc_notify=1
on a ip link set tap0 up
capture a tap0 tap
for i in 1 2; do
	on a ip addr add 10.1.0.$i/24 dev tap0
	on a ip addr add fd01::$i/64 dev tap0
done
usable() { [ -z "$(on a ip -6 addr show dev tap0 tentative)" ]; }
check "IPv6 addresses become usable" wait_for 10 usable
unlike "none is a duplicate" "$(on a ip -6 addr show dev tap0)" dadfailed
is "all are there" "$(on a ip addr show dev tap0 | grep -cE 'inet6? (10.1|fd01|fe80)')" 5

# What address managers send (RFC 5227): a probe, and announcements as request
# and as reply.
check "probe and announcements" on a "$PY" -c 'import socket
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("tap0", 0))
mac, ip = s.getsockname()[4], bytes([10, 1, 0, 1])
for op, src in (1, bytes(4)), (1, ip), (2, ip):
    s.send(b"\xff" * 6 + mac + b"\x08\x06\0\1\x08\0\6\4\0" + bytes([op])
           + mac + src + bytes(6) + ip)'

# Every form a next hop can have.
try() { # WHAT FAMILY ROUTE... : through it to b, from each address
	local what=$1 fam=$2 dst src=10.1.0. out
	shift 2
	dst=10.2.0.1
	[ "$fam" = 4 ] || { dst=fd02::1 src=fd01::; }
	check "$what: route" on a ip -$fam route add "$@"
	for i in 1 2; do
		out=$(on a ping -c 2 -i 0.1 -W 2 -I $src$i $dst)
		is "$what: from $src$i" "$(replies "$out")" 2/2 || note "$out"
	done
	on a ip -$fam route del "$@"
	on a ip neigh flush dev tap0
}
try "on link" 4 10.2.0.1/32 dev tap0
try "on link" 6 fd02::1/128 dev tap0
try "gateway in the TAP's prefix" 4 10.2.0.0/24 via 10.1.0.254
try "gateway in the TAP's prefix" 6 fd02::/64 via fd01::fe
try "gateway on no prefix" 4 10.2.0.0/24 via 169.254.1.1 dev tap0 onlink
try "link-local gateway" 6 fd02::/64 via fe80::1 dev tap0
on a ip -4 route add 10.2.0.0/24 via inet6 fe80::1 dev tap0 2>/dev/null &&
	on a ip route del 10.2.0.0/24 &&
	try "IPv6 gateway" 4 10.2.0.0/24 via inet6 fe80::1 dev tap0

# Neighbours stay reachable: unicast probes are answered, too.
on a ip route add 10.2.0.0/24 via 10.1.0.254
on a ip -6 route add fd02::/64 via fe80::1 dev tap0
on a ping -c 1 -W 2 10.2.0.1 >/dev/null
on a ping -c 1 -W 2 -I fd01::1 fd02::1 >/dev/null
for n in 10.1.0.254 fe80::1; do
	on a ip neigh change $n dev tap0 nud probe
	probed() { on a ip neigh show $n dev tap0 | grep -q REACHABLE; }
	check "$n: a probe is answered" wait_for 5 probed
done
capture_end a tap
is "they were on the TAP" "$(packets tap \
	'arp and ether broadcast and dst host 10.1.0.1')" 3
is "nobody answers them" "$(packets tap \
	'arp and ether src 02:6d:69:73:73:69 and src host 10.1.0.1')" 0
check "the kernel asked for duplicates" test "$(packets tap \
	'icmp6 and ip6[40] == 135 and src host ::')" -ge 2
drops=$(on a missiu -i eth0 status --json | jq -c '.drops | del(.TapMulticast, .total)')
is "only multicast was dropped" "$drops" '{}'

for h in a b; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
