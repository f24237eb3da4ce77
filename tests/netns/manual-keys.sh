#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Manual keys, no IKE: every algorithm that "add" knows, transport and tunnel
# mode, IPv4 and IPv6; ping and a TCP transfer with each.
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

hex() { # BYTES START: a key
	printf 0x
	for ((i = 0; i < $1; i++)); do
		printf %02x $((($2 + i * 7) % 256))
	done
}

# pair MODE LOCAL REMOTE LOCAL_NET REMOTE_NET PROPERTIES KEY-OPTIONS SPI1 SPI2
pair() {
	local tun=
	[ "$1" = transport ] || tun="tladdr $2 traddr $3"
	cat <<-END
	flush; spdflush;
	{ laddr $4 raddr $5 } ipsec { $6 $tun }
	add $2 $3 esp $8 -m $1 $7;
	add $3 $2 esp $9 -m $1 $7;
	END
}

both() { # MODE A B A_NET B_NET PROPERTIES KEYS
	pair "$1" "$2" "$3" "$4" "$5" "$6" "$7" 0x1001 0x1002 | conf a >/dev/null
	pair "$1" "$3" "$2" "$5" "$4" "$6" "$7" 0x1002 0x1001 | conf b >/dev/null
	on a loadConfig -f "$T/a.conf" && on b loadConfig -f "$T/b.conf"
}

for h in a b; do
	check "$h: missiu starts" on $h missiu -i eth0 --auto \
		-l "$T/$h-missiu.log" start
done
capture b eth0 wire

try() { # WHAT MODE PROPERTIES KEYS
	local fam a b an bn as bs
	for fam in 4 6; do
		a=10.9.0.1 b=10.9.0.2
		[ $fam = 4 ] || { a=fd09::1 b=fd09::2; }
		as=$a bs=$b an=$a bn=$b
		if [ "$2" = tunnel ]; then
			as=10.1.0.1 bs=10.2.0.1 an=10.1.0.0/24 bn=10.2.0.0/24
			[ $fam = 4 ] ||
				{ as=fd01::1 bs=fd02::1 an=fd01::/64 bn=fd02::/64; }
		fi
		check "$1 $2 IPv$fam: loads" both "$2" $a $b $an $bn "$3" "$4" ||
			continue
		check "$1 $2 IPv$fam: ping" \
			on a ping -c 2 -i 0.1 -W 3 -I $as $bs
		check "$1 $2 IPv$fam: TCP" transfer a $bs b 100000 $as
	done
}

while read -r name props keys; do
	for mode in transport tunnel; do
		# shellcheck disable=SC2086
		try "$name" $mode "${props//,/ }" "$keys"
	done
done <<END
aes128-sha1 encr_algs,aes,encr_auth_algs,sha1 -E aes-cbc $(hex 16 1) -A hmac-sha1 $(hex 20 2)
aes256-sha256 encr_algs,aes,encr_auth_algs,sha256 -E aes-cbc $(hex 32 3) -A hmac-sha256 $(hex 32 4)
aes192-sha384 encr_algs,aes,encr_auth_algs,sha384 -E aes-cbc $(hex 24 5) -A hmac-sha384 $(hex 48 6)
aes128-sha512 encr_algs,aes,encr_auth_algs,sha512 -E aes-cbc $(hex 16 7) -A hmac-sha512 $(hex 64 8)
aes128-blake2s encr_algs,aes,encr_auth_algs,blake2s -E aes-cbc $(hex 16 10) -A blake2s $(hex 32 11)
null-sha256 encr_auth_algs,sha256 -A hmac-sha256 $(hex 32 9)
END

capture_end b wire
no_packets "nothing in clear" wire \
	'(ip and not ip proto 50) or (ip6 and not ip6 proto 50 and not icmp6 and
	not dst net ff00::/8)'
no_packets "no ping in clear over IPv6" wire 'icmp6 and ip6[40] == 128'

check "other keys on b" both transport 10.9.0.1 10.9.0.2 10.9.0.1 10.9.0.2 \
	"encr_algs aes encr_auth_algs sha1" \
	"-E aes-cbc $(hex 16 1) -A hmac-sha1 $(hex 20 2)"
pair transport 10.9.0.2 10.9.0.1 10.9.0.2 10.9.0.1 \
	"encr_algs aes encr_auth_algs sha1" \
	"-E aes-cbc $(hex 16 1) -A hmac-sha1 $(hex 20 77)" 0x1002 0x1001 |
	conf b >/dev/null
check "other keys on b load" on b loadConfig -f "$T/b.conf"
check_not "then nothing passes" on a ping -c 2 -i 0.1 -W 0.5 10.9.0.2
s=$(on b missiu -i eth0 status --json)
check "and b counts wrong ICVs" jq -e '.drops.InStateProtoError >= 2' <<<"$s"

for h in a b; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
