#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""no_offload.py IF: like a device without offload, the kernel now has to cut
packets and finish checksums before they reach it (ETHTOOL_STXCSUM, STSO, SGSO)."""
import array
import fcntl
import socket
import struct
import sys

SIOCETHTOOL = 0x8946
SET_TX_CSUM, SET_TSO, SET_GSO = 0x17, 0x1F, 0x24

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for cmd in SET_TSO, SET_GSO, SET_TX_CSUM:
    value = array.array("B", struct.pack("II", cmd, 0))
    fcntl.ioctl(s, SIOCETHTOOL,
                struct.pack("16sP", sys.argv[1].encode(), value.buffer_info()[0]))
