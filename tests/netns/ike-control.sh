#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# ike at run time: up, down, rekey, log, and the stream of events.
#
#	[ a ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq

PSK=swordfish-swordfish
host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
a_conf=$(conf a <<<'{ raddr 10.9.0.2 ulp icmp } ipsec { encr_algs gcm }')
b_conf=$(conf b <<<'{ raddr 10.9.0.1 ulp icmp } ipsec { encr_algs gcm }')
check "a: suite" suite a eth0 "$a_conf" --auto
check "b: suite" suite b eth0 "$b_conf" --auto
check "a: ike" ike_on a -p $PSK 10.9.0.1
check "b: ike" ike_on b -p $PSK 10.9.0.2
is "its socket is for us only" "$(on a stat -c %a /run/ike.ctl.eth0)" 600

bg a events ike monitor --json
bg a lines ike monitor
# events HOST: what was told, one name a line
events() {
	log_of a events | jq -r .event | tr '\n' ' '
}
told() { # NAMES
	[ "$(events)" = "$1 " ]
}
check "both listeners are there" wait_for 5 on a bash -c \
	'[ "$(ss -xHn state established | grep -c ike.ctl)" -ge 2 ]'

check_not "down: nobody there" on a ike down 10.9.0.2
check_not "rekey: nobody there" on a ike rekey 10.9.0.2
check_not "up: no policy for that peer" on a ike up 10.9.0.77
check_not "up: no peer" on a ike up nonsense
check_not "up: nothing" on a ike up
check_not "rekey: neither" on a ike rekey 10.9.0.2 both
check_not "log: no such group" on a ike log nonsense debug
check_not "log: no such level" on a ike log ike loud
like "a wrong command says what was expected" \
	"$(on a ike rekey 10.9.0.2 both 2>&1)" 'both.*expected.*child, ike or nothing'

out=$(on a ike up 10.9.0.2)
is "up succeeds" "$?" 0
like "up tells of the child SA" "$out" 'child_up 10\.9\.0\.1\[[0-9]+\] === 10\.9\.0\.2'
check "up again changes nothing" on a ike up 10.9.0.2
check "events: up" wait_for 5 told "ike_up child_up"
out=$(on a ike rekey 10.9.0.2 child)
like "rekey child waits for it" "$out" 'child_rekeyed'
check "events: child rekeyed" wait_for 5 told "ike_up child_up child_rekeyed"
out=$(on a ike rekey --json 10.9.0.2 ike)
is "rekey ike, in JSON" "$(jq -r .event <<<"$out")" ike_rekeyed
check "events: IKE SA rekeyed" wait_for 5 told \
	"ike_up child_up child_rekeyed ike_rekeyed"
check "ping" on a ping -c 1 -W 3 10.9.0.2
check "down" on a ike down 10.9.0.2
check "events: down" wait_for 5 told \
	"ike_up child_up child_rekeyed ike_rekeyed ike_down child_down"
is "the chain of children is whole" "$(log_of a events | jq -rs '
	[.[] | select(.event == "child_up").spi_in] ==
	[.[] | select(.event == "child_rekeyed").old_spi_in]')" true
like "lines for people say the same" "$(log_of a lines)" \
	'^20.*Z child_rekeyed 10\.9\.0\.1.* old_spi_in=0x'
check "b has nothing left" wait_for 5 on b bash -c \
	'ike status --json | jq -e "all(.ike_sas[]; .state == \"CLOSED\")"'

check "log: more" on a ike log ike debug
check "up again" on a ike up 10.9.0.2
like "the level counts at once" "$(log_of a ike)" 'INIT_SENT'
check "log: less" on a ike log all error

# A failure is explained in parts.
check "b: a configuration that does not fit" on b loadConfig -f "$(conf b <<<'
	spdflush; { raddr 10.9.0.1 ulp icmp } ipsec
	{ encr_algs aes keylength 32 encr_auth_algs sha256 }')"
check "down" on a ike down 10.9.0.2
out=$(on a ike up 10.9.0.2 2>&1)
is "up fails" "$?" 1
like "up says why" "$out" 'we offer aes128gcm16'
check "events: failed" wait_for 5 on a grep -q '"event":"failed"' \
	"$T/a-events.log"
is "the event has status and remedy" "$(log_of a events |
	jq -r 'select(.event == "failed") | [.status, .we_offer != null,
		(.remedy | contains("line 1"))] | @csv' | head -n 1)" \
	'"NO_PROPOSAL_CHOSEN",true,true'

# By name, too.
check "down" on a ike down 10.9.0.2
check "a named peer" on a loadConfig -f "$(conf named <<END
	spdflush;
	peer bee { raddr 10.9.0.2 psk "$PSK" }
	{ raddr 10.9.0.2 ulp icmp } ipsec { encr_algs aes keylength 32
		encr_auth_algs sha256 peer bee }
END
)"
check_not "down: a name that nobody has" on a ike down wasp
out=$(on a ike up bee)
is "up by name" "$?" 0
like "the event has the name" "$out" 'child_up .* peer=bee '
check "rekey by name" on a ike rekey bee
check "down by name" on a ike down bee

# A negotiation that nobody answers is called off.
check "b: ike ends" quit b ike
bg a up ike up bee
check "up: nobody answers" wait_for 5 on a bash -c \
	'ike status --json | jq -e "any(.ike_sas[]; .state == \"INIT_SENT\")"'
check "down while up waits" on a ike down bee
check "up ends with it" wait_for 5 gone a up
like "up says why" "$(log_of a up)" 'status=CANCELLED: asked to end it'

check "a hangup ends it like a signal to end" quit a ike HUP
check_not "nothing is left of it" on a ls /run/ike.ctl.eth0
check "a: ike with a log" ike_on a --log "$T/rotated" -p $PSK 10.9.0.1
mv "$T/rotated" "$T/rotated.1"
on a kill -HUP "$(pid_of a ike)"
check "a hangup opens it again" wait_for 5 test -e "$T/rotated"
is "only we may read it" "$(stat -c %a "$T/rotated")" 600
check_not "up: the policy's peer is not loaded" on a timeout 10 ike up 10.9.0.2
like "what happens now is in the new file" "$(cat "$T/rotated")" \
	'INVALID_POLICY.*peer bee, which is not loaded'
check "a: ike ends" quit a ike
for h in a b; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
done
check "the monitor ends with the daemon" wait_for 5 gone a events
for h in a b; do
	check "$h: nothing is left" nothing_left $h
done
finish
