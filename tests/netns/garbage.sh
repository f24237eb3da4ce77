#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rubbish into every control socket, and IKE and ESP rubbish from the network,
# while protected traffic runs: nothing is lost, nothing dies.
#
#	[ a ]--eth0 192.168.3.110 ------- 192.168.3.119 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq

host a
host b
link a eth0 192.168.3.110/24 b eth0 192.168.3.119/24
a_conf=$(conf a <<<'{ raddr 192.168.3.119 } ipsec { encr_algs gcm }')
b_conf=$(conf b <<<'{ raddr 192.168.3.110 } ipsec { encr_algs gcm }')
check "a: suite" suite a eth0 "$a_conf" --auto
check "b: suite" suite b eth0 "$b_conf" --auto
check "a: ike" ike_on a -p swordfish-swordfish 192.168.3.110
check "b: ike" ike_on b -p swordfish-swordfish 192.168.3.119
check "ping before" on a ping -c 2 -i 0.2 -W 3 192.168.3.119
pid=$(on a cat /var/run/missiu.pid.eth0)

sockets=$(on a find /run -type s | sort)
like "control sockets are there" "$sockets" missiu.fifo.eth0
for s in $sockets; do
	is "mode of $s" "$(on a stat -c %a "$s")" 600
	check_not "an unprivileged client may not connect to $s" \
		on a setpriv --reuid 65534 --regid 65534 --clear-groups \
		"$PY" "$ROOT/tests/netns/garbage.py" 1 1 "$s"
done

bg a ping ping -i 0.05 -w 60 -W 2 192.168.3.119
# shellcheck disable=SC2086
check "rubbish into all of them" on a timeout 120 \
	"$PY" "$ROOT/tests/netns/garbage.py" 7 300 $sockets
check "rubbish from the network" on b timeout 60 \
	"$PY" "$ROOT/tests/netns/wire_garbage.py" 7 3000 192.168.3.110
quit a ping INT
out=$(log_of a ping)
lost=$(sed -nE 's/^([0-9]+) packets transmitted, ([0-9]+) received.*/\1 \2/p' \
	<<<"$out" | awk '{ print ($1 - $2 <= 1) ? "none" : $1 - $2 }')
is "no ping was lost meanwhile" "$lost" none || note "$out"
is "missiu is the same process" "$(on a cat /var/run/missiu.pid.eth0)" "$pid"
check "missiu lives" on a kill -0 "$pid"
check "ike lives" alive a ike
check "status answers" on a missiu -i eth0 status
check "ike status answers" on a ike status
fds=$(on a ls "/proc/$pid/fd" | wc -l)
check "no descriptors leaked ($fds open)" test "$fds" -lt 64
check "loadConfig still works" on a loadConfig -f "$a_conf"
check "ping after" on a ping -c 2 -i 0.2 -W 3 192.168.3.119

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
