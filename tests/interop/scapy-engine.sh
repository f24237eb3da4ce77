#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packets made by scapy for our engine, and ours for scapy, without a network:
# every algorithm, AEADs included, which manual keys refuse.
#
# asan
. "$(dirname "$0")/../lib.sh"
"$PY" -c 'import scapy' 2>/dev/null || need "python3-scapy"
FINISHED=1
"$PY" "$ROOT/tests/interop/scapy_esp.py" "${ESP_TOOL:-$ROOT/build/rel/tests/interop/esp_tool}"
