#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# AH, and ESP inside AH, with manual keys: transport and tunnel mode, IPv4 and
# IPv6; ping, whole and in fragments, and a TCP transfer with each.
#
#	10.1.0.1, fd01::1 lo                          lo 10.2.0.1, fd02::1
#	    [ a ]--eth0 10.9.0.1, fd09::1 --- 10.9.0.2, fd09::2 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host b
link a eth0 10.9.0.1/24,fd09::1/64 b eth0 10.9.0.2/24,fd09::2/64
addrs a lo 10.1.0.1/32,fd01::1/128
addrs b lo 10.2.0.1/32,fd02::1/128

hex() { # BYTES START: a key
	printf 0x
	for ((i = 0; i < $1; i++)); do
		printf %02x $((($2 + i * 7) % 256))
	done
}

# pair MODE LOCAL REMOTE LOCAL_NET REMOTE_NET PROPERTIES AH-KEYS ESP-KEYS SPI1
# SPI2: "-" for no such SA. Around ESP, AH is in transport mode.
pair() {
	local tun='' ah=$1
	[ "$1" = transport ] || tun="tladdr $2 traddr $3"
	[ "$8" = - ] || ah=transport
	echo "flush; spdflush;"
	echo "{ laddr $4 raddr $5 } ipsec { $6 $tun }"
	[ "$7" = - ] || cat <<-END
	add $2 $3 ah $9 -m $ah $7;
	add $3 $2 ah ${10} -m $ah $7;
	END
	[ "$8" = - ] || cat <<-END
	add $2 $3 esp $9 -m $1 $8;
	add $3 $2 esp ${10} -m $1 $8;
	END
}

both() { # MODE A B A_NET B_NET PROPERTIES AH-KEYS ESP-KEYS
	pair "$1" "$2" "$3" "$4" "$5" "$6" "$7" "$8" 0x1001 0x1002 |
		conf a >/dev/null
	pair "$1" "$3" "$2" "$5" "$4" "$6" "$7" "$8" 0x1002 0x1001 |
		conf b >/dev/null
	on a loadConfig -f "$T/a.conf" && on b loadConfig -f "$T/b.conf"
}

for h in a b; do
	check "$h: missiu starts" on $h missiu -i eth0 --auto \
		-l "$T/$h-missiu.log" start
done
capture b eth0 wire

try() { # WHAT MODE FAMILY PROPERTIES AH-KEYS ESP-KEYS
	local a=10.9.0.1 b=10.9.0.2 an bn as bs
	[ "$3" = 4 ] || { a=fd09::1 b=fd09::2; }
	as=$a bs=$b an=$a bn=$b
	if [ "$2" = tunnel ]; then
		as=10.1.0.1 bs=10.2.0.1 an=10.1.0.0/24 bn=10.2.0.0/24
		[ "$3" = 4 ] ||
			{ as=fd01::1 bs=fd02::1 an=fd01::/64 bn=fd02::/64; }
	fi
	check "$1 $2 IPv$3: loads" both "$2" $a $b $an $bn "$4" "$5" "$6" ||
		return
	check "$1 $2 IPv$3: ping" on a ping -c 2 -i 0.1 -W 3 -I $as $bs
	check "$1 $2 IPv$3: large ping" \
		on a ping -c 1 -W 3 -s 4000 -I $as $bs
	check "$1 $2 IPv$3: TCP" transfer a $bs b 100000 $as
}

while read -r name props ah esp; do
	for mode in transport tunnel; do
		for fam in 4 6; do
			try "$name" $mode $fam "${props//,/ }" "${ah//,/ }" \
				"${esp//,/ }"
		done
	done
done <<END
ah-sha1 auth_algs,sha1 -A,hmac-sha1,$(hex 20 2) -
ah-sha256 auth_algs,sha256 -A,hmac-sha256,$(hex 32 3),-r,64 -
ah-sha512 auth_algs,sha512 -A,hmac-sha512,$(hex 64 4),-r,128,-n -
ah-xcbc auth_algs,aes -A,aes-xcbc-mac,$(hex 16 5) -
ah-cmac auth_algs,aes-cmac -A,aes-cmac,$(hex 16 6) -
esp-ah encr_algs,aes,encr_auth_algs,sha256,auth_algs,sha384 -A,hmac-sha384,$(hex 48 7) -E,aes-cbc,$(hex 16 8),-A,hmac-sha256,$(hex 32 9)
ah-blake2b auth_algs,blake2b -A,blake2b,$(hex 32 10) -
null-ah encr_auth_algs,sha1,auth_algs,sha1 -A,hmac-sha1,$(hex 20 8) -A,hmac-sha1,$(hex 20 9)
END

capture_end b wire
no_packets "nothing but AH" wire \
	'(ip and not ip proto 51) or (ip6 and not ip6 proto 51 and not icmp6 and
	not ip6[6] == 44 and not dst net ff00::/8)'
no_packets "no ping in clear over IPv6" wire 'icmp6 and ip6[40] == 128'
no_packets "no protocol unreachable" wire \
	'(icmp and icmp[0] == 3) or (icmp6 and ip6[40] == 4)'

check "ESP alone where policy wants both" both transport 10.9.0.1 10.9.0.2 \
	10.9.0.1 10.9.0.2 "encr_auth_algs sha1" - "-A hmac-sha1 $(hex 20 9)"
pair transport 10.9.0.2 10.9.0.1 10.9.0.2 10.9.0.1 \
	"encr_auth_algs sha1 auth_algs sha1" "-A hmac-sha1 $(hex 20 8)" \
	"-A hmac-sha1 $(hex 20 9)" 0x1002 0x1001 | conf b >/dev/null
check "b wants both" on b loadConfig -f "$T/b.conf"
check_not "then nothing passes" on a ping -c 2 -i 0.1 -W 0.5 10.9.0.2
s=$(on b missiu -i eth0 status --json)
check "and b says why" jq -e '.drops.InTmplMismatch >= 2' <<<"$s"

# Manual counter modes, on request only; and lifetimes in packets.
check_not "GCM by hand is refused without -u" both transport 10.9.0.1 10.9.0.2 \
	10.9.0.1 10.9.0.2 "encr_algs gcm" - "-E aes-gcm-16 $(hex 20 1)"
check "with -u it loads" both transport 10.9.0.1 10.9.0.2 10.9.0.1 10.9.0.2 \
	"encr_algs gcm" - "-u -ph 4 -E aes-gcm-16 $(hex 20 1)"
is "and lives for four packets" \
	"$(replies "$(on a ping -c 6 -i 0.1 -W 0.5 10.9.0.2)")" 4/6

for h in a b; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
