# SPDX-License-Identifier: Apache-2.0
# Helpers for tests on real packets. A test script starts with
#
#	. "$(dirname "$0")/../lib.sh"
#
# and ends with `finish`. It prints TAP: one "ok" or "not ok" line a fact.
#
# A host is a set of namespaces (network, mount, process) with its own /run, so
# that pid files and control sockets of two hosts never meet. Its first process
# dies with the script, and everything in the host dies with its first process:
# no clean-up can be forgotten, not even after kill -9.
#
# shellcheck shell=bash
set -u

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BIN=${BIN:-$ROOT/bin}
case $BIN in /*) ;; *) BIN=$ROOT/$BIN ;; esac
PATH=$BIN:$PATH:/usr/sbin:/sbin
export PATH LC_ALL=C
unset CDPATH

T=$(mktemp -d "${TMPDIR:-/tmp}/missiu-test.XXXXXX")
TAP_N=0
TAP_FAILED=0
declare -A HOST_PID=()

# ---------------------------------------------------------------- results ---

note() {
	printf '%s\n' "$@" | sed 's/^/# /'
}

pass() {
	TAP_N=$((TAP_N + 1))
	echo "ok $TAP_N - $1"
}

# fail WHAT [EXPLANATION...]
fail() {
	TAP_N=$((TAP_N + 1))
	TAP_FAILED=$((TAP_FAILED + 1))
	echo "not ok $TAP_N - $1"
	shift
	[ $# -eq 0 ] || note "$@"
}

skip() {
	TAP_N=$((TAP_N + 1))
	echo "ok $TAP_N - $1 # SKIP $2"
}

# check WHAT COMMAND...: passes when the command succeeds; else its output and
# the command are shown.
check() {
	local what=$1 rc
	shift
	# Not by $(...): that would wait for daemons which keep it open.
	"$@" >"$T/check.out" 2>&1
	rc=$?
	if [ $rc -eq 0 ]; then
		pass "$what"
	else
		fail "$what" "exit $rc: $*" "$(cat "$T/check.out")"
		return 1
	fi
}

# check_not WHAT COMMAND...: passes when the command fails in an orderly way,
# that is, with an exit status below 124 (above: too long, not found, killed).
check_not() {
	local what=$1 rc
	shift
	"$@" >"$T/check.out" 2>&1
	rc=$?
	if [ $rc -gt 0 ] && [ $rc -lt 124 ]; then
		pass "$what"
	else
		fail "$what" "exit $rc, expected a failure: $*" \
			"$(cat "$T/check.out")"
		return 1
	fi
}

is() { # WHAT GOT EXPECTED
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "got:      $2" "expected: $3"
		return 1
	fi
}

# like WHAT TEXT REGEX
like() {
	if grep -Eq -- "$3" <<<"$2"; then
		pass "$1"
	else
		fail "$1" "no line matches /$3/ in:" "$2"
		return 1
	fi
}

# unlike WHAT TEXT REGEX
unlike() {
	if grep -Eq -- "$3" <<<"$2"; then
		fail "$1" "a line matches /$3/ in:" "$2"
		return 1
	fi
	pass "$1"
}

# What sanitizers have to say, if the programs were built with them.
export ASAN_OPTIONS=log_path=$T/sanitizer
export UBSAN_OPTIONS=log_path=$T/sanitizer:print_stacktrace=1
sanitizers_quiet() {
	local found
	found=$(
		grep -lE '(Address|Leak|Thread)Sanitizer|runtime error:' \
			"$T"/*.log 2>/dev/null
		ls "$T"/sanitizer.* 2>/dev/null
	)
	[ -z "$found" ] || fail "sanitizers find nothing" \
		"$(xargs head -n 60 <<<"$found")"
}

finish() {
	sanitizers_quiet
	echo "1..$TAP_N"
	FINISHED=1
	[ "$TAP_FAILED" -eq 0 ]
	exit
}

# For scripts that are no tests: no logs at the end.
no_tap() {
	FINISHED=1
}

skip_all() {
	echo "1..0 # SKIP $1"
	FINISHED=1
	exit 0
}

# --------------------------------------------------------------- clean-up ---

FINISHED=
cleanup() {
	local rc=$? h
	trap - EXIT
	if [ -z "$FINISHED" ] || [ "$TAP_FAILED" -gt 0 ]; then
		show_logs
	fi
	for h in "${!HOST_PID[@]}"; do
		kill -KILL "${HOST_PID[$h]}" 2>/dev/null
		wait "${HOST_PID[$h]}" 2>/dev/null
	done
	rm -rf "$T"
	exit "$rc"
}
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The last lines of every program's output, as TAP comments.
show_logs() {
	local f
	for f in "$T"/*.log; do
		[ -s "$f" ] || continue
		note "--- ${f##*/}"
		tail -n "${LOG_LINES:-40}" "$f" | cut -c1-400 | sed 's/^/#   /'
	done
}

# ------------------------------------------------------------------ hosts ---

need_root() {
	[ "$(id -u)" -eq 0 ] || skip_all "needs root (namespaces, TUN/TAP)"
	[ -c /dev/net/tun ] || skip_all "needs /dev/net/tun"
}

# need PROGRAM...: skips the whole test when one is missing. CI never skips.
need() {
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null && continue
		[ -n "${CI:-}" ] || skip_all "$p is not installed (make deps)"
		fail "$p is installed"
		finish
	done
}

# host NAME: a new host with loopback up and an empty /run
host() {
	local ready=$T/$1.ready
	mkfifo "$ready"
	# A session of its own: signals to the script's group do not reach it.
	setpriv --pdeathsig KILL -- setsid unshare --net --mount --uts --ipc --pid \
		--fork --kill-child --mount-proc --propagation private \
		bash -c '
			mount -t tmpfs -o mode=755 tmpfs /run &&
			mkdir -p /run/lock &&
			mount -t tmpfs tmpfs /dev/shm &&
			mount -t sysfs sysfs /sys &&
			hostname "$1" && ip link set lo up &&
			sysctl -qw net.ipv6.conf.default.accept_dad=0 \
				net.ipv6.conf.all.accept_dad=0 \
				net.ipv4.ping_group_range="0 2147483647" &&
			echo $$ >"$2" || exit 1
			while :; do sleep 3600 & wait; done' \
		"host-$1" "$1" "$ready" </dev/null >"$T/$1.host.log" 2>&1 &
	HOST_PID[$1]=$!
	if ! read -r -t 10 _ <>"$ready"; then
		fail "host $1 can be made" "$(cat "$T/$1.host.log")"
		finish
	fi
	rm -f "$ready"
	# The first process inside, as seen from here.
	HOST_PID[$1.init]=$(pgrep -P "${HOST_PID[$1]}" | head -n1)
}

# on HOST COMMAND...: runs it there and waits for it
on() {
	local h=$1
	shift
	nsenter -t "${HOST_PID[$h.init]}" -n -m -u -i -p -- "$@"
}

# bg HOST NAME COMMAND...: starts it there; output goes to $T/HOST-NAME.log
bg() {
	local h=$1 name=$2
	shift 2
	: >"$T/$h-$name.log"
	# shellcheck disable=SC2016
	on "$h" bash -c 'log=$1; shift
		"$@" </dev/null >"$log" 2>&1 & echo $!' \
		bg "$T/$h-$name.log" "$@" >"$T/$h-$name.pid"
}

pid_of() { # HOST NAME: its process number inside the host
	cat "$T/$1-$2.pid"
}

log_of() { # HOST NAME
	cat "$T/$1-$2.log"
}

alive() { # HOST NAME
	on "$1" kill -0 "$(pid_of "$1" "$2")" 2>/dev/null
}

gone() { # HOST NAME
	! alive "$1" "$2"
}

# quit HOST NAME [SIGNAL]: ends a background program and waits until it is gone
quit() {
	on "$1" kill -"${3:-TERM}" "$(pid_of "$1" "$2")" 2>/dev/null
	wait_for 10 gone "$1" "$2"
}

# link HOST IF ADDRS HOST IF ADDRS: a veth pair; ADDRS are separated by commas
link() {
	ip link add "$2" netns "${HOST_PID[$1.init]}" type veth \
		peer name "$5" netns "${HOST_PID[$4.init]}" || return
	addrs "$1" "$2" "$3" && addrs "$4" "$5" "$6"
}

addrs() { # HOST IF ADDRS
	local a
	for a in ${3//,/ }; do
		case $a in
		*:*) on "$1" ip addr add "$a" dev "$2" nodad ;;
		*) on "$1" ip addr add "$a" dev "$2" ;;
		esac || return
	done
	on "$1" ip link set "$2" up
}

# ---------------------------------------------------------------- waiting ---

# wait_for SECONDS COMMAND...: until the command succeeds; fails at the deadline
wait_for() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt "$end" ] || return 1
		read -r -t 0.03 _ <>"$TICK"
	done
	return 0
}
TICK=$T/tick
mkfifo "$TICK"

# wait_log SECONDS HOST NAME REGEX: until the program has printed such a line
wait_log() {
	wait_for "$1" grep -Eq -- "$4" "$T/$2-$3.log"
}

# --------------------------------------------------------------- captures ---

# capture HOST IF NAME [FILTER...]: packets into $T/NAME.pcap until capture_end
capture() {
	local h=$1 i=$2 n=$3
	shift 3
	bg "$h" "dump-$n" tcpdump -Z root -n -U --immediate-mode -B 32768 -s 0 -i "$i" \
		-w "$T/$n.pcap" "$@"
	wait_log 10 "$h" "dump-$n" 'listening on'
}

# capture_end HOST NAME: the capture is complete afterwards
capture_end() {
	wait_for 3 drained "$1" "$2"
	quit "$1" "dump-$2" INT
}

# Has tcpdump written all that its filter let by? It says so on SIGUSR1.
drained() { # HOST NAME
	on "$1" kill -USR1 "$(pid_of "$1" "dump-$2")" &&
		grep -Eq '([0-9]+) packets? captured, \1 packets? received' \
			"$T/$1-dump-$2.log"
}

# packets NAME [FILTER...]: how many packets of a capture match
packets() {
	local n=$1
	shift
	tcpdump -n -r "$T/$n.pcap" "$@" 2>/dev/null | wc -l
}

# no_packets WHAT NAME FILTER: none of a capture matches; else they are shown
no_packets() {
	local found
	found=$(tcpdump -n -tt -r "$T/$2.pcap" "$3" 2>/dev/null | head -n 20)
	if [ -z "$found" ]; then
		pass "$1"
	else
		fail "$1" "$found"
	fi
}

# ------------------------------------------------------------ our programs ---

# tap_of HOST IF: the TAP of a running missiu
tap_of() {
	on "$1" missiu -i "$2" status --json | jq -r .tap
}

# conf NAME: a configuration file from standard input; prints its path
conf() {
	cat >"$T/$1.conf"
	chmod 600 "$T/$1.conf"
	echo "$T/$1.conf"
}

# suite HOST IF CONF [MISSIU-OPTION...]: missiu started and CONF loaded
suite() {
	local h=$1 i=$2 c=$3
	shift 3
	on "$h" missiu -i "$i" -l "$T/$h-missiu.log" "$@" start \
		>"$T/$h-missiu.out.log" 2>&1 &&
		on "$h" loadConfig -f "$c" >"$T/$h-loadConfig.log" 2>&1
}

# ike_on HOST ARGUMENT...: ike in the background, until it listens
ike_on() {
	local h=$1
	shift
	bg "$h" ike ike -v 2 --retransmit 500 "$@" &&
		wait_for 10 on "$h" ike status
}

# nothing_left HOST: no TAP, run-time file, route, rule, table or process of ours
nothing_left() {
	local h=$1 p left
	left=$(
		on "$h" ip -o link show type tun 2>/dev/null
		on "$h" find /run /dev/shm \( -name 'missiu*' -o -name 'ike*' \)
		on "$h" ip route show table all | grep -w tap0
		on "$h" ip -6 route show table all | grep -w tap0
		on "$h" ip rule show | grep -vE '^(0|32766|32767):'
		on "$h" nft list tables 2>/dev/null
		for p in missiu ike loadConfig ipseckey; do
			on "$h" pgrep -r D,R,S,T -lx "$p"
		done
	)
	[ -z "$left" ] || { echo "left on $h: $left" && return 1; }
}

# transfer HOST ADDRESS HOST BYTES [SOURCE]: a TCP transfer to ADDRESS of the
# second host; succeeds when both ends have the same bytes
transfer() {
	local fam=4 port=7000
	case $2 in *:*) fam=6 ;; esac
	"$PY" - "$4" >"$T/blob" <<-'END'
	import random, sys
	r = random.Random(7)
	sys.stdout.buffer.write(r.randbytes(int(sys.argv[1])))
	END
	rm -f "$T/blob.got"
	bg "$3" sink "$PY" "$ROOT/tests/tcp.py" recv "$fam" $port "$T/blob.got"
	wait_log 5 "$3" sink "ready" || return
	on "$1" timeout 30 "$PY" "$ROOT/tests/tcp.py" send "$2" $port "$T/blob" ${5-} \
		>"$T/$1-send.log" 2>&1 || return
	wait_log 10 "$3" sink "done" || return
	# The last segments have arrived: what follows finds a quiet wire.
	wait_for 5 no_connection "$1" || return
	wait_for 5 no_connection "$3" || return
	cmp "$T/blob" "$T/blob.got"
}
no_connection() { # HOST
	[ -z "$(on "$1" ss -Htn exclude time-wait exclude listening)" ]
}
# Debian's python3: it is the one that has scapy.
PY=/usr/bin/python3

# replies OUTPUT: "received/sent" of a ping
replies() {
	sed -nE 's/^([0-9]+) packets transmitted, ([0-9]+) received.*/\2\/\1/p' \
		<<<"$1"
}
