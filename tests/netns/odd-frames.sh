#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Super-packets of a kind that packet sockets can't tell of, as drivers and
# hypervisors may hand them over: they are lost, what comes after them is not.
#
#	[ a ]--eth0 10.9.0.1, a TAP device: its other end is odd_frames.py
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq

host a
mkfifo "$T/orders"
exec 7<>"$T/orders"
bg a odd sh -c "exec '$PY' '$ROOT/tests/netns/odd_frames.py' eth0 <'$T/orders'"
check "the interface is there" wait_log 10 a odd ready
check "it has an address" addrs a eth0 10.9.0.1/24
check "missiu starts" on a missiu -i eth0 -l "$T/a-missiu.log" startRaw

order() { # odd | plain SPI
	echo "$@" >&7
	wait_log 5 a odd "^sent $*\$"
}
# What arrives and belongs to nobody is counted.
counted() { # AT-LEAST
	on a missiu -i eth0 status --json |
		jq -e --argjson n "$1" '.drops.InNoStates >= $n'
}
spi=1000
goes_on() { # MORE-THAN: another packet, until it is received
	order plain $((spi += 1)) && counted $(($1 + 1))
}

order plain $((spi += 1))
check "a packet arrives" wait_for 5 counted 1
before=$(on a missiu -i eth0 status --json | jq .drops.InNoStates)
check "an odd one" order odd
check "packets go on to arrive" wait_for 10 goes_on "$before"
s=$(on a missiu -i eth0 status --json)
check "the odd one is counted" jq -e '.drops.RxQueueFull >= 1' <<<"$s"
before=$(jq .drops.InNoStates <<<"$s")
for ((i = 0; i < 20; i++)); do
	order odd
	order plain $((spi += 1))
done
check "then they can't hold up anything" wait_for 5 counted $((before + 20))

check "missiu stops" on a missiu -i eth0 stop
check "nothing of ours is left" test -z "$(on a ls /run | grep missiu)"
finish
