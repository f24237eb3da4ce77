#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Protocols 50 and 51 by AF_XDP: everything goes as it does without, the frames
# go past captures, and the program leaves with the process.
#
#	[ a ]--eth0 10.9.0.1, 10.9.1.1, fd09::1 --- 10.9.0.2, 10.9.1.2, fd09::2 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump
"$PY" -c 'import socket; socket.socket(44, socket.SOCK_RAW)' 2>/dev/null ||
	skip_all "this kernel has no AF_XDP"

host a
host b
link a eth0 10.9.0.1/24,10.9.1.1/24,10.9.3.1/24,fd09::1/64 \
	b eth0 10.9.0.2/24,10.9.1.2/24,10.9.3.2/24,fd09::2/64

E=0x000102030405060708090a0b0c0d0e0f A=0x00112233445566778899aabbccddeeff00112233
esp() { # A B SPI SPI
	echo "add $1 $2 esp $3 -m transport -E aes-cbc $E -A hmac-sha1 $A;"
	echo "add $2 $1 esp $4 -m transport -E aes-cbc $E -A hmac-sha1 $A;"
}
ah() {
	echo "add $1 $2 ah $3 -m transport -A hmac-sha1 $A;"
	echo "add $2 $1 ah $4 -m transport -A hmac-sha1 $A;"
}
policies() { # HOST PEER, as last numbers
	cat <<-END
	{ laddr 10.9.0.$1 raddr 10.9.0.$2 } ipsec { encr_algs aes encr_auth_algs sha1 }
	{ laddr 10.9.1.$1 raddr 10.9.1.$2 } ipsec { auth_algs sha1 }
	{ raddr 10.9.3.$2 } bypass {}
	{ laddr fd09::$1 raddr fd09::$2 } ipsec { encr_algs aes encr_auth_algs sha1 }
	END
	esp 10.9.0.1 10.9.0.2 0x1001 0x1002
	ah 10.9.1.1 10.9.1.2 0x1003 0x1004
	esp fd09::1 fd09::2 0x1005 0x1006
}
policies 1 2 | conf a >/dev/null
policies 2 1 | conf b >/dev/null

xdp_on() { # HOST: the mode of the program on eth0
	on "$1" ip -j -d link show eth0 | jq -r '.[0].xdp.mode // empty'
}
no_program() { # HOST
	[ -z "$(xdp_on "$1")" ]
}
pings() { # COUNT ADDRESS [OPTION...]
	on a ping -q -n -c "$1" -i 0.005 -W 2 "${@:3}" "$2"
}
drops() { # HOST: but those of the stack's own noise
	on "$1" missiu -i eth0 status --json |
		jq -c '.drops | del(.TapMulticast, .total)'
}

# everything BACK-END MODE: as ip-link numbers it
everything() {
	local p n
	for h in a b; do
		check "$1 $h: suite" suite $h eth0 "$T/$h.conf" --auto --outer "$1"
		is "$1 $h: status" "$(on $h missiu status --json |
			jq -r '.backend, .backend_why' | paste -sd:)" \
			"$1:asked for by --outer"
		is "$1 $h: a program is there" "$(xdp_on $h)" "$2"
	done
	for p in 10.9.0.2 10.9.1.2 fd09::2; do
		check "$1: $p answers" pings 20 $p
	done
	capture a eth0 "$1"
	for p in 10.9.0.2 10.9.1.2 fd09::2; do
		check "$1: $p answers, past captures" pings 20 $p
	done
	check "$1: clear packets pass" pings 5 10.9.3.2
	capture_end a "$1"
	# Now and then one goes the kernel's way.
	n=$(packets "$1" ip proto 50 or ip proto 51 or ip6 proto 50)
	check "$1: $n of 120 frames are seen" test "$n" -lt 12
	is "$1: all clear ones are" "$(packets "$1" icmp and net 10.9.3.0/24)" 10
	for p in 10.9.0.2 10.9.1.2 fd09::2; do
		check "$1: 4 KB to $p, in fragments" pings 5 $p -s 4000
	done
	check "$1: TCP" transfer a 10.9.0.2 b 400000
	check "$1: TCP by IPv6" transfer a fd09::2 b 400000
	is "$1 a: nothing was dropped" "$(drops a)" "{}"
	is "$1 b: nothing was dropped" "$(drops b)" "{}"
}

everything xdp 2

# --------------------------------------------------- what is not ours to take ---
# A clear packet may be a forwarded one: its sender's own IPsec must pass.
addrs a lo 10.9.5.1/32
on a ip route add 10.9.3.2/32 dev "$(tap_of a eth0)"
on b ip route add 10.9.5.1/32 via 10.9.0.1
check "a clear packet by way of the TAP" pings 5 10.9.3.2 -I 10.9.5.1
capture a eth0 transit dst 10.9.5.1 and ip proto 50
on b "$PY" "$ROOT/tests/netns/wire_garbage.py" 7 400 10.9.5.1
capture_end a transit
n=$(packets transit)
check "IPsec for its sender passes, $n packets" test "$n" -gt 50
on a ip route del 10.9.3.2/32

# ------------------------------------------------------- what may happen ---
check "rubbish from the network" on b timeout 60 \
	"$PY" "$ROOT/tests/netns/wire_garbage.py" 7 1000 10.9.0.1
check "and pings" pings 20 10.9.0.2

on a ip link set eth0 down
check_not "down: no answer" pings 2 10.9.0.2 -W 0.3
on a ip link set eth0 up
check "up again: answers" wait_for 10 pings 3 10.9.0.2

on a ip link set eth0 down
on a ip link set eth0 address 02:00:00:00:77:01 up
on b ip neigh flush dev eth0
check "another Ethernet address: answers" wait_for 10 pings 20 10.9.0.2

for h in a b; do
	on $h ip link set eth0 mtu 9000
done
check "frames that became too long take the other way" \
	wait_for 10 pings 5 10.9.0.2 -s 8000 -M "do"
for h in a b; do
	on $h ip link set eth0 mtu 1500
done
check "and others still come" pings 20 10.9.0.2

pid=$(on a cat /var/run/missiu.pid.eth0)
on a ip link set eth0 down
on a ip link set eth0 name wan0 up
check "another name: answers" wait_for 10 pings 3 10.9.0.2
on a ip link set wan0 down
on a ip link set wan0 name eth0 up
check "the same process" on a kill -0 "$pid"

on a kill -KILL "$pid"
check "killed: no program is left" wait_for 5 no_program a
check "after that: suite" suite a eth0 "$T/a.conf" --auto --outer xdp
check "after that: ping" wait_for 10 pings 10 10.9.0.2

on b ip link del eth0
for h in a b; do
	check "$h: the interface is removed: missiu ends" \
		wait_for 5 nothing_left $h
done

# ------------------------------------------------------------ in the driver ---
link a eth0 10.9.0.1/24,10.9.1.1/24,10.9.3.1/24,fd09::1/64 \
	b eth0 10.9.0.2/24,10.9.1.2/24,10.9.3.2/24,fd09::2/64
everything xdp-native 1

for h in a b; do
	check "$h: missiu stops" on $h missiu stop
	check "$h: no program is left" no_program $h
	check "$h: nothing is left" nothing_left $h
done

# -------------------------------------------------------------------- queues ---
# veth NAME-ON-A NAME-ON-B QUEUES-OF-A QUEUES-OF-B: to send and to receive each
veth() {
	ip link add "$1" netns "${HOST_PID[a.init]}" numtxqueues "$3" \
		numrxqueues "$3" type veth peer name "$2" \
		netns "${HOST_PID[b.init]}" numtxqueues "$4" numrxqueues "$4"
}
# All that b sends by ordinary means leaves by its last queue of three.
last_queue() {
	on b bash -c 'printf "%x" $(((1 << $(nproc)) - 1)) \
		>/sys/class/net/eth0/queues/tx-2/xps_cpus'
}
on a ip link del eth0
check "interfaces with three queues" veth eth0 eth0 3 3
addrs a eth0 10.9.0.1/24
addrs b eth0 10.9.0.2/24
for mode in xdp xdp-native; do
	[ "$(nproc)" -le 32 ] && last_queue 2>/dev/null || {
		skip "$mode: the last queue" "packets can't be sent to it here"
		continue
	}
	check "$mode a: suite" suite a eth0 "$T/a.conf" --auto --outer $mode
	check "b: suite without" suite b eth0 "$T/b.conf" --auto
	check "$mode: the last queue brings answers" pings 20 10.9.0.2
	capture a eth0 queue ip proto 50
	check "$mode: more of them" pings 20 10.9.0.2
	capture_end a queue
	n=$(packets queue src 10.9.0.2)
	check "$mode: $n of 20 are seen" test "$n" -lt 5
	for h in a b; do
		check "$mode $h: missiu stops" on $h missiu stop
	done
done

# ------------------------------------------------------------------ refusals ---
as=()
refused() { # WHAT REGEX ARGUMENT...
	local what=$1 regex=$2 out
	shift 2
	out=$(on a "${as[@]}" missiu "$@" 2>&1 >/dev/null)
	is "$what: one line" "$(wc -l <<<"$out")" 1
	like "$what: says why" "$out" "$regex"
}
refused "no Ethernet" "lo is no Ethernet" -i lo --outer xdp start
refused "startRaw" "--outer goes with start" -i eth0 --outer xdp startRaw
refused "an unknown word" "auto, xdp or xdp-native expected" \
	-i eth0 --outer fast start
as=(setpriv "--bounding-set=-sys_admin,-bpf")
refused "no right to load programs" "CAP_BPF and CAP_NET_ADMIN" \
	-i eth0 --outer xdp start
as=()
veth many other 17 1
addrs a many 10.9.4.1/24
addrs b other 10.9.4.2/24
refused "too many queues" "many has 17 queues to receive, AF_XDP serves 16" \
	-i many --outer xdp start
on a ip link set eth0 mtu 9000
refused "a large MTU" "eth0 has MTU 9000, AF_XDP works up to 3826" \
	-i eth0 --outer xdp start
refused "a large MTU in the driver" "MTU" -i eth0 --outer xdp-native start
check "no program is left" no_program a
check "nothing is left" nothing_left a
finish
