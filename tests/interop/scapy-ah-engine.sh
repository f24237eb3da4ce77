#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# AH made by scapy for our engine, and ours for scapy, without a network.
#
# asan
if [ -z "${CI:-}" ] && ! /usr/bin/python3 -c 'import scapy' 2>/dev/null; then
	echo "1..0 # SKIP python3-scapy is not installed (make deps TEST=1)"
	exit
fi
cd "$(dirname "$0")" || exit 1
exec /usr/bin/python3 scapy_ah.py \
	"${ESP_TOOL:-../../build/rel/tests/interop/esp_tool}"
