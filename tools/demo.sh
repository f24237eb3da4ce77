#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make demo: two hosts (network namespaces) joined by a cable, the five
# documented steps on both, real packets. Everything ends with this script.
#
#	[ a ]--eth0 192.168.3.110 ------- 192.168.3.119 eth0--[ b ]
#	  tap0                                              tap0
. "$(dirname "$0")/../tests/lib.sh"
no_tap

bold='' dim='' green='' red='' off=''
if [ -t 1 ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' off=$'\e[0m'
fi
say() {
	printf '\n%s%s%s\n' "$bold" "$*" "$off"
}
indent() {
	sed "s/^/      $dim/; s/\$/$off/"
}
give_up() {
	printf '%s%s%s\n' "$red" "$*" "$off" >&2
	LOG_LINES=15 show_logs >&2
	exit 1
}
# step COMMAND...: shows it as typed on host a, does it on a, then on b with
# the addresses exchanged.
step() {
	local out
	printf '  a# %s%s%s\n' "$bold" "$*" "$off"
	out=$(on a "$@" 2>&1) || give_up "$out"
	[ -z "$out" ] || indent <<<"$out"
	out=$(on b "${@//192.168.3.119/192.168.3.110}" 2>&1) || give_up "$out"
}

[ "$(id -u)" -eq 0 ] || give_up "make demo needs root: namespaces, TUN/TAP"
[ -c /dev/net/tun ] || give_up "no /dev/net/tun here: modprobe tun, or give" \
	"the container the device: --device /dev/net/tun"
begun=${EPOCHREALTIME/./}

say "Two hosts and a cable:  a 192.168.3.110 ---- 192.168.3.119 b"
host a
host b
link a eth0 192.168.3.110/24 b eth0 192.168.3.119/24
for h in a b; do # the demo's own names for one and the same file
	mkdir "$T/$h"
	on $h mount --bind "$T/$h" /mnt
done
echo '{ raddr 192.168.3.119 ulp icmp } ipsec { encr_algs aes encr_auth_algs sha1 }' \
	>"$T/a/ipsec.conf"
echo '{ raddr 192.168.3.110 ulp icmp } ipsec { encr_algs aes encr_auth_algs sha1 }' \
	>"$T/b/ipsec.conf"
key=$(head -c 18 /dev/urandom | base64)
capture b eth0 wire || give_up "tcpdump does not start"

say "The five steps, on both hosts"
cd / || exit 1
step missiu -i eth0 startRaw
step ip link set dev tap0 up
printf '  a# %s\n' "${bold}ike -v 2 -p <key> 192.168.3.110 &$off"
bg a ike ike -v 2 -p "$key" 192.168.3.110
bg b ike ike -v 2 -p "$key" 192.168.3.119
for h in a b; do
	wait_for 10 on $h ike status || give_up "ike does not start on $h"
done
printf '      %s%s%s\n' "$dim" "ipsec.conf: $(cat "$T/a/ipsec.conf")" "$off"
step loadConfig -f /mnt/ipsec.conf
step route add -host 192.168.3.119 dev tap0
capture a tap0 tap || give_up "tcpdump does not start on tap0"

say "The first ping asks for SAs, waits for them, and is answered"
printf '  a# %s\n' "${bold}ping -c 5 192.168.3.119$off"
ping=$(on a ping -c 5 -i 0.2 -W 3 192.168.3.119)
indent <<<"$ping"
[ "$(replies "$ping")" = 5/5 ] || give_up "pings were lost"
log_of a ike | grep -E 'IKE_SA Created|CHILD_SA created' | indent
capture_end a tap
capture_end b wire

# One packet in hex: what tcpdump shows without the Ethernet header, 8 lines.
packet_hex() { # CAPTURE FILTER
	tcpdump -n -r "$T/$1.pcap" -c 1 -x "$2" 2>/dev/null | head -n 9 | indent
}
say "The first echo request as the TAP gave it to missiu, in clear"
packet_hex tap 'icmp[0] == 8'
say "The same on the wire, in ESP"
packet_hex wire 'ip proto 50 and src 192.168.3.110'
printf '\n  on the wire: %s%s ESP, %s IKE, %s clear ICMP packets%s\n' "$green" \
	"$(packets wire ip proto 50)" "$(packets wire udp port 500 or udp port 4500)" \
	"$(packets wire icmp)" "$off"

say "What was negotiated"
printf '  a# %s\n' "${bold}missiu -i eth0 status$off"
on a missiu -i eth0 status | indent
printf '  a# %s\n' "${bold}ike status$off"
on a ike status | indent

say "The end: nothing stays behind"
printf '  a# %s\n' "${bold}killall ike$off"
quit a ike && quit b ike || give_up "ike does not end"
step missiu -i eth0 stop
for h in a b; do
	nothing_left $h >"$T/left.txt" || give_up "$(cat "$T/left.txt")"
done
[ "$(packets wire icmp)" = 0 ] || give_up "pings went out in clear"
took=$((${EPOCHREALTIME/./} - begun))
printf '\n%sIt works.%s %d.%d s\n' "$green$bold" "$off" \
	$((took / 1000000)) $((took / 100000 % 10))
