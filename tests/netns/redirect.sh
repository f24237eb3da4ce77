#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Redirection (RFC 5685): a's policy names .2; the gateway there sends it on to .3
# at once, and an operator to .4 later. The gateways are one host.
#
#	lo 10.1.0.1                                  lo 10.2.0.1
#	[ a ]--eth0 10.9.0.1 ------ 10.9.0.{2,3,4} eth0--[ g ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq

PSK=swordfish-swordfish
host a
host g
link a eth0 10.9.0.1/24 g eth0 10.9.0.2/24,10.9.0.3/24,10.9.0.4/24
addrs a lo 10.1.0.1/32
addrs g lo 10.2.0.1/32
a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm tladdr 10.9.0.1 traddr 10.9.0.2 }')
g_conf=$(conf g <<<'{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
	{ encr_algs gcm traddr 10.9.0.1 }')
check "a: suite" suite a eth0 "$a_conf" --auto
check "g: suite" suite g eth0 "$g_conf" --auto

try() { # WHAT G-OPTIONS A-OPTIONS
	local out
	# shellcheck disable=SC2086
	check "$1: g: ike" ike_on g --id g.example.org -p $PSK $2
	# shellcheck disable=SC2086
	check "$1: a: ike" ike_on a --id a.example.org -p $PSK $3
	out=$(on a ping -c 3 -i 0.2 -W 3 -I 10.1.0.1 10.2.0.1)
	is "$1: ping" "$(replies "$out")" 3/3 || note "$out"
}
tried() { # WHAT
	local h
	for h in a g; do
		check "$1: $h: ike ends" quit $h ike
	done
}
with() { # HOST: the peers of its IKE SAs
	on "$1" ike status --json | jq -r '.ike_sas[].remote.address'
}
only_with() {
	[ "$(with a)" = "$1" ]
}

try "redirected" "-r 10.9.0.3" ""
is "to the other gateway" "$(with a)" 10.9.0.3
tried "redirected"

try "by an operator" "" ""
is "at the first gateway" "$(with a)" 10.9.0.2
bg a ping ping -i 0.05 -I 10.1.0.1 10.2.0.1
check "an operator redirects a" on g ike redirect 10.9.0.1 10.9.0.4
check "a goes there" wait_for 10 only_with 10.9.0.4
quit a ping INT
like "without losing a ping" "$(log_of a ping)" ' 0% packet loss'
check_not "not to nowhere" on g ike redirect 10.9.0.1 0.0.0.0
check_not "not somebody else" on g ike redirect 10.9.0.99 10.9.0.3
tried "by an operator"

try "by both" "-r 10.9.0.3" ""
bg a ping ping -i 0.05 -I 10.1.0.1 10.2.0.1
check "an operator redirects a, too" on g ike redirect 10.9.0.1 10.9.0.4
check "the other gateway sends it back" wait_log 5 a ike \
	'peer=10.9.0.4 redirects us to 10.9.0.3'
check "a is there" wait_for 10 only_with 10.9.0.3
quit a ping INT
like "without losing a ping, either" "$(log_of a ping)" ' 0% packet loss'
tried "by both"

try "not followed" "-r 10.9.0.3" --no-redirect
is "at the first gateway" "$(with a)" 10.9.0.2
check_not "no operator redirects it" on g ike redirect 10.9.0.1 10.9.0.4
tried "not followed"
out=$(on a ike -r nowhere 2>&1)
like "-r takes an address" "$out" "-r: found 'nowhere', expected"

for h in a g; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
