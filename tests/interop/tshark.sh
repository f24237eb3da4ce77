#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tshark, given the keys, opens our ESP from the wire and finds the pings in it.
#
#	10.1.0.1, fd01::1 lo                          lo 10.2.0.1, fd02::1
#	    [ a ]--eth0 10.9.0.1, fd09::1 --- 10.9.0.2, fd09::2 eth0--[ b ]
. "$(dirname "$0")/../lib.sh"
need_root
need tshark tcpdump

E16=0x000102030405060708090a0b0c0d0e0f
E32=${E16}101112131415161718191a1b1c1d1e1f
S1=0x303132333435363738393a3b3c3d3e3f40414243
S2=${S1}4445464748494a4b4c4d4e4f

# dissect PCAP CIPHER KEY INTEGRITY KEY: spi, ICV and ICMP type of each packet
dissect() {
	local f=$1 o=()
	shift
	for fam in IPv4 IPv6; do
		o+=(-o "uat:esp_sa:\"$fam\",\"*\",\"*\",\"*\",\"$1\",\"$2\",\"$3\",\"$4\"")
	done
	tshark -n -r "$f" -Y esp -o esp.enable_encryption_decode:TRUE \
		-o esp.enable_authentication_check:TRUE "${o[@]}" -T fields \
		-e esp.spi -e esp.icv_good -e icmp.type -e icmpv6.type \
		2>"$T/tshark.log"
}

host a
host b
link a eth0 10.9.0.1/24,fd09::1/64 b eth0 10.9.0.2/24,fd09::2/64
addrs a lo 10.1.0.1/32,fd01::1/128
addrs b lo 10.2.0.1/32,fd02::1/128
for h in a b; do
	check "$h: missiu starts" on $h missiu -i eth0 --auto \
		-l "$T/$h-missiu.log" start
done

side() { # HOST MODE OUTER OUTER_PEER INNER INNER_PEER PROPS KEYS
	local tun=
	[ "$2" = transport ] || tun="tladdr $3 traddr $4"
	conf "$1" <<-END
	flush; spdflush;
	{ laddr $5 raddr $6 } ipsec { $7 $tun }
	add $3 $4 esp $([ "$1" = a ] && echo 0x1001 || echo 0x1002) -m $2 $8;
	add $4 $3 esp $([ "$1" = a ] && echo 0x1002 || echo 0x1001) -m $2 $8;
	END
}

# try NAME MODE OUTER_A OUTER_B INNER_A INNER_B PROPS KEYS CIPHER KEY INTEG KEY
try() {
	local req=8 rep=0
	case $5 in *:*) req=128 rep=129 ;; esac
	check "$1 $2: a loads" on a loadConfig -f \
		"$(side a "$2" "$3" "$4" "$5" "$6" "$7" "$8")"
	check "$1 $2: b loads" on b loadConfig -f \
		"$(side b "$2" "$4" "$3" "$6" "$5" "$7" "$8")"
	capture b eth0 "$1-$2" '(ip proto 50) or (ip6 proto 50)'
	check "$1 $2: ping" on a ping -c 2 -i 0.1 -W 3 -I "$5" "$6"
	capture_end b "$1-$2"
	is "$1 $2: tshark opens all" \
		"$(dissect "$T/$1-$2.pcap" "$9" "${10}" "${11}" "${12}" |
			tr -s '\t' ' ' | sed 's/ $//' | tr '\n' ';')" \
		"0x00001001 1 $req;0x00001002 1 $rep;0x00001001 1 $req;0x00001002 1 $rep;"
}

CBC='AES-CBC [RFC3602]'
HS1='HMAC-SHA-1-96 [RFC2404]'
HS2='HMAC-SHA-256-128 [RFC4868]'
try cbc-sha1 transport 10.9.0.1 10.9.0.2 10.9.0.1 10.9.0.2 \
	"encr_algs aes encr_auth_algs sha1" \
	"-E aes-cbc $E16 -A hmac-sha1 $S1" "$CBC" $E16 "$HS1" $S1
try cbc-sha1 tunnel 10.9.0.1 10.9.0.2 10.1.0.1 10.2.0.1 \
	"encr_algs aes encr_auth_algs sha1" \
	"-E aes-cbc $E16 -A hmac-sha1 $S1" "$CBC" $E16 "$HS1" $S1
try cbc256-sha256 transport fd09::1 fd09::2 fd09::1 fd09::2 \
	"encr_algs aes encr_auth_algs sha256" \
	"-E aes-cbc $E32 -A hmac-sha256 $S2" "$CBC" $E32 "$HS2" $S2
try cbc256-sha256 tunnel fd09::1 fd09::2 fd01::1 fd02::1 \
	"encr_algs aes encr_auth_algs sha256" \
	"-E aes-cbc $E32 -A hmac-sha256 $S2" "$CBC" $E32 "$HS2" $S2
try null-sha256 transport 10.9.0.1 10.9.0.2 10.9.0.1 10.9.0.2 \
	"encr_auth_algs sha256" "-A hmac-sha256 $S2" NULL "" "$HS2" $S2
for h in a b; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
done

# AES-GCM, which manual keys refuse: packets straight from the engine.
key=${E32#0x}c0c1c2c3
"$PY" - "$ROOT/tests/interop" "${ESP_TOOL:-$ROOT/build/rel/tests/interop/esp_tool}" \
	"$key" "$T/gcm.pcap" 2>"$T/gcm.log" <<'END'
import sys
sys.path.insert(0, sys.argv[1])
import subprocess
from scapy.layers.inet import ICMP, IP
from scapy.utils import RawPcapWriter
tool = subprocess.Popen([sys.argv[2]], stdin=subprocess.PIPE,
                        stdout=subprocess.PIPE, text=True)
ping = bytes(IP(src="10.1.0.1", dst="10.2.0.1") / ICMP() / b"hello").hex()
out, _ = tool.communicate(
    "conf { laddr 10.1.0.1 raddr 10.2.0.1 } ipsec "
    "{ encr_algs gcm tladdr 10.9.0.1 traddr 10.9.0.2 }\n"
    f"sa out tunnel 0x1001 aes-gcm {sys.argv[3]} none - 16 "
    "10.9.0.1 10.9.0.2\n" + f"out {ping}\n" * 3)
w = RawPcapWriter(sys.argv[4], linktype=101)
for line in out.splitlines():
    word, _, data = line.partition(" ")
    if word == "done":
        w.write(bytes.fromhex(data))
w.close()
END
is "gcm tunnel: tshark opens all" \
	"$(dissect "$T/gcm.pcap" "AES-GCM with 16 octet ICV [RFC4106]" 0x$key NULL "" |
		tr -s '\t' ' ' | sed 's/ $//' | tr '\n' ';')" \
	"0x00001001 1 8;0x00001001 1 8;0x00001001 1 8;"
finish
