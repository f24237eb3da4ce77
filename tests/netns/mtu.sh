#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packets of every size, through interfaces and paths of every MTU, in both
# modes and families, with nothing tuned by hand.
#
#	10.1.0.1, fd01::1 lo                                lo 10.2.0.1, fd02::1
#	  [ a ]--eth0 10.9.0.1, fd09::1 --- [ r ] --- 10.8.0.1, fd08::1 eth0--[ b ]
#	                          .254, ::fe       .254, ::fe
#
# The router knows only the outer addresses. Its link to b can be narrower.
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host r
host b
link a eth0 10.9.0.1/24,fd09::1/64 r ra 10.9.0.254/24,fd09::fe/64
link b eth0 10.8.0.1/24,fd08::1/64 r rb 10.8.0.254/24,fd08::fe/64
addrs a lo 10.1.0.1/32,fd01::1/128
addrs b lo 10.2.0.1/32,fd02::1/128
on r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1

gateways() { # of a and b, as an MTU below 1280 takes IPv6 away
	local h n
	for h in a b; do
		n=9
		[ $h = a ] || n=8
		on $h ip addr replace fd0$n::1/64 dev eth0 nodad
		on r ip addr replace fd0$n::fe/64 dev r$h nodad
		on $h ip route replace default via 10.$n.0.254
		on $h ip -6 route replace default via fd0$n::fe
	done
}

mtus() { # A R-A R-B B: of the four ends
	on a ip link set eth0 mtu "$1" && on r ip link set ra mtu "$2" &&
		on r ip link set rb mtu "$3" && on b ip link set eth0 mtu "$4" &&
		gateways 2>/dev/null
	# What hosts and router have learned of the path is forgotten.
	for h in a b r; do
		on $h ip route flush cache
		on $h ip -6 route flush cache
	done
}

# AES-CBC and HMAC-SHA1: 8 + 16 + 12 bytes beside IP header, padding, trailer
K1="-E aes-cbc 0x000102030405060708090a0b0c0d0e0f"
K1+=" -A hmac-sha1 0x000102030405060708090a0b0c0d0e0f10111213"
P="encr_algs aes encr_auth_algs sha1"
declare -A A=([4]=10.9.0.1 [6]=fd09::1) B=([4]=10.8.0.1 [6]=fd08::1)
declare -A AI=([4]=10.1.0.1 [6]=fd01::1) BI=([4]=10.2.0.1 [6]=fd02::1)

keys() { # the same on both sides
	local f
	for f in 4 6; do
		echo "add ${A[$f]} ${B[$f]} esp 0x100$f $K1;"
		echo "add ${B[$f]} ${A[$f]} esp 0x200$f $K1;"
	done
}

load() { # MODE [MORE PROPERTIES]
	local f
	for f in 4 6; do
		if [ "$1" = transport ]; then
			echo "{ laddr ${A[$f]} raddr ${B[$f]} } ipsec { $P }"
		else
			echo "{ laddr ${AI[$f]} raddr ${BI[$f]} } ipsec {
				$P tladdr ${A[$f]} traddr ${B[$f]} ${2-} }"
		fi
	done >"$T/pol"
	{
		echo "flush; spdflush;"
		cat "$T/pol"
		keys
	} | conf a >/dev/null
	sed -e 's/laddr/LADDR/g; s/raddr/laddr/g; s/LADDR/raddr/g' \
		-e 's/tladdr \(.*\) traddr/tladdr \1 traddr/' "$T/a.conf" |
		conf b >/dev/null
	on a loadConfig -f "$T/a.conf" && on b loadConfig -f "$T/b.conf"
}

ends() { # MODE FAMILY: from and to
	if [ "$1" = transport ]; then
		from=${A[$2]} to=${B[$2]}
	else
		from=${AI[$2]} to=${BI[$2]}
	fi
}

start() { # MISSIU-OPTION...
	local h
	for h in a b; do
		on $h missiu -i eth0 -l "$T/$h-missiu.log" "$@" start || return
	done
}

stop() {
	on a missiu -i eth0 stop && on b missiu -i eth0 stop
}

count() { # HOST KEY: of its traffic figures
	on "$1" missiu -i eth0 status --json | jq ".traffic.$2"
}

ping_ok() { # WHAT SIZE [PING-OPTION...]
	local what=$1 out
	shift
	out=$(on a ping -c 3 -i 0.2 -W 3 -I "$from" -s "$@" "$to" 2>&1)
	is "$what" "$(replies "$out")" 3/3 || note "$out"
}

# The TAP's MTU is for IPv6; IPv4 learns what fits from the route, at once.
first_datagram() { # MODE
	local out m told
	ends "$1" 4
	told=$(count a too_big_sent)
	out=$(on a ping -M "do" -c 1 -W 1 -I "$from" -s 1252 "$to" 2>&1)
	m=$(sed -nE 's/.*message too long, mtu[=:] ?([0-9]+).*/\1/p' <<<"$out" |
		head -n1)
	like "MTU $mtu $1: the host itself knows what is too large" "$out" \
		'local error: message too long'
	ping_ok "MTU $mtu $1: what fits exactly (${m:-0} bytes)" \
		"$((${m:-0} - 28))" -M "do"
	is "MTU $mtu $1: nobody had to tell" "$(count a too_big_sent)" "$told"
}

for mtu in 576 1280 1500 9000; do
	mtus $mtu $mtu $mtu $mtu
	check "MTU $mtu: missiu starts" start --auto
	for mode in transport tunnel; do
		check "MTU $mtu: $mode loads" load $mode
		tap=$(on a cat /sys/class/net/tap0/mtu)
		[ "$mtu" -ge 1500 ] || first_datagram $mode
		capture b eth0 "wire-$mode-$mtu"
		for f in 4 6; do
			[ $mtu != 576 ] || [ $f = 4 ] || continue
			ends $mode $f
			w="MTU $mtu $mode IPv$f"
			for size in 56 1400 9000 65000; do
				ping_ok "$w: ping of $size bytes" $size
			done
			check "$w: TCP" transfer a $to b 1000000 $from
			check "$w: TCP back" transfer b $from a 300000 $to
		done
		capture_end b "wire-$mode-$mtu"
		no_packets "MTU $mtu $mode: nothing larger on the wire" \
			"wire-$mode-$mtu" "greater $((mtu + 15))"
		no_packets "MTU $mtu $mode: nothing in clear" "wire-$mode-$mtu" \
			'(icmp and not icmp[0] == 3) or tcp or udp or
			(icmp6 and ip6[40] >= 128 and ip6[40] <= 129)'
		note "MTU $mtu $mode: TAP has $tap"
	done
	s=$(on b missiu -i eth0 status --json)
	is "MTU $mtu: nothing was dropped" "$(jq -c '[.drops | to_entries[] |
		select(.value > 0 and (.key | test(
		"^(Tap(Multicast|NonIp)|OutTooBig|total)$") | not))]' <<<"$s")" '[]'
	check "MTU $mtu: missiu stops" stop
done

# ------------------------------------------- the sender is told what passes ---

# ESP in outer packets of 1500 bytes, TAP too large on purpose
mtus 1500 1500 1500 1500
check "too large a TAP: missiu starts" start --auto --mtu 9000
while read -r mode f room; do
	check "$mode loads" load "$mode"
	on a ip route flush cache && on a ip -6 route flush cache
	ends "$mode" "$f"
	hdr=28
	[ "$f" = 4 ] || hdr=48
	ping_ok "$mode IPv$f: $room bytes pass unfragmented" $((room - hdr)) -M "do"
	out=$(on a ping -c 2 -i 0.2 -W 1 -I "$from" -M "do" \
		-s $((room - hdr + 1)) "$to" 2>&1)
	like "$mode IPv$f: one more is refused with that MTU" "$out" \
		"mtu ?[=:] ?$room"
	check "$mode IPv$f: TCP" transfer a "$to" b 1000000 "$from"
done <<END
transport 4 1458
tunnel 4 1438
transport 6 1462
tunnel 6 1422
END
check "segments were clamped" test "$(count b mss_clamped)" -gt 0
check "answers were sent" test "$(count a too_big_sent)" -ge 4
check "missiu stops" stop

# ------------------------------------------------------- a narrow path ---

mtus 1500 1500 1300 1300
check "narrow path: missiu starts" start --auto
for mode in transport tunnel; do
	for f in 4 6; do
		# Fresh SAs know nothing of the path; hosts neither.
		check "narrow path: $mode loads" load $mode
		on a ip route flush cache && on a ip -6 route flush cache
		ends $mode $f
		w="narrow path $mode IPv$f"
		check "$w: TCP" transfer a $to b 1000000 $from
		check "$w: TCP back" transfer b $from a 1000000 $to
		# IPv6: what is on its way when a router says it is too big is lost.
		[ $f = 4 ] ||
			on a ping -c 3 -i 0.2 -W 1 -s 9000 -I $from $to >/dev/null
		ping_ok "$w: ping of 9000 bytes" 9000
	done
done
check "narrow path: a has heard the router" test "$(count a pmtu_learned)" -gt 0
check "narrow path: missiu stops" stop

# The same without clamping, and with a hop that only a learns of
mtus 1500 1500 1300 1300
check "without clamp: missiu starts" start --auto --no-mss-clamp
for f in 4 6; do
	check "without clamp: loads" load tunnel
	on a ip route flush cache && on a ip -6 route flush cache
	ends tunnel $f
	check "without clamp IPv$f: TCP" transfer a $to b 1000000 $from
	room=1230
	[ $f = 4 ] || room=1214
	out=$(on a ping -c 3 -i 0.2 -W 1 -I $from -M "do" -s 1300 $to 2>&1)
	[ $f = 6 ] || like "the router's MTU reaches the sender" "$out" \
		"mtu ?[=:] ?$room"
done
is "without clamp: none was" "$(count a mss_clamped)" 0

# ------------------------------------------------------------------- DF ---

df() { # WHAT WORD FILTER: one DF packet and one without
	check "df $2: loads" load tunnel "df $2"
	ends tunnel 4
	capture b eth0 "df-$2"
	check "df $2: ping with DF" on a ping -c 1 -W 3 -M "do" -I $from $to
	check "df $2: ping without" on a ping -c 1 -W 3 -M dont -I $from $to
	capture_end b "df-$2"
	is "$1" "$(packets "df-$2" "src 10.9.0.1 and ip proto 50 and
		ip[6] & 0x40 != 0")" "$3"
}
df "df copy: one outer packet has DF" copy 1
df "df set: both have" set 2
df "df clear: none has" clear 0
# More than the path takes at once, and nobody may be told to send less
out=$(on a ping -c 3 -i 0.2 -W 3 -M "do" -s 1350 -I $from $to 2>&1)
is "df clear: what does not fit is cut" "$(replies "$out")" 3/3 || note "$out"
check "df: missiu stops" stop
for h in a b; do
	check "$h: nothing is left" nothing_left $h
done
finish
