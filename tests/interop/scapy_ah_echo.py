# SPDX-License-Identifier: Apache-2.0
"""One echo in AH with a running missiu; run by scapy-ah-wire.sh:
scapy_ah_echo.py IF MAC SUITE MODE LOCAL REMOTE OUTER_LOCAL OUTER_REMOTE KEY"""
import sys

from scapy.config import conf
from scapy.layers.inet import ICMP, IP
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.ipsec import AH, SecurityAssociation
from scapy.layers.l2 import Ether
from scapy.sendrecv import AsyncSniffer, sendp

conf.verb = 0
SUITES = {"sha1": "HMAC-SHA1-96", "sha256": "SHA2-256-128",
          "cmac": "AES-CMAC-96"}


def main():
    dev, mac, suite, mode, us, peer, o_us, o_peer, key = sys.argv[1:]
    ip = IPv6 if ":" in us else IP
    outer = IPv6 if ":" in o_us else IP

    def sa(spi, src, dst):
        return SecurityAssociation(
            AH, spi=spi, auth_algo=SUITES[suite],
            auth_key=bytes.fromhex(key[2:]),
            tunnel_header=outer(src=src, dst=dst)
            if mode == "tunnel" else None)

    to_us, from_us = sa(0x2001, o_peer, o_us), sa(0x2002, o_us, o_peer)
    echo = ICMP(id=7, seq=1) if ip is IP else ICMPv6EchoRequest(id=7, seq=1)
    request = ip(src=peer, dst=us) / echo / b"who are you?"
    sniff = AsyncSniffer(iface=dev, count=1, timeout=8, lfilter=lambda p:
                         AH in p and p[AH].spi == 0x2002)
    ready = []
    sniff.kwargs["started_callback"] = lambda: ready.append(sendp(
        Ether(dst=mac) / to_us.encrypt(request), iface=dev))
    sniff.start()
    sniff.join()
    if not sniff.results:
        sys.exit("no answer")
    clear = from_us.decrypt(outer(bytes(sniff.results[0][outer])))
    clear = ip(bytes(clear))
    print(clear.summary())
    good = clear[ICMP].type == 0 if ip is IP else ICMPv6EchoReply in clear
    if not good or clear.src != us or clear.dst != peer or \
            not bytes(clear).endswith(b"who are you?"):
        sys.exit("not the answer to our request")


main()
