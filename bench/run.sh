#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make bench, make bench-quick: our tunnels, other user-space tunnels and bare
# wires. All are set up at once and measured in turn, ROUNDS times, so that a
# slow moment of the machine meets each alike; only ratios inside one run say
# anything. Writes OUT/run.csv and prints what report.py makes of it.
#
#	bench/run.sh [PATH...]		default: all; see `path` below
#
#	ROUNDS=5	BUDGET=840 (seconds, in all)	QUICK=1: one round, a minute
#	SECS=n		length of a TCP run; default: what the budget allows, 1 to 4
#	MEASURES="tcp idle"	a choice of those in the plan
. "$(dirname "$0")/../tests/lib.sh"
. "$(dirname "$0")/../tests/lib-strongswan.sh"
. "$(dirname "$0")/paths.sh"
. "$(dirname "$0")/peers.sh"
. "$(dirname "$0")/measure.sh"
no_tap
QUICK=${QUICK-}
ROUNDS=${ROUNDS:-${QUICK:+1}}
ROUNDS=${ROUNDS:-5}
BUDGET=${BUDGET:-${QUICK:+65}}
BUDGET=${BUDGET:-840}
PINGS=${PINGS:-500}
OUT=${OUT:-$ROOT/build/bench}
UDPLOAD=${UDPLOAD:-$ROOT/build/rel/bench/udpload}
RELAY=${RELAY:-$ROOT/build/rel/bench/relay}
WANTED=("$@")
CSV=$OUT/run.csv
export PYTHONDONTWRITEBYTECODE=1

give_up() {
	echo "bench: $*" >&2
	exit 1
}
[ "$(id -u)" -eq 0 ] || give_up "needs root"
for p in iperf3 jq ping tc "$UDPLOAD" "$RELAY"; do
	command -v "$p" >/dev/null || give_up "$p is missing: make bench makes it"
done

# -------------------------------------------------------------------- plan ---
# What is measured on which paths. Neighbours in time are what is compared:
# within a round, one measurement after the other, each over all of its paths.
FULL="bare udp-gcm start-gcm start-xdp swan-gcm wireguard openvpn"
declare -A PLAN=(
	[tcp]="bare plain relay udp-gcm udp-gcm256 udp-chacha raw-cbc raw-gcm start-gcm
		start-xdp swan-gcm swan-cbc wireguard openvpn"
	[tcp4]=$FULL
	[reverse]=$FULL
	[udp64]=$FULL
	[udp64many]=$FULL
	[load]=$FULL
	[fair]="bare two"
)
PLAN[idle]=${PLAN[tcp]}
ORDER="tcp idle tcp4 reverse load fair udp64 udp64many"
# Once, after the rounds: they leave nobody else in peace.
PLAN[overload]="udp-gcm start-gcm start-xdp swan-gcm wireguard openvpn"
PLAN[drops]="udp-gcm start-gcm start-xdp"
ONCE="overload drops"
if [ -n "$QUICK" ]; then
	PLAN[tcp]="bare plain relay udp-gcm raw-cbc start-gcm swan-gcm wireguard openvpn"
	PLAN[idle]="bare udp-gcm start-gcm"
	PLAN[udp64]="udp-gcm openvpn"
	ORDER="tcp idle udp64"
	ONCE=
fi
if [ -n "${MEASURES-}" ]; then
	of() { # LIST: what of it was asked for
		local w
		for w in $1; do
			[[ " $MEASURES " != *" $w "* ]] || echo -n "$w "
		done
	}
	ORDER=$(of "$ORDER") ONCE=$(of "$ONCE")
fi
# No path is built that nothing measures.
if [ ${#WANTED[@]} -eq 0 ]; then
	for w in $ORDER $ONCE; do
		# shellcheck disable=SC2206
		WANTED+=(${PLAN[$w]})
	done
fi

# ------------------------------------------------------------------- paths ---
GCM='encr_algs gcm keylength 16'
GCM256='encr_algs gcm keylength 32'
CBC='encr_algs aes encr_auth_algs sha1'
CHACHA='encr_algs chacha20-poly1305'
path bare "bare veth" "" bare
path plain "bare veth, offload off" "" bare plain
path relay "null relay, no cipher" relay relay
path udp-gcm "UDP AES-128-GCM tunnel" missiu tunnel start udp "$GCM"
path udp-gcm256 "UDP AES-256-GCM tunnel" missiu tunnel start udp "$GCM256"
path udp-chacha "UDP ChaCha20 tunnel" missiu tunnel start udp "$CHACHA"
path raw-cbc "startRaw 50 CBC SHA-1 transp." missiu transport startRaw "$CBC"
path raw-gcm "startRaw 50 GCM transport" missiu transport startRaw "$GCM"
path start-gcm "start 50 GCM transport" missiu transport start "$GCM"
path start-xdp "start --outer xdp 50 GCM tr." missiu transport \
	"start --outer xdp" "$GCM"
path two "two UDP tunnels" missiu two_tunnels start udp "$GCM"
path swan-gcm "strongSwan AES-128-GCM" charon-systemd strongswan aes128gcm16
path swan-cbc "strongSwan AES-CBC SHA-1" charon-systemd strongswan aes128-sha1
path wireguard "wireguard-go" wireguard-go wireguard
path openvpn "OpenVPN AES-256-GCM" openvpn openvpn_pair
for p in "${PATHS[@]}"; do
	[ -n "${ABSENT[$p]-}" ] || start_servers "$p" ||
		give_up "$p: servers do not start"
done

# ------------------------------------------------------------------ rounds ---
present() { # WHAT: the paths to measure it on
	local p
	for p in ${PLAN[$1]}; do
		wanted "$p" && [ -z "${ABSENT[$p]-}" ] && echo "$p"
	done
}
count() { # WHAT: how many paths, if it is measured at all
	[[ " $ORDER $ONCE " != *" $1 "* ]] || present "$1" | wc -l
}

# Seconds of a round without its TCP runs, and how many of those there are
streams=0 fixed=0
for w in tcp tcp4 reverse load fair; do
	n=$(count $w)
	streams=$((streams + ${n:-0}))
done
n_idle=$(count idle) n_load=$(count load)
n_udp=$(count udp64) n_many=$(count udp64many)
n_udp=$((${n_udp:-0} + ${n_many:-0}))
n_over=$(count overload)
fixed=$(((streams * 6 + ${n_idle:-0} * PINGS / 40 + ${n_load:-0} * 10 +
	${n_udp:-0} * 45) / 10))
once=$((${n_over:-0} * 8 + 8))
if [ -z "${SECS-}" ]; then
	SECS=$((((BUDGET - SECONDS - once) / ROUNDS - fixed) / (streams + 1)))
	[ "$SECS" -ge 1 ] || SECS=1
	[ "$SECS" -le 4 ] || SECS=4
fi

mkdir -p "$OUT"
{
	echo "# commit $(git -C "$ROOT" describe --always --dirty 2>/dev/null)"
	echo "# date $(date -u +%Y-%m-%dT%H:%MZ)"
	echo "# cpu $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n1)"
	echo "# cores $(nproc)"
	echo "# kernel $(uname -r)"
	echo "# load $(cut -d' ' -f1 /proc/loadavg)"
	echo "# seconds $SECS"
	for p in "${PATHS[@]}"; do
		echo "# path $p ${TITLE[$p]}"
		[ -z "${NOTE[$p]-}" ] || echo "# note $p ${NOTE[$p]}"
		[ -z "${ABSENT[$p]-}" ] || echo "# absent $p ${ABSENT[$p]}"
	done
	echo "path,round,what,value"
} >"$CSV"

declare -A FAILED
measure() { # WHAT PATH ROUND
	RESULT=
	if "m_$1" "$2" "$3" 2>"$T/m.log"; then
		printf '  round %s  %-9s %-12s %s\n' "$3" "$1" "$2" "$RESULT"
		return
	fi
	echo "  round $3  $1 $2: failed" "$(head -c 200 "$T/m.log")"
	[ "${DAEMON[$2]}" != missiu ] || BROKEN=1
	# A peer may have died: after two failures the others go on without it.
	FAILED[$2]+="$1 of round $3 failed; "
	[[ ${FAILED[$2]} == *";"*";"* ]] || return
	ABSENT[$2]=${FAILED[$2]%; }
	echo "# absent $2 ${ABSENT[$2]}" >>"$CSV"
}

echo "$ROUNDS rounds, TCP runs of $SECS s, about" \
	"$((SECONDS + ROUNDS * (fixed + streams * SECS) + once)) s;" \
	"$(nproc) cores for both ends of everything"
longest=0
for ((r = 1; r <= ROUNDS; r++)); do
	if [ $((SECONDS + longest + once)) -gt $((BUDGET + 60)) ]; then
		echo "stopped before round $r: the time is up"
		break
	fi
	begun=$SECONDS
	for w in $ORDER; do
		# There and back again: nobody is always first.
		list=$(present "$w")
		[ $((r % 2)) -eq 1 ] || list=$(tac <<<"$list")
		for p in $list; do
			measure "$w" "$p" $r
		done
	done
	[ $((SECONDS - begun)) -le $longest ] || longest=$((SECONDS - begun))
done
for w in $ONCE; do
	for p in $(present "$w"); do
		measure "$w" "$p" 1
	done
done

"$PY" "$ROOT/bench/report.py" "$CSV" || exit
echo "$SECONDS s; values: $CSV"
[ -z "$BROKEN" ]
