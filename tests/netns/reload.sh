#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Policies are loaded again and again while clear packets, which they forbid all
# the time, are sent in both directions as fast as possible: not one passes.
#
#	[ a ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ b ]
#	missiu, guarded                    speaks in clear
. "$(dirname "$0")/../lib.sh"
need_root
need nft

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
check "missiu starts" on a missiu -i eth0 -l "$T/a-missiu.log" startRaw

P="ipsec { encr_algs aes encr_auth_algs sha1 }"
# What differs is a range: nftables has sets with ranges for these.
for i in 1 2; do
	conf $i >/dev/null <<-END
	spdflush;
	{ laddr 10.9.0.1 raddr 10.9.0.2 } $P
	{ laddr 10.9.0.1 raddr 10.44.0.0-10.44.0.$((i * 9)) } $P
	{ laddr 10.9.0.3-10.9.0.9 raddr 10.45.0.0-10.45.0.$((i * 9)) } $P
	END
done
check "policies" on a loadConfig -f "$T/1.conf"

talk() { # HOST ADDRESS PEER
	bg "$1" talk "$PY" "$ROOT/tests/netns/clear_talk.py" "$2" "$3" 3
	wait_log 5 "$1" talk ready
}
talk a 10.9.0.1 10.9.0.2
talk b 10.9.0.2 10.9.0.1
loads=0
while alive a talk && on a loadConfig -f "$T/$((loads % 2 + 1)).conf"; do
	loads=$((loads + 1))
done
check "both have sent all the time" wait_log 5 b talk sent
check "policies were loaded $loads times" test "$loads" -ge 5
like "nothing came in" "$(log_of a talk)" '^sent [0-9]{4,} got 0$'
like "nothing went out" "$(log_of b talk)" '^sent [0-9]{4,} got 0$'
is "one generation of rules is left" "$(on a nft list table netdev missiu_eth0 |
	grep -c 'ip saddr { .*10.9.0.2.*counter name "in_clear" drop')" 2

check "missiu stops" on a missiu -i eth0 stop
check "nothing is left" nothing_left a
finish
