#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# With `sa unique` the SAs of a flow that has ended go; those in use stay.
#
#	a 10.9.0.1 ── eth0 ════ eth0 ── 10.9.0.2 b
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need tcpdump jq

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
conf a <<<"{ laddr 10.9.0.1 raddr 10.9.0.2 } ipsec { encr_algs gcm sa unique }" >/dev/null
conf b <<<"{ laddr 10.9.0.2 raddr 10.9.0.1 } ipsec { encr_algs gcm sa unique }" >/dev/null
for h in a b; do
	check "$h starts" suite $h eth0 "$T/$h.conf" --auto
done
check "ike on a deletes what is idle for 3 s" ike_on a -p secret --idle 3 10.9.0.1
check "ike on b never does" ike_on b -p secret --idle 0 10.9.0.2
check_not "a time that is no number is refused" on a ike -p secret --idle soon

sas() { # HOST: how many SAs it has
	on "$1" missiu status --json | jq '.sas | length'
}
have() { # N: both hosts
	[ "$(sas a) $(sas b)" = "$1 $1" ]
}

# Echo requests and their answers are flows of their own, and so are the datagram
# and the answer that nobody listens; each has an SA out and one in.
bg a keep ping -i 0.5 10.9.0.2
check "a ping gets SAs" wait_for 3 have 4
check "a datagram gets others" on a bash -c 'echo x >/dev/udp/10.9.0.2/9'
check "on both hosts" wait_for 3 have 8
check "only those in use are left" wait_for 9 have 4
like "a says why" "$(log_of a ike)" 'CHILD_SA idle .* carried nothing for 3 s'
unlike "b does not mind" "$(log_of b ike)" 'idle|failed|warning'
check "the flow in use goes on" alive a keep
quit a keep INT
like "and lost nothing" "$(log_of a keep)" ' 0% packet loss'
check "then its SAs go, too" wait_for 9 have 0
check "a new packet makes a new SA" on a ping -c 1 -W 3 10.9.0.2

for h in a b; do
	quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
