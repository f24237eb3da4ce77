#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ours with strongSwan (charon-systemd, kernel-libipsec) by IKEv2 with a
# pre-shared key: each side initiates once for every proposal; ping and TCP
# transfers both ways. strongSwan's user-space ESP does tunnel mode in UDP only.
#
#	lo 10.1.0.1                                lo 10.2.0.1
#	[ us ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ ss: strongSwan ]
#	   tap0                                      ipsec0
#
# asan
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
check "strongSwan starts" ss_start ss

ss_sas() {
	swan ss --list-sas --raw 2>/dev/null
}

# start_us PROPERTIES IKE_PROPOSAL: our side, fresh
start_us() {
	conf us >/dev/null <<-END
	{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
		{ $1 tladdr 10.9.0.1 traddr 10.9.0.2 }
	END
	suite us eth0 "$T/us.conf" --auto &&
		ike_on us -p $PSK ${2:+--ike-proposal "$2"} 10.9.0.1
}

stop_us() {
	quit us ike && on us missiu -i eth0 stop
}

traffic() { # WHAT
	local out
	out=$(on us ping -c 4 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1)
	is "$1: ping" "$(replies "$out")" 4/4 || note "$out"
	out=$(on ss ping -c 4 -i 0.1 -W 3 -I 10.2.0.1 10.1.0.1)
	is "$1: ping from strongSwan" "$(replies "$out")" 4/4 || note "$out"
	check "$1: TCP" transfer us 10.2.0.1 ss 500000 10.1.0.1
	check "$1: TCP from strongSwan" transfer ss 10.1.0.1 us 500000 10.2.0.1
}

try() { # NAME IKE_FOR_STRONGSWAN IKE_FOR_US ESP_FOR_STRONGSWAN PROPERTIES
	local what
	check "$1: strongSwan loads" ss_load ss < <(
		ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 "$2" "$4" $PSK)

	what="$1, we initiate"
	check "$what: our side starts" start_us "$5" "$3" || return
	capture ss eth0 wire
	traffic "$what"
	like "$what: strongSwan installed the child" "$(ss_sas)" 'state=INSTALLED'
	capture_end ss wire
	check "$what: ESP in UDP 4500" test "$(packets wire 'udp port 4500')" -gt 10
	no_packets "$what: nothing else" wire \
		'ip and not udp port 4500 and not udp port 500'
	check "$what: our side ends" stop_us
	check "$what: strongSwan was told" wait_for 5 \
		sh -c "! nsenter -t ${HOST_PID[ss.init]} -n -m -p env \
		STRONGSWAN_CONF=$T/ss-swan/strongswan.conf swanctl --list-sas |
		grep -q ESTABLISHED"

	what="$1, strongSwan initiates"
	check "$what: our side starts" start_us "$5" "$3" || return
	check "$what: negotiation" swan ss --initiate --child net --timeout 10
	traffic "$what"
	check "$what: strongSwan rekeys the child" swan ss --rekey --child net
	check "$what: ping after it" \
		on us ping -c 2 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1
	check "$what: strongSwan terminates" swan ss --terminate --ike net --timeout 5
	check "$what: we deleted ours" wait_for 5 sh -c \
		"nsenter -t ${HOST_PID[us.init]} -n -m -p $BIN/missiu -i eth0 status --json |
		jq -e '.sas | length == 0'"
	check "$what: our side ends" stop_us
}

try "AES-GCM" aes128gcm16-prfsha256-ecp256 "" aes128gcm16 \
	"encr_algs gcm keylength 16"
try "AES-CBC + SHA-256" aes256-sha256-modp2048 aes256-sha256-modp2048 \
	aes128-sha256 "encr_algs aes keylength 16 encr_auth_algs sha256"
try "ChaCha20-Poly1305" chacha20poly1305-prfsha512-x25519 "" \
	chacha20poly1305 "encr_algs chacha20-poly1305"
try "AES-GCM-256, PFS" aes256gcm16-prfsha384-ecp384 "" \
	aes256gcm16-ecp384 "encr_algs gcm keylength 32"
check "nothing is left" nothing_left us

# A policy with groups of its own, and strongSwan wants the second one.
what="pfs of a policy"
check "$what: strongSwan loads" ss_load ss < <(
	ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
		aes128gcm16-prfsha256-x25519 aes128gcm16-ecp384 $PSK)
check "$what: our side starts" start_us \
	"encr_algs gcm keylength 16 pfs modp2048,ecp384" ""
check "$what: ping" on us ping -c 1 -W 3 -I 10.1.0.1 10.2.0.1
unlike "$what: none in IKE_AUTH" "$(log_of us ike)" 'CHILD_SA.*ecp384'
check "$what: we rekey, in two attempts" on us ike rekey 10.9.0.2
check "$what: with the group of both" wait_log 5 us ike \
	'CHILD_SA created.*suite=[^ ]*-ecp384'
check "$what: ping after it" on us ping -c 1 -W 3 -I 10.1.0.1 10.2.0.1
unlike "$what: nothing failed" "$(log_of us ike)" 'ailed'
check "$what: our side ends" stop_us

# A peer that cannot agree: refused, explained, and nothing installed.
check "other proposal: strongSwan loads" ss_load ss < <(
	ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
		aes128gcm16-prfsha256-ecp256 aes256gcm16 $PSK)
check "other proposal: our side starts" start_us \
	"encr_algs aes keylength 16 encr_auth_algs sha256" ""
check_not "other proposal: strongSwan fails" swan ss --initiate --child net \
	--timeout 5
check "other proposal: one line explains" wait_log 5 us ike NO_PROPOSAL_CHOSEN
check "other proposal: our side ends" stop_us
check "other key: strongSwan loads" ss_load ss < <(
	ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
		aes128gcm16-prfsha256-ecp256 aes128gcm16 not-that-one)
check "other key: our side starts" start_us "encr_algs gcm keylength 16" ""
check_not "other key: strongSwan fails" swan ss --initiate --child net \
	--timeout 5
check "other key: one line explains" wait_log 5 us ike AUTHENTICATION_FAILED
check "other key: our side ends" stop_us
check "nothing is left in the end" nothing_left us
finish
