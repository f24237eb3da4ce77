#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# MOBIKE (RFC 4555): a flow through a tunnel goes on while the outer addresses of
# a, who began, and of b change: another address of the family, the other
# family, another way to b, no address for a while.
#
#	lo 10.1.0.1                                              lo 10.2.0.1
#	[ a ]--eth0 192.0.2.10 --- .1 [ r ] 198.51.100.1 --- .2 eth0--[ b ]
#	     2001:db8:1::10 --- ::1    2001:db8:2::1 --- ::2
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

PSK=swordfish-swordfish
host a
host r
host b
link a eth0 192.0.2.10/24 r in0 192.0.2.1/24,192.0.2.254/24,2001:db8:1::1/64
link r out0 198.51.100.1/24,2001:db8:2::1/64 b eth0 198.51.100.2/24,2001:db8:2::2/64
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32
on r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
on a ip route add default via 192.0.2.1
on b ip route add default via 198.51.100.1
on b ip -6 route add default via 2001:db8:2::1

a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm traddr 198.51.100.2 }')
b_conf=$(conf b <<<'{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
	{ encr_algs gcm tladdr 198.51.100.2 }')
check "a: suite" suite a eth0 "$a_conf" --auto
check "b: suite" suite b eth0 "$b_conf" --auto
check "a: ike" ike_on a --id a.example.org -p $PSK
check "b: ike" ike_on b --id b.example.org -p $PSK

# sa HOST FILTER: of the one IKE SA
sa() {
	on "$1" ike status --json | jq -r ".ike_sas[] | $2"
}
at() { # LOCAL REMOTE: both sides say so
	[ "$(sa a '"\(.local.address) \(.remote.address)"')" = "$1 $2" ] &&
		[ "$(sa b '"\(.local.address) \(.remote.address)"')" = "$2 $1" ]
}

out=$(on a ping -c 3 -i 0.2 -W 3 -I 10.1.0.1 10.2.0.1)
is "the tunnel works" "$(replies "$out")" 3/3 || note "$out"
on a ike status --json >"$T/status.log"
check "between the first addresses" at 192.0.2.10 198.51.100.2
spi=$(sa a '.spi_i')

# A flow of one ping in 20 ms as long as the test takes.
bg a ping ping -i 0.02 -D -O -I 10.1.0.1 10.2.0.1
# later: replies to packets that are sent from now on
later() {
	local from
	from=$(grep -c . "$T/a-ping.log")
	wait_for 10 eval "[ \$(tail -n +$((from + 1)) '$T/a-ping.log' |
		grep -c 'bytes from') -ge 20 ]"
}
# gap: the longest time without a reply, in ms
gap() {
	sed -nE 's/^\[([0-9.]+)\].*bytes from.*/\1/p' "$T/a-ping.log" |
		awk 'NR > 1 && $1 - t > g { g = $1 - t } { t = $1 }
			END { printf "%d\n", g * 1000 }'
}
check "the flow runs" later

# --- another address of the same family, another gateway

on a ip addr del 192.0.2.10/24 dev eth0
on a ip addr add 192.0.2.99/24 dev eth0
on a ip route add default via 192.0.2.254
check "a: another address" wait_for 10 at 192.0.2.99 198.51.100.2
check "the flow goes on" later
note "longest gap so far: $(gap) ms"

# --- the other family

on a ip addr add 2001:db8:1::10/64 dev eth0 nodad
on a ip -6 route add default via 2001:db8:1::1
check "a hears of its new address" wait_log 5 a ike 'listening on 2001:db8:1::10'
on a ip addr del 192.0.2.99/24 dev eth0
check "a: from IPv4 to IPv6" wait_for 10 at 2001:db8:1::10 2001:db8:2::2
check "the flow goes on in IPv6" later
capture b eth0 six
later
capture_end b six
check "ESP over IPv6" test "$(packets six 'ip6 and ip6 proto 50')" -ge 20
no_packets "none over IPv4" six 'ip'
note "longest gap so far: $(gap) ms"

# --- nowhere for a while, then back

on a ip addr flush dev eth0 scope global
check "a: no address" wait_log 5 a ike '2001:db8:1::10 has gone'
on a ip addr add 192.0.2.10/24 dev eth0
on a ip route replace default via 192.0.2.1
check "a: back at the first address" wait_for 10 at 192.0.2.10 198.51.100.2
check "the flow goes on at the first address" later

# --- the responder moves

on b ip addr add 198.51.100.77/24 dev eth0
check "b hears of its new address" wait_log 5 b ike 'listening on 198.51.100.77'
on b ip addr del 198.51.100.2/24 dev eth0
on b ip addr replace 198.51.100.77/24 dev eth0
on b ip route replace default via 198.51.100.1
check "b: another address" wait_for 10 at 192.0.2.10 198.51.100.77
check "the flow goes on to b's other address" later

quit a ping INT
note "$(tail -n 2 "$T/a-ping.log")" "longest gap: $(gap) ms"
is "the same IKE SA all the time" "$(sa a .spi_i)" "$spi"
is "one IKE SA, one pair of SAs" "$(sa a '.children | length')" 1
check "no gap of more than 3 s" test "$(gap)" -lt 3000

# --- afterwards new SAs can be negotiated, of the same IKE SA

check "rekeying child, by the first address" on a ike rekey 198.51.100.2 child
check "rekeying IKE" on b ike rekey 192.0.2.10 ike
out=$(on b ping -c 3 -i 0.2 -W 3 -I 10.2.0.1 10.1.0.1)
is "the other way round" "$(replies "$out")" 3/3 || note "$out"

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
