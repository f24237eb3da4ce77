#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tshark opens our IKE and ESP with the files of --save-keys: the payloads of
# IKE_AUTH and CREATE_CHILD_SA are there, the pings in ESP, nothing is malformed.
#
#	[ a ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ b ]
. "$(dirname "$0")/../lib.sh"
need_root
need tshark tcpdump

PSK=swordfish-swordfish
host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24

# opened PCAP FILTER OPTION...: what tshark finds
opened() {
	local f=$T/$1.pcap y=$2
	shift 2
	HOME=$T/home WIRESHARK_CONFIG_DIR=$T/keys tshark -n -r "$f" -Y "$y" \
		-o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE "$@" 2>>"$T/tshark.log"
}

field() { # PCAP FILTER FIELD
	opened "$1" "$2" -T fields -e "$3"
}

# try NAME IKE_PROPOSAL PROPERTIES
try() {
	local h auth icv
	rm -rf "${T:?}/keys" "${T:?}/home" &&
		mkdir -m 700 "$T/keys" "$T/home"
	for h in a b; do
		local peer=10.9.0.1
		[ $h = b ] || peer=10.9.0.2
		check "$1: $h: suite" suite $h eth0 "$(conf $h \
			<<<"{ raddr $peer ulp icmp } ipsec { $3 }")" --auto
	done
	capture b eth0 "$1" 'udp port 500 or udp port 4500 or ip proto 50'
	check "$1: a: ike" ike_on a --save-keys "$T/keys" --no-esn \
		--ike-proposal "$2" -p $PSK 10.9.0.1
	check "$1: b: ike" ike_on b -p $PSK --ike-proposal "$2" 10.9.0.2
	check "$1: ping" on a ping -c 2 -i 0.1 -W 3 10.9.0.2
	check "$1: rekeying" on a ike rekey 10.9.0.2
	check "$1: ping on the new SAs" on a ping -c 2 -i 0.1 -W 3 10.9.0.2
	check "$1: an end" on a ike down 10.9.0.2
	capture_end b "$1"
	is "$1: the files are ours only" "$(stat -c %a "$T"/keys/* | sort -u)" 600
	like "$1: a loud line warns" "$(log_of a ike)" \
		'warning: --save-keys: THE KEYS OF ALL'
	# IDi, IDr or not, AUTH, SA, TSi, TSr are payloads 35, 39, 33, 44, 45.
	auth=$(field "$1" 'isakmp.exchangetype == 35' isakmp.typepayload |
		tr '\n' ';')
	like "$1: IKE_AUTH, the request" "$auth" '^46,35,.*39,.*33,.*44,45;'
	like "$1: IKE_AUTH, the answer" "$auth" ';46,36,39,.*33,.*44,45;$'
	like "$1: a child was rekeyed" "$(field "$1" \
		'isakmp.exchangetype == 36' isakmp.notify.msgtype)" 16393
	is "$1: the old and the new IKE SA have their DELETE opened" \
		"$(field "$1" 'isakmp.delete.protoid == 1' isakmp.ispi |
			sort -u | wc -l)" 2
	is "$1: nothing is malformed" "$(field "$1" _ws.malformed \
		frame.number)" ""
	icv=$(opened "$1" isakmp.enc.icd -V | grep 'Integrity Checksum Data')
	like "$1: ICVs of IKE are right" "$icv" 'correct\]'
	unlike "$1: all of them" "$icv" 'incorrect'
	is "$1: tshark has no complaint" "$(grep -v 'Running as user' \
		"$T/tshark.log")" ""
	is "$1: each ICV of ESP is right" "$(field "$1" esp esp.icv_good |
		sort | uniq -c | tr -s ' ')" " 8 1"
	is "$1: the pings are in it" "$(field "$1" esp icmp.type | tr '\n' ' ')" \
		"8 0 8 0 8 0 8 0 "
	for h in a b; do
		check "$1: $h: ike ends" quit $h ike
		check "$1: $h: missiu stops" on $h missiu -i eth0 stop
	done
}

try gcm aes128gcm16-prfsha256-x25519 "encr_algs gcm keylength 16"
try cbc aes256-sha256-modp2048 \
	"encr_algs aes keylength 16 encr_auth_algs sha256"

# Nobody else may have the files.
chmod 644 "$T/keys/esp_sa"
check "missiu starts" on a missiu -i eth0 start
out=$(on a timeout 5 ike --save-keys "$T/keys" -p $PSK 10.9.0.1 2>&1)
like "files that others can read are refused" "$out" 'chmod 600 .*esp_sa'
check "missiu stops" on a missiu -i eth0 stop
finish
