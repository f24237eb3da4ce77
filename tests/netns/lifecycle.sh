#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Starting, stopping, dying and wrong use of the four programs.
#
#	[ a ]--eth0 192.168.3.110 ------- 192.168.3.119 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq

host a
host b
link a eth0 192.168.3.110/24 b eth0 192.168.3.119/24

# ------------------------------------------------ command lines, no daemon ---
for p in missiu ike loadConfig ipseckey; do
	check "$p --help" on a $p --help
	check "$p -h" on a timeout 5 $p -h
	out=$(on a $p --version 2>&1)
	like "$p --version" "$out" "$(cat "$ROOT/VERSION")"
	check_not "$p refuses an unknown option" on a timeout 5 $p --no-such-option
	out=$(on a timeout 5 $p --no-such-option 2>&1)
	is "$p: an error is one line" "$(wc -l <<<"$out")" 1 || note "$out"
done
check_not "missiu without a command" on a missiu -i eth0
check_not "missiu without an interface" on a missiu startRaw
check_not "missiu with an unknown command" on a missiu -i eth0 startRawer
check_not "missiu on an interface that is not there" on a missiu -i eth7 startRaw
out=$(on a missiu -i eth7 startRaw 2>&1)
like "it is named" "$out" eth7
check "and nothing is left" nothing_left a
check_not "stop without a daemon" on a missiu -i eth0 stop
check_not "status without a daemon" on a missiu -i eth0 status
check_not "ike status without a daemon" on a ike status
check_not "loadConfig without a daemon" \
	on a loadConfig -f "$(conf ok <<<'{ raddr 192.168.3.119 } ipsec { encr_algs gcm }')"
check_not "ipseckey without a daemon" on a ipseckey list
check_not "ike with a short -p" on a timeout 5 ike -p '' 192.168.3.110

# ------------------------------------- without the rights it asks for them ---
nocap() {
	on a setpriv --bounding-set -net_admin --inh-caps -net_admin "$@"
}
check_not "missiu without CAP_NET_ADMIN" nocap missiu -i eth0 startRaw
out=$(nocap missiu -i eth0 startRaw 2>&1)
like "the missing capability is named" "$out" 'CAP_NET_ADMIN'
out=$(on a unshare -m sh -c 'mount --bind /dev/null /dev/net/tun &&
	missiu -i eth0 startRaw' 2>&1)
like "a missing device is named" "$out" '/dev/net/tun'
check "and nothing is left after these" nothing_left a

# --------------------------------------------------------- start and stop ---
# shellcheck disable=SC2016
check "start lets go of what it was given to write to" timeout 10 bash -c \
	'out=$(nsenter -t "$1" -n -m -p missiu -i eth0 start 2>&1)' \
	bash "${HOST_PID[a.init]}"
check "its log lies in the run directory" on a test -e /run/missiu.log.eth0
check "stop" on a missiu -i eth0 stop
check "the log is gone too" nothing_left a
check "start, log in a file" on a missiu -i eth0 -l "$T/a-missiu.log" start
pid=$(on a cat /var/run/missiu.pid.eth0)
check_not "second start is refused" on a missiu -i eth0 start
out=$(on a missiu -i eth0 start 2>&1)
like "and says why" "$out" 'running'
is "the first goes on" "$(on a cat /var/run/missiu.pid.eth0)" "$pid"
check "stop" on a missiu -i eth0 stop
check_not "the process is gone when stop returns" on a kill -0 "$pid"
check "nothing is left" nothing_left a
check "start again" on a missiu -i eth0 -l "$T/a-missiu.log" startRaw
pid=$(on a cat /var/run/missiu.pid.eth0)
check "SIGTERM stops it" on a kill -TERM "$pid"
check "SIGTERM leaves nothing" wait_for 5 nothing_left a

check "start before kill -9" on a missiu -i eth0 -l "$T/a-missiu.log" --auto start
pid=$(on a cat /var/run/missiu.pid.eth0)
check "kill -9" on a kill -KILL "$pid"
wait_for 5 sh -c "! nsenter -t ${HOST_PID[a.init]} -n -m -p kill -0 $pid"
check_not "status says that it is not running" on a missiu -i eth0 status
check "start after kill -9" on a missiu -i eth0 -l "$T/a-missiu.log" start
check "status answers" on a missiu -i eth0 status
check "stop after it" on a missiu -i eth0 stop
check "nothing is left after it" nothing_left a

# ------------------------------------------------ configurations, refused ---
check "a daemon to configure" on a missiu -i eth0 -l "$T/a-missiu.log" start
check "a good configuration" on a loadConfig -f "$T/ok.conf"
before=$(on a loadConfig -dP)
like "the policy is there" "$before" 192.168.3.119
n=0
while IFS= read -r line; do
	n=$((n + 1))
	f=$(conf bad$n < <(
		echo '{ raddr 10.77.0.1 } drop {}'
		echo "$line"))
	check_not "refused: $line" on a loadConfig -f "$f"
	out=$(on a loadConfig -f "$f" 2>&1)
	like "position of: $line" "$out" 'bad[0-9]+\.conf:[0-9]+:[0-9]+: '
done <<'END'
{ raddr 192.168.3.300 } ipsec { encr_algs gcm }
{ raddr 192.168.3.119 ipsec { encr_algs gcm }
{ raddr 192.168.3.119 } ipsec { encr_algs gmc }
{ raddr 192.168.3.119 } ipsec {}
{ raddr 192.168.3.119 laddr fd00::1 } ipsec { encr_algs gcm }
{ raddr 192.168.3.119 dport 5 } ipsec { encr_algs gcm }
add 10.0.0.1 10.0.0.2 esp 255 -E aes-cbc 0x00112233445566778899aabbccddeeff;
add 10.0.0.1 10.0.0.2 esp 256 -E aes-cbc 0x0011;
add 10.0.0.1 10.0.0.2 esp 256 -E
frobnicate;
END
is "a refused file changes nothing" "$(on a loadConfig -dP)" "$before"
check_not "a file that is not there" on a loadConfig -f "$T/none.conf"
check_not "a directory instead of a file" on a loadConfig -f /
check "-FP empties the policies" on a loadConfig -FP
unlike "they are gone" "$(on a loadConfig -dP)" 192.168.3.119
check "-F empties the SAs" on a loadConfig -F
check "stop with a configuration" on a missiu -i eth0 stop

# ------------------------------------------------------- never sleeps ---
check_not "--look takes numbers" on a missiu -i eth0 --look 1s start
check_not "--look has a limit" on a missiu -i eth0 --look 1000001 start
check "a daemon that looks for a second" \
	on a missiu -i eth0 -l "$T/a-missiu.log" --look 1000000 --auto start
check "a policy" on a loadConfig -f "$T/ok.conf"
on a ping -n -c 20 -i 0.01 -W 1 192.168.3.119 >"$T/look.out" 2>&1 &
check "status is answered meanwhile" \
	on a timeout 5 missiu -i eth0 status
check "and policies are loaded" on a timeout 5 loadConfig -FP
wait $!
check "it stops" on a timeout 10 missiu -i eth0 stop

# ------------------------------------------------ kill -9 while it protects ---
a_conf=$(conf a <<<'{ raddr 192.168.3.119 ulp icmp } ipsec { encr_algs gcm }')
b_conf=$(conf b <<<'{ raddr 192.168.3.110 ulp icmp } ipsec { encr_algs gcm }')
check "a: suite" suite a eth0 "$a_conf" --auto
check "b: suite" suite b eth0 "$b_conf" --auto
check "a: ike" ike_on a -p swordfish-swordfish 192.168.3.110
check "b: ike" ike_on b -p swordfish-swordfish 192.168.3.119
check "ping" on a ping -c 2 -i 0.1 -W 3 192.168.3.119
check "b: kill -9 of missiu" \
	on b sh -c 'kill -KILL $(cat /var/run/missiu.pid.eth0)'
check "b: suite again, ike still runs" suite b eth0 "$b_conf" --auto
check "b: ike is alive" alive b ike
check "ping from the restarted side" wait_for 15 \
	on b ping -c 1 -W 1 192.168.3.110
check "ping to the restarted side" wait_for 15 \
	on a ping -c 1 -W 1 192.168.3.119
for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish
