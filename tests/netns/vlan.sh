#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# VLANs: missiu on the interface of a VLAN, on one of a VLAN inside a VLAN
# (802.1ad, QinQ), and on the interface below both, at the same time; all use
# the same SPIs and keys. Frames of a VLAN are not for the interface below.
#
#	      eth0      10.9.0.1 ------- 10.9.0.2  eth0
#	[ a ] eth0.5    10.5.0.1  tag 5  10.5.0.2  eth0.5    [ b ]
#	      eth0.7.8  10.7.0.1 tags 7,8 10.7.0.2 eth0.7.8
#
# Where the kernel has no 802.1Q, a program puts the tags on and off.
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24

vlan() { # HOST PARENT NAME ADDR TAG...
	local h=$1 parent=$2 name=$3 addr=$4 below proto
	shift 4
	if on "$h" ip link add link "$parent" name "$name" type vlan proto 802.1Q \
		id "${!##*:}" 2>/dev/null; then
		on "$h" ip link del "$name"
		while [ $# -gt 1 ]; do
			below=$parent.${1##*:} proto=802.1Q
			[ "${1%:*}" = 8100 ] || proto=802.1ad
			on "$h" ip link add link "$parent" name "$below" type vlan \
				proto $proto id "${1##*:}"
			on "$h" ip link set "$below" up
			parent=$below
			shift
		done
		on "$h" ip link add link "$parent" name "$name" type vlan id "${1##*:}"
	else
		bg "$h" "$name" "$PY" "$ROOT/tests/netns/vlan_link.py" \
			"$parent" "$name" "$@"
		wait_log 5 "$h" "$name" ready || return
	fi
	addrs "$h" "$name" "$addr"
}
n=1
for h in a b; do
	check "$h: VLAN 5" vlan $h eth0 eth0.5 10.5.0.$n/24 8100:5
	check "$h: VLAN 8 in 7" vlan $h eth0 eth0.7.8 10.7.0.$n/24 88a8:7 8100:8
	n=2
done
check "VLAN 5 works" on a ping -c 1 -W 2 10.5.0.2
check "VLAN 8 in 7 works" on a ping -c 1 -W 2 10.7.0.2

E=0x000102030405060708090a0b0c0d0e0f A=0x00112233445566778899aabbccddeeff00112233
rules() { # LOCAL REMOTE SPI SPI
	cat <<-END
	{ laddr $1 raddr $2 } ipsec { encr_algs aes encr_auth_algs sha1 }
	add $1 $2 esp $3 -m transport -E aes-cbc $E -A hmac-sha1 $A;
	add $2 $1 esp $4 -m transport -E aes-cbc $E -A hmac-sha1 $A;
	END
}
for i in eth0:9 eth0.5:5 eth0.7.8:7; do
	net=10.${i##*:}.0 if=${i%:*}
	rules $net.1 $net.2 0x1001 0x1002 | conf "a-$if" >/dev/null
	rules $net.2 $net.1 0x1002 0x1001 | conf "b-$if" >/dev/null
	for h in a b; do
		check "$h: missiu on $if" on $h missiu -i $if \
			-l "$T/$h-$if-missiu.log" --auto start
		check "$h: policies on $if" on $h loadConfig -i $if -f "$T/$h-$if.conf"
	done
done

capture b eth0 wire
for net in 9 5 7; do
	check "10.$net.0.2: ping" on a ping -c 3 -i 0.1 -W 2 10.$net.0.2
	check "10.$net.0.2: TCP" transfer a 10.$net.0.2 b 200000
done
capture_end b wire
no_packets "nothing in clear" wire \
	'(ip and not ip proto 50) or (vlan 5 and ip and not ip proto 50) or
	(vlan 7 and vlan 8 and ip and not ip proto 50)'
for f in 'ip proto 50' 'vlan 5 and ip proto 50' 'vlan 7 and vlan 8 and ip proto 50'; do
	check "ESP on the wire: $f" test "$(packets wire "$f")" -gt 50
done

count() { # IF: packets decapsulated on b; and all drops
	on b missiu -i "$1" status --json |
		jq -r '"\(.traffic.in_packets) \(.drops.total // 0)"'
}
for if in eth0 eth0.5 eth0.7.8; do
	like "b: $if dropped nothing it received" \
		"$(on b missiu -i $if status --json | jq -c .drops)" \
		'^\{("TapMulticast":[0-9]+,)?"total":[0-9]+\}$'
done

# --------------------------- a frame for the parent, sent again with tags on ---
# No replay check with manual keys. The last two are for it: a priority is no
# VLAN. They come last, so the others had their chance before them.
settled() { [ "$(on b missiu -i eth0 status --json | jq .traffic.in_packets)" -ge $((before + 2)) ]; }
capture a eth0 esp 'ip proto 50'
on a ping -c 1 -W 2 10.9.0.2 >/dev/null
capture_end a esp
before=$(on b missiu -i eth0 status --json | jq .traffic.in_packets)
drops=$(on b missiu -i eth0 status --json | jq '.drops | del(.TapMulticast, .total)')
# Its guard would not let them out.
check "a: missiu on eth0 stops" on a missiu -i eth0 stop
check "frames are sent again" on a "$PY" "$ROOT/tests/netns/tag_again.py" \
	"$T/esp.pcap" eth0 8100:5 8100:4095 88a8:5 88a8:7,8100:8 8100:5,8100:5 \
	8100:0 -
check "the priority-tagged and the bare one arrive" wait_for 5 settled
is "the other five do not" "$(on b missiu -i eth0 status --json |
	jq .traffic.in_packets)" $((before + 2))
is "and are not counted as drops: they are not ours" \
	"$(on b missiu -i eth0 status --json | jq '.drops | del(.TapMulticast, .total)')" "$drops"

for h in a b; do
	for if in eth0 eth0.5 eth0.7.8; do
		[ $h$if = aeth0 ] ||
			check "$h: missiu on $if stops" on $h missiu -i $if stop
	done
	is "$h: nothing is left" "$(on $h find /run -name 'missiu*';
		on $h nft list tables)" ""
done
finish
