#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What ten thousand policies and ten thousand SAs in one file cost the real
# programs: time to load, to load again, to follow in nftables and in ike,
# memory. No two policies can be put together: each has its own peer and port.
# What packets cost among so many: make bench-engine.
#
#	a 10.9.0.1 ── eth0 ════ eth0 ── 10.9.0.2 b
#
# Usage: bench/scale.sh [N]	writes $CSV (build/bench/scale.csv) as well
. "$(dirname "$0")/../tests/lib.sh"
no_tap
[ "$(id -u)" -eq 0 ] || { echo "needs root"; exit 1; }
N=${1:-10000}
CSV=${CSV:-$ROOT/build/bench/scale.csv}
mkdir -p "$(dirname "$CSV")"
echo "what,value,unit" >"$CSV"

say() { # WHAT VALUE UNIT
	printf '%-58s %8s %s\n' "$1" "$2" "$3"
	echo "$1,$2,$3" >>"$CSV"
}

# took WHAT COMMAND...: its time in seconds
took() {
	local what=$1 t=${EPOCHREALTIME/./}
	shift
	"$@" >"$T/took.log" 2>&1 || { cat "$T/took.log" && exit 1; }
	t=$((${EPOCHREALTIME/./} - t))
	say "$what" "$((t / 1000000)).$(printf '%03d' $((t / 1000 % 1000)))" s
}

peer() { # NUMBER: every other address, so that nothing can be put together
	local n=$((2 * $1))
	echo "10.$((100 + n / 65536)).$((n / 256 % 256)).$((n % 256))"
}

policies() { # PROPERTIES
	local i
	for ((i = 0; i < N; i++)); do
		echo "{ laddr 10.9.0.1 raddr $(peer $i)" \
			"ulp udp rport $((1000 + i)) } ipsec { $1 }"
	done
}

sas() {
	local i k1 k2 p
	k1=0x$(printf '11%.0s' {1..16}) k2=0x$(printf '22%.0s' {1..32})
	for ((i = 0; i < N / 2; i++)); do
		p=$(peer $i)
		echo "add 10.9.0.1 $p esp $((4096 + 2 * i)) -E aes-cbc $k1 -A hmac-sha256 $k2;"
		echo "add $p 10.9.0.1 esp $((4097 + 2 * i)) -E aes-cbc $k1 -A hmac-sha256 $k2;"
	done
}

rss() { # HOST PROGRAM: resident memory in kB
	on "$1" sh -c "grep VmRSS /proc/\$(pgrep -x $2)/status" | tr -dc 0-9
}

guarded() { # ADDRESS: the guard names it
	on a nft list ruleset | grep -qF "$1"
}

host a
host b
link a eth0 10.9.0.1/8 b eth0 10.9.0.2/8
suite_words="encr_algs aes encr_auth_algs sha256"
policies "$suite_words" | conf policies >/dev/null
sas | cat "$T/policies.conf" - | conf all >/dev/null
policies "encr_algs gcm" | conf other >/dev/null

on a missiu -i eth0 -l "$T/a-missiu.log" start >"$T/a-out.log"
on a loadConfig -f - <<<"{ raddr 10.9.0.2 } bypass {}"
before=$(rss a missiu)
took "$N policies: loaded" on a loadConfig -f "$T/policies.conf"
took "… the guard has them (nft lists the last)" wait_for 60 guarded "$(peer $((N - 1)))"
took "$N policies again, unchanged" on a loadConfig -f "$T/policies.conf"
took "$N policies and $N SAs: loaded" on a loadConfig -f "$T/all.conf"
with_all=$(rss a missiu)
took "the same in place of all (-F -FP)" on a loadConfig -F -FP -f "$T/all.conf"
took "status --json" on a missiu status --json
took "loadConfig -d" on a loadConfig -d
took "other policies in place of all (-F -FP)" on a loadConfig -F -FP -f "$T/other.conf"
bg a ike ike -v 2 -p secret 10.9.0.1
took "ike starts and reads $N policies" wait_for 30 on a ike status
took "missiu stops" on a missiu -i eth0 stop
say "missiu without policies, resident" "$before" kB
say "a policy and an SA (AES-CBC, HMAC-SHA-256) more" \
	"$(((with_all - before) * 1024 / N))" bytes
say "ike with $N policies, resident" "$(rss a ike)" kB
