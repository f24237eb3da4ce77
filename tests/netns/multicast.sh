#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Multicast and broadcast follow policy: a group that a policy names travels
# protected, IPv4 and IPv6, with manual keys; everything else that the host
# sends into the TAP of its own accord ends there, counted.
#
#	lo 10.1.0.1
#	[ a ]--eth0 10.9.0.1, fd09::1 --- 10.9.0.2, fd09::2 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host b
link a eth0 10.9.0.1/24,fd09::1/64 b eth0 10.9.0.2/24,fd09::2/64
addrs a lo 10.1.0.1/32

E=0x000102030405060708090a0b0c0d0e0f A=0x00112233445566778899aabbccddeeff00112233
sas() {
	cat <<-END
	add 10.9.0.1 239.1.1.1 esp 0x1001 -m transport -E aes-cbc $E -A hmac-sha1 $A;
	add fd09::1 ff0e::5 esp 0x1002 -m transport -E aes-cbc $E -A hmac-sha1 $A;
	END
}
conf a >/dev/null < <(
	echo '{ laddr 10.9.0.1 raddr 239.1.1.1 dir out } ipsec { encr_algs aes encr_auth_algs sha1 }'
	echo '{ laddr fd09::1 raddr ff0e::5 dir out } ipsec { encr_algs aes encr_auth_algs sha1 }'
	sas
)
conf b >/dev/null < <(
	echo '{ laddr 239.1.1.1 raddr 10.9.0.1 dir in } ipsec { encr_algs aes encr_auth_algs sha1 }'
	echo '{ laddr ff0e::5 raddr fd09::1 dir in } ipsec { encr_algs aes encr_auth_algs sha1 }'
	sas
)
for h in a b; do
	check "$h: suite" suite $h eth0 "$T/$h.conf" --auto
done
listen() { # HOST NAME GROUP IF: prints what arrives
	bg "$1" "$2" "$PY" -u -c 'import socket, struct, sys
group, dev = sys.argv[1], socket.if_nametoindex(sys.argv[2])
fam = socket.AF_INET6 if ":" in group else socket.AF_INET
s = socket.socket(fam, socket.SOCK_DGRAM)
if fam == socket.AF_INET6:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
s.bind(("", 7777))
g = socket.inet_pton(fam, group)
if fam == socket.AF_INET6:
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, g + struct.pack("I", dev))
else:
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, g + struct.pack("=4si", b"\0" * 4, dev))
print("ready")
while True:
    d, who = s.recvfrom(2000)
    print(d.decode(), "from", who[0])' "$3" "$4"
	wait_log 5 "$1" "$2" ready
}
tell() { # HOST GROUP TEXT [IF [SOURCE]]: where the routes lead, or there
	on "$1" "$PY" -c 'import socket, sys
fam = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
s = socket.socket(fam, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
if len(sys.argv) > 3:
    s.setsockopt(socket.SOL_SOCKET, 25, sys.argv[3].encode())
if len(sys.argv) > 4:
    s.bind((sys.argv[4], 0))
s.sendto(sys.argv[2].encode(), (sys.argv[1], 7777))' "${@:2}"
}
joined() { on b ip maddr show dev eth0 | grep -q "$1"; }
check "b: eth0 listens to the group of IPv4" joined 'inet  239.1.1.1$'
check "b: eth0 listens to the group of IPv6" joined 'inet6 ff0e::5$'
capture b eth0 wire
capture b tap0 inside
listen b g4 239.1.1.1 tap0
listen b g6 ff0e::5 tap0
for i in 1 2 3; do
	tell a 239.1.1.1 "four-$i"
	tell a ff0e::5 "six-$i"
done
check "the group of IPv4 arrives" wait_log 5 b g4 'four-3 from 10.9.0.1'
check "the group of IPv6 arrives" wait_log 5 b g6 'six-3 from fd09::1'

drops() { on a missiu -i eth0 status --json | jq '.drops.TapMulticast // 0'; }
before=$(drops)
tell a 239.1.1.2 other tap0
tell a ff0e::6 other tap0
tell a 255.255.255.255 other tap0
# The group's, but from an address that no policy names.
tell a 239.1.1.1 other tap0 10.1.0.1
counted() { [ "$(drops)" -ge $((before + 4)) ]; }
check "other groups, broadcast, other sources are counted" wait_for 5 counted

capture_end b wire
capture_end b inside
no_packets "and not on the wire, nor is anything in clear" wire 'udp port 7777'
is "six packets of ESP" "$(packets wire 'esp')" 6
is "to the groups' own MAC addresses" \
	"$(packets wire 'esp and ether multicast')" 6
is "up the stack as multicast, too" \
	"$(packets inside 'udp port 7777 and ether multicast')" 6
# ------------------------------------------------------- policies withdrawn ---
check "b: policies gone" on b loadConfig -F -FP
check_not "b: eth0 has left the group" joined 239.1.1.1
for h in a b; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
