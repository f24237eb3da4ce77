#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A peer whose ike and missiu are killed by SIGKILL and started again is found by
# those who send to it: nobody there has a reason to speak first.
#
#	a 10.9.0.1 -- eth0 ==== eth0 -- 10.9.0.2 b
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq

PSK=swordfish-swordfish
# 2 to 3 s of silence, then six questions: of no answer 4 s, of one that says
# INVALID_IKE_SPI not more.
IKE="-p $PSK --silence 2 --retransmit 100"

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
for h in a b; do
	[ $h = a ] && peer=10.9.0.2 me=10.9.0.1 || peer=10.9.0.1 me=10.9.0.2
	conf $h <<<"{ laddr $me raddr $peer } ipsec { encr_algs gcm }" >/dev/null
	check "$h starts" suite $h eth0 "$T/$h.conf" --auto
	# shellcheck disable=SC2086
	check "$h: ike" ike_on $h $IKE $me
done
check "ping" on a ping -c 1 -W 3 10.9.0.2
bg a keep ping -i 0.2 10.9.0.2

not_running() { # HOST
	! on "$1" kill -0 "$pid" 2>/dev/null
}
asked() { # how often a's ike has sent something again
	on a ike status --json | jq '.counters.retransmits'
}
since() { # START: milliseconds
	echo $(($(date +%s%3N) - $1))
}
heard() { # after b was killed
	[ "$(log_of a keep | grep -c 'bytes from')" -gt "$1" ]
}

sent=$(on a ike status --json | jq '.counters.tx')
check "a hears b" wait_for 5 heard 20
is "and does not ask" "$(on a ike status --json | jq '.counters.tx')" "$sent"

quit b ike KILL
pid=$(on b cat /var/run/missiu.pid.eth0)
on b kill -KILL "$pid"
check "both daemons of b are gone" wait_for 5 not_running b
n=$(log_of a keep | grep -c 'bytes from')
start=$(date +%s%3N)
check "b starts again" suite b eth0 "$T/b.conf" --auto
# shellcheck disable=SC2086
check "b: ike again" ike_on b $IKE 10.9.0.2
check "traffic flows again" wait_for 20 heard "$n"
note "after $(since "$start") ms of which b needed some to start"
check "in less than 12 s" test "$(since "$start")" -lt 12000
like "a says why" "$(log_of a ike)" 'does not answer INFORMATIONAL'
note "sent again: $(asked)"
check "the ping ends" quit a keep INT

for h in a b; do
	quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
