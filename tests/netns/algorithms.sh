#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every algorithm negotiated by IKE, transport and tunnel mode, IPv4, IPv6 and
# both mixtures; ping (none lost, the first triggers) and a TCP transfer each.
#
#	10.1.0.1, fd01::1 lo                          lo 10.2.0.1, fd02::1
#	    [ a ]--eth0 10.9.0.1, fd09::1 --- 10.9.0.2, fd09::2 eth0--[ b ]
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host b
link a eth0 10.9.0.1/24,fd09::1/64 b eth0 10.9.0.2/24,fd09::2/64
addrs a lo 10.1.0.1/32,fd01::1/128
addrs b lo 10.2.0.1/32,fd02::1/128

declare -A A=([4]=10.9.0.1 [6]=fd09::1) B=([4]=10.9.0.2 [6]=fd09::2)
declare -A AI=([4]=10.1.0.1 [6]=fd01::1) BI=([4]=10.2.0.1 [6]=fd02::1)
declare -A AN=([4]=10.1.0.0/24 [6]=fd01::/64) BN=([4]=10.2.0.0/24 [6]=fd02::/64)

for h in a b; do
	conf empty <<<'' >/dev/null
	check "$h: missiu starts" suite $h eth0 "$T/empty.conf" --auto
done
check "a: ike starts" ike_on a -p swordfish-swordfish 10.9.0.1 fd09::1
check "b: ike starts" ike_on b -p swordfish-swordfish 10.9.0.2 fd09::2
capture b eth0 wire

# policies MODE OUTER INNER PROPERTIES: both sides' configuration in force
policies() {
	local p=$4
	if [ "$1" = transport ]; then
		conf a >/dev/null <<<"flush; spdflush;
{ laddr ${A[$2]} raddr ${B[$2]} } ipsec { $p }"
		conf b >/dev/null <<<"flush; spdflush;
{ laddr ${B[$2]} raddr ${A[$2]} } ipsec { $p }"
	else
		conf a >/dev/null <<<"flush; spdflush;
{ laddr ${AN[$3]} raddr ${BN[$3]} } ipsec { $p tladdr ${A[$2]} traddr ${B[$2]} }"
		conf b >/dev/null <<<"flush; spdflush;
{ laddr ${BN[$3]} raddr ${AN[$3]} } ipsec { $p tladdr ${B[$2]} traddr ${A[$2]} }"
	fi
	on a loadConfig -f "$T/a.conf" && on b loadConfig -f "$T/b.conf"
}

try() { # NAME MODE OUTER INNER PROPERTIES
	local src=${A[$3]} dst=${B[$3]} out
	local what="$1 $2 IPv$4"
	[ "$2" = transport ] || {
		src=${AI[$4]} dst=${BI[$4]}
		[ "$3" = "$4" ] || what+=" in IPv$3"
	}
	if ! out=$(policies "$2" "$3" "$4" "$5" 2>&1); then
		fail "$what: policies load" "$out"
		return
	fi
	out=$(on a ping -c 3 -i 0.1 -W 3 -I "$src" "$dst" 2>&1)
	is "$what: ping" "$(replies "$out")" 3/3 || {
		note "$out"
		return
	}
	check "$what: TCP" transfer a "$dst" b 200000 "$src"
}

while read -r name props; do
	try "$name" transport 4 4 "$props"
	try "$name" transport 6 6 "$props"
	try "$name" tunnel 4 4 "$props"
	try "$name" tunnel 6 6 "$props"
done <<END
aes128-sha1 encr_algs aes keylength 16 encr_auth_algs sha1
aes256-sha256 encr_algs aes keylength 32 encr_auth_algs sha256
aes192-sha384 encr_algs aes keylength 24 encr_auth_algs sha384
aes128-sha512 encr_algs aes keylength 16 encr_auth_algs sha512
gcm128 encr_algs gcm keylength 16
gcm256 encr_algs gcm keylength 32
gcm128-icv8 encr_algs gcm keylength 16 tag 8
chacha20 encr_algs chacha20-poly1305
null-sha256 encr_auth_algs sha256
ctr256-sha256 encr_algs ctr keylength 32 encr_auth_algs sha256
ccm128 encr_algs ccm keylength 16
gmac128 encr_algs gmac keylength 16
any encr_algs any
ah-sha256 auth_algs sha256
ah-gmac256 auth_algs aes256-gmac
an-sa-for-each-flow encr_algs gcm sa unique
END
try tfc tunnel 4 4 "encr_algs gcm tfc 1300"
try gcm128 tunnel 4 6 "encr_algs gcm keylength 16"
try gcm128 tunnel 6 4 "encr_algs gcm keylength 16"
try aes128-sha256 tunnel 4 6 "encr_algs aes keylength 16 encr_auth_algs sha256"
try aes128-sha256 tunnel 6 4 "encr_algs aes keylength 16 encr_auth_algs sha256"

capture_end b wire
no_packets "nothing in clear over IPv4" wire \
	'ip and not ip proto 50 and not ip proto 51 and not udp port 500 and not udp port 4500'
no_packets "no ping in clear over IPv6" wire 'icmp6 and ip6[40] == 128'
no_packets "no TCP in clear over IPv6" wire 'ip6 and tcp'

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
