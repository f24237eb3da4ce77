#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# IKE fragments (RFC 7383) with strongSwan: both sides cut to 256 bytes, each
# initiates once; strongSwan rekeys both SAs. No IKE datagram after IKE_SA_INIT
# is longer than that.
#
#	lo 10.1.0.1                                lo 10.2.0.1
#	[ us ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ ss: strongSwan ]
#
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need jq tcpdump
need_strongswan

PSK=swordfish-swordfish
host us
host ss
link us eth0 10.9.0.1/24 ss eth0 10.9.0.2/24
addrs us lo 10.1.0.1/32
addrs ss lo 10.2.0.1/32
# shellcheck disable=SC2034 # ss_start reads it
SS_CHARON="fragment_size = 256"
check "strongSwan starts" ss_start ss
check "strongSwan loads" ss_load ss < <(
	ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
		aes128gcm16-prfsha256-x25519 aes128gcm16 $PSK)
conf us >/dev/null <<-END
{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm keylength 16 tladdr 10.9.0.1 traddr 10.9.0.2 }
END

# IKE with a non-ESP marker: next payload SKF (53) at byte 4 + 16.
skf='udp port 4500 and udp[8:4] = 0 and udp[28] = 53'

ping_both() { # WHAT
	local out
	out=$(on us ping -c 3 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1)
	is "$1: ping" "$(replies "$out")" 3/3 || note "$out"
}

for who in we strongSwan; do
	check "$who: our side starts" suite us eth0 "$T/us.conf" --auto
	check "$who: our ike starts" ike_on us -p $PSK --fragment-size 256 10.9.0.1
	capture us eth0 wire
	if [ $who = strongSwan ]; then
		check "$who: negotiation" swan ss --initiate --child net --timeout 10
	fi
	ping_both "$who initiates"
	check "$who: strongSwan rekeys the child" swan ss --rekey --child net
	ping_both "$who initiates, after rekeying the child"
	check "$who: strongSwan rekeys the IKE SA" swan ss --rekey --ike net
	ping_both "$who initiates, after rekeying the IKE SA"
	capture_end us wire
	# Who initiates has the long message, IKE_AUTH; it came through.
	if [ $who = strongSwan ]; then
		check "$who cuts" \
			test "$(packets wire "src 10.9.0.2 and $skf")" -ge 2
		like "$who cuts, we put together" "$(on us ike status)" \
			'rx_fragments='
	else
		check "$who cut" test "$(packets wire "src 10.9.0.1 and $skf")" -ge 2
	fi
	no_packets "$who: nothing longer" wire \
		'udp port 4500 and udp[8:4] = 0 and greater 271'
	quit us ike
	check "$who: missiu ends" on us missiu -i eth0 stop
	swan ss --terminate --ike net --timeout 2 >/dev/null 2>&1
done
check "nothing is left" nothing_left us
finish
