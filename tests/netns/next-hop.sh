#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packets that are handed to the link directly go where the kernel's tables say,
# also when these change: the neighbour's address, our own, the route, and when
# an entry is gone.
#
#	[ a ]--eth0 10.9.0.1, fd09::1 --- 10.9.0.2, 10.9.0.3, fd09::2 eth0--[ b ]
#	                                                   10.8.0.1 lo
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need tcpdump

host a
host b
link a eth0 10.9.0.1/24,fd09::1/64 b eth0 10.9.0.2/24,10.9.0.3/24,fd09::2/64
addrs b lo 10.8.0.1/32
on a ip route add 10.8.0.0/24 via 10.9.0.2

E=0x000102030405060708090a0b0c0d0e0f A=0x00112233445566778899aabbccddeeff00112233
sas() { # A B SPI SPI
	echo "add $1 $2 esp $3 -m transport -E aes-cbc $E -A hmac-sha1 $A;"
	echo "add $2 $1 esp $4 -m transport -E aes-cbc $E -A hmac-sha1 $A;"
}
for peer in 10.9.0.2 10.8.0.1 fd09::2; do
	echo "{ raddr $peer } ipsec { encr_algs aes encr_auth_algs sha1 }"
done | cat - <(sas 10.9.0.1 10.9.0.2 0x1001 0x1002) \
	<(sas 10.9.0.1 10.8.0.1 0x1003 0x1004) \
	<(sas fd09::1 fd09::2 0x1005 0x1006) | conf a >/dev/null
for me in 10.9.0.2 10.8.0.1; do
	echo "{ laddr $me raddr 10.9.0.1 } ipsec { encr_algs aes encr_auth_algs sha1 }"
done | cat - <(echo "{ raddr fd09::1 } ipsec { encr_algs aes encr_auth_algs sha1 }") \
	<(sas 10.9.0.1 10.9.0.2 0x1001 0x1002) \
	<(sas 10.9.0.1 10.8.0.1 0x1003 0x1004) \
	<(sas fd09::1 fd09::2 0x1005 0x1006) | conf b >/dev/null
for h in a b; do
	check "$h: suite" suite $h eth0 "$T/$h.conf" --auto
done

pings() { # COUNT ADDRESS
	on a ping -q -n -c "$1" -i 0.01 -W 2 "$2"
}
mac() { # HOST
	on "$1" cat /sys/class/net/eth0/address
}
# esp_frames NAME DESTINATION [SOURCE]: frames of ESP between these
esp_frames() {
	packets "$1" ether dst "$2" and "${3:+ether src $3 and }" \
		'(ip proto 50 or ip6 proto 50)'
}

for p in 10.9.0.2 10.8.0.1 fd09::2; do
	check "$p answers" pings 30 $p
done
capture a eth0 seen
check "packets are sent" pings 10 10.9.0.2
capture_end a seen
is "a capture on the sender shows them" "$(packets seen ip proto 50)" 20

# The neighbour has another address from now on.
capture b eth0 moved ip proto 50
on b ip link set eth0 address 02:00:00:00:00:22
on a ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:22 dev eth0
on a ip -6 neigh replace fd09::2 lladdr 02:00:00:00:00:22 dev eth0
check "its neighbour moved: it answers" wait_for 3 pings 3 10.9.0.2
check "... by IPv6" wait_for 3 pings 3 fd09::2
check "... behind it, too" wait_for 3 pings 3 10.8.0.1
capture_end b moved
check "its new address is used" test "$(esp_frames moved 02:00:00:00:00:22)" -ge 6

# Our own, too.
on b ip neigh replace 10.9.0.1 lladdr 02:00:00:00:00:11 dev eth0
on a ip link set eth0 address 02:00:00:00:00:11
capture b eth0 own ip proto 50
check "its own address changed: answers come" wait_for 3 pings 3 10.9.0.2
check "the new one is used" wait_for 3 pings 3 10.9.0.2
capture_end b own
check "frames bear it" test \
	"$(esp_frames own 02:00:00:00:00:22 02:00:00:00:00:11)" -ge 3

# Entries may go at any time: the kernel looks for the neighbour again.
on a ip neigh del 10.9.0.2 dev eth0
check "the neighbour is found again" wait_for 3 pings 5 10.9.0.2

# Another way to the same peer: a next hop that nobody has.
capture a eth0 way
on a ip neigh replace 10.9.0.3 lladdr 02:00:00:00:00:99 dev eth0
on a ip route replace 10.8.0.0/24 via 10.9.0.3
check_not "a new route leads elsewhere" pings 5 10.8.0.1
capture_end a way
is "all frames went there" "$(esp_frames way 02:00:00:00:00:99)" 5
on a ip route replace 10.8.0.0/24 via 10.9.0.2
check "and back" wait_for 3 pings 5 10.8.0.1

for h in a b; do
	check "$h: stop" on $h missiu -i eth0 stop
done
finish
