#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A program writes many datagrams at once (UDP_SEGMENT), as QUIC and RTP servers
# do: they stay together as far as the wire, with DF set and, as the kernel
# leaves it by default, without.
#
#	lo 10.1.0.1                     lo 10.2.0.1
#	[ a ]--eth0 10.9.0.1 --- 10.9.0.2 eth0--[ b ]
#
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump
SEGMENTS=$ROOT/tests/netns/udp_segments.py
COUNT=40 SIZE=300
DEFAULT=1 ALWAYS_DF=2 # IP_PMTUDISC_WANT, _DO

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32
for i in 1 2; do
	h=a o=$((3 - i))
	[ $i -eq 1 ] || h=b
	check "$h: suite" suite $h eth0 "$(conf $h <<<"{ laddr 10.$i.0.0/24
		raddr 10.$o.0.0/24 } ipsec { encr_algs gcm
		tladdr 10.9.0.$i traddr 10.9.0.$o }")" --auto
	check "$h: ike" ike_on $h --encap=udp -p swordfish-swordfish 10.9.0.$i
done
check "ping" on a ping -c 2 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1

# segments NAME MTU-DISCOVER FILTER: all arrive, and most as a few packets
segments() {
	local n
	capture b eth0 "$1"
	bg b "recv-$1" "$PY" "$SEGMENTS" recv 7000 $COUNT
	check "$1: receiver is ready" wait_log 10 b "recv-$1" ready
	check "$1: sent at once" on a "$PY" "$SEGMENTS" send 10.1.0.1 10.2.0.1 \
		7000 $SIZE $COUNT "$2"
	check "$1: all arrive as they were" \
		wait_log 10 b "recv-$1" "$COUNT received"
	capture_end b "$1"
	n=$(packets "$1" "udp dst port 4500 and dst host 10.9.0.2 and $3")
	check "$1: in few packets on the way ($n)" test "$n" -ge 1 -a "$n" -le 4
}
segments df $ALWAYS_DF 'greater 2500 and ip[6:2] = 0x4000'
segments no-df $DEFAULT 'greater 2500 and ip[6:2] = 0'
s=$(on b missiu -i eth0 status --json)
is "none of them was dropped" "$(jq ".drops.total - (.drops.TapMulticast // 0)" <<<"$s")" 0

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
