#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Post-quantum pre-shared keys (RFC 8784) and childless IKE SAs (RFC 6023) with
# strongSwan: each initiates; the key required, optional, unknown, wrong.
#
#	lo 10.1.0.1                                lo 10.2.0.1
#	[ us ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ ss: strongSwan ]
#
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need jq
need_strongswan

PSK=swordfish-swordfish
PPK=0123456789abcdef0123456789abcdef01234567
host us
host ss
link us eth0 10.9.0.1/24 ss eth0 10.9.0.2/24
addrs us lo 10.1.0.1/32
addrs ss lo 10.2.0.1/32
check "strongSwan starts" ss_start ss
conf us >/dev/null <<-END
{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm keylength 16 tladdr 10.9.0.1 traddr 10.9.0.2 }
END

our_log() {
	log_of us ike
}

# load PPK REQUIRED CHILDLESS: strongSwan's side; PPK may be empty
load() {
	local lines="childless = $3"
	[ -n "$1" ] && lines+="
			ppk_id = alice
			ppk_required = $2"
	ss_load ss < <(
		ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
			aes128gcm16-prfsha256-x25519 \
			aes128gcm16,aes128gcm16-x25519 $PSK |
			awk -v l="$lines" '{ print } /version = 2/ { print l }'
		[ -z "$1" ] || printf '%s\n' secrets\ \{ ppk-alice\ \{ \
			'id-1 = alice' "secret = $1" \} \}
	)
}

# try WHO NAME PPK REQUIRED WITH|WITHOUT|FAILS OUR_OPTION...
# CHILDLESS: strongSwan's setting
try() {
	local who=$1 what="$1 initiates, $2" out
	check "$what: strongSwan loads" load "$3" "$4" "${CHILDLESS:-allow}"
	check "$what: our side starts" suite us eth0 "$T/us.conf" --auto
	check "$what: our ike starts" ike_on us -p $PSK "${@:6}" 10.9.0.1
	if [ "$who" = strongSwan ]; then
		swan ss --initiate --child net --timeout 10 \
			>"$T/initiate.log" 2>&1
	fi
	out=$(on us ping -c 2 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1)
	if [ "$5" = FAILS ]; then
		unlike "$what: nothing passes" "$(replies "$out")" 2/2
		like "$what: we say why" "$(our_log)" 'PPK|AUTHENTICATION_FAILED'
	else
		is "$what: ping" "$(replies "$out")" 2/2 || note "$out"
		out=$(our_log)
		if [ "$5" = WITH ]; then
			like "$what: with the PPK" "$out" 'IKE_SA Created.*ppk=1'
			check "$what: strongSwan rekeys the child" \
				swan ss --rekey --child net
			check "$what: strongSwan rekeys the IKE SA" \
				swan ss --rekey --ike net
			out=$(on us ping -c 2 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1)
			is "$what: ping after rekeying" "$(replies "$out")" 2/2
		else
			unlike "$what: without a PPK" "$out" 'ppk=1'
		fi
	fi
	quit us ike
	check "$what: missiu ends" on us missiu -i eth0 stop
	swan ss --terminate --ike net --timeout 2 >/dev/null 2>&1
}

OURS=(--ppk "$PPK" --ppk_id alice)
printf 'bob 0x%064d\nalice %s\n' 7 $PPK >"$T/ppk"
chmod 600 "$T/ppk"
for who in we strongSwan; do
	try $who "both require it" $PPK yes WITH "${OURS[@]}" --ppk-required
	try $who "it may be" $PPK no WITH "${OURS[@]}"
	try $who "strongSwan has none" "" no WITHOUT "${OURS[@]}"
	try $who "we have none" $PPK no WITHOUT
	try $who "another key" "${PPK}0" yes FAILS "${OURS[@]}"
done
try strongSwan "from a file with others" $PPK yes WITH --ppk-file "$T/ppk"

# childless WHO STRONGSWAN OUR_OPTION...: with traffic
childless() {
	local CHILDLESS=$2
	try "$1" "childless $2, we: $3" "" no WITHOUT --childless "$3"
}
childless strongSwan force allow
childless we allow prefer
childless we never prefer
check "strongSwan wants no child, we do: it loads" load "" no force
check "… our side starts" suite us eth0 "$T/us.conf" --auto
check "… our ike starts" ike_on us -p $PSK --childless never 10.9.0.1
check_not "… strongSwan tries" swan ss --initiate --ike net --timeout 5
like "… we refuse, and say why" "$(our_log)" \
	'INVALID_SYNTAX: peer wants no child SA'
quit us ike
check "… missiu ends" on us missiu -i eth0 stop
check "nothing is left" nothing_left us
finish
