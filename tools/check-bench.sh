#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# bench/report.py must not call a goal met that is not, nor hide a path that is
# absent; and bench/plot.py must draw the same values alike.
set -u
cd "$(dirname "$0")/.." || exit 1
export PYTHONDONTWRITEBYTECODE=1
d=$(mktemp -d)
trap 'rm -rf "$d"' EXIT
bad=0

cat >"$d/run.csv" <<'END'
# commit 0000000
# date 2026-01-01T00:00Z
# cpu none
# cores 2
# kernel 0
# load 0.00
# path bare bare veth
# path udp-gcm ours
# path openvpn OpenVPN <x>
# path wireguard wireguard-go
# absent wireguard wireguard-go is not installed
path,round,what,value
bare,1,tcp,1000
bare,2,tcp,3000
bare,3,tcp,2000
udp-gcm,1,tcp,900
udp-gcm,2,tcp,1500
udp-gcm,3,tcp,1200
openvpn,1,tcp,100
openvpn,2,tcp,100
openvpn,3,tcp,100
udp-gcm,1,rss_before_kb,1024
udp-gcm,1,rss_max_kb,65537
udp-gcm,1,rss_after_kb,2048
udp-gcm,1,udp64_kpps,80
openvpn,1,udp64_kpps,10
END
bench/report.py "$d/run.csv" >"$d/out" || bad=1

expect() { # REGEX: a line of the report
	grep -Eq -- "$1" "$d/out" && return
	printf 'no line matches %s in:\n' "$1"
	cat "$d/out"
	bad=1
}
expect '^ours +1200 +900\.\.1500 +0\.60 '
expect '^wireguard-go +wireguard-go is not installed$'
# Exactly at the goal; the rounds' own ratios beside the ratio of medians.
expect 'UDP GCM tunnel, of bare veth +0\.60 +0\.50\.\.0\.90 +>= 0\.6 +met$'
expect 'of OpenVPN +12\.00 +9\.00\.\.15\.00 +>= 14 +NOT MET$'
# A hair above 64 MB; against the best peer that there is.
expect 'resident MB +64\.00 .*<= 64 +NOT MET$'
expect 'UDP 64 B, ours, of OpenVPN <x> +8\.00 .*>= 8 +met$'

bench/plot.py "$d/run.csv" "$d/1.svg" && bench/plot.py "$d/run.csv" "$d/2.svg" &&
	cmp "$d/1.svg" "$d/2.svg" && grep -q 'OpenVPN &lt;x&gt;' "$d/1.svg" &&
	/usr/bin/python3 -c 'import sys, xml.dom.minidom as m
m.parse(sys.argv[1])' "$d/1.svg" || bad=1
exit $bad
