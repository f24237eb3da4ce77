#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The harness itself: strongSwan with strongSwan. When this fails, the machine
# or the packages are at fault, not us.
#
#	10.1.0.1 lo                              lo 10.2.0.1
#	   [ a: strongSwan ]--eth0-------eth0--[ b: strongSwan ]
#	              10.9.0.1                10.9.0.2
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need_strongswan

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32

check "strongSwan starts on a" ss_start a
check "strongSwan starts on b" ss_start b
check "a loads" ss_load a < <(
	ss_conn 10.9.0.1 10.9.0.2 10.1.0.0/24 10.2.0.0/24 \
		aes128-sha256-ecp256 aes128gcm16 swordfish)
check "b loads" ss_load b < <(
	ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
		aes128-sha256-ecp256 aes128gcm16 swordfish)
capture b eth0 wire
check "negotiation" swan a --initiate --child net --timeout 10
check "ping through the tunnel" \
	on a ping -c 3 -i 0.1 -W 2 -I 10.1.0.1 10.2.0.1
check "TCP transfer" transfer a 10.2.0.1 b 300000
capture_end b wire
no_packets "nothing of it in clear" wire 'net 10.2.0.0/24'
finish
