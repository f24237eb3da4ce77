# SPDX-License-Identifier: Apache-2.0
"""The bytes of RFC 9329, written from the document and not from our code.

	tcp_wire.py listen ADDRESS		what the side that connects says first
	tcp_wire.py talk ADDRESS		what the other side takes and says
	tcp_wire.py many ADDRESS N		connections that say nothing
	tcp_wire.py silent ADDRESS		one, until it is closed
	tcp_wire.py stream PCAP ADDRESS SPI...	a captured stream from that address
"""
import socket
import struct
import sys

PORT = 4500
failed = 0


def check(what, good, found=None):
    global failed
    failed += not good
    print("%s - %s%s" % ("ok" if good else "not ok", what,
                         "" if good else ": found %r" % (found,)), flush=True)


def take(s, n):
    """n bytes, or as many as come before the end."""
    got = b""
    while len(got) < n:
        try:
            piece = s.recv(n - len(got))
        except ConnectionResetError:
            break
        if not piece:
            break
        got += piece
    return got


def closed(s):
    s.settimeout(3)
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


def ike_header(message):
    spi_i, spi_r, nxt, version, exchange, flags, mid, length = struct.unpack(
        "!8s8sBBBBII", message[:28])
    return dict(spi_i=spi_i, spi_r=spi_r, next=nxt, version=version,
                exchange=exchange, flags=flags, mid=mid, length=length)


def listen(address):
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind((address, PORT))
    server.listen()
    print("ready", flush=True)
    server.settimeout(15)
    s, peer = server.accept()
    s.settimeout(5)
    check("it comes from the same port", peer[1] == PORT, peer)
    check("IKETCP is first", take(s, 6) == b"IKETCP")
    size = struct.unpack("!H", take(s, 2))[0]
    rest = take(s, size - 2)
    check("the length includes itself", len(rest) == size - 2, size)
    check("four zero bytes before IKE", rest[:4] == bytes(4), rest[:4])
    h = ike_header(rest[4:])
    check("IKE's own length agrees", h["length"] == size - 6, h)
    check("IKE_SA_INIT, a request", h["version"] == 0x20 and
          h["exchange"] == 34 and h["flags"] == 8 and h["mid"] == 0, h)
    s.settimeout(0.5)
    try:
        more = s.recv(1)
    except socket.timeout:
        more = b""
    check("nothing else, no prefix again", more == b"", more)


def framed(payload):
    return struct.pack("!H", len(payload) + 2) + payload


# A request of version 3.0: who reads it answers INVALID_MAJOR_VERSION.
REQUEST = struct.pack("!8s8sBBBBII", b"initspi!", bytes(8), 0, 0x30, 34, 8, 0,
                      28)


def answered(s):
    s.settimeout(5)
    size = struct.unpack("!H", take(s, 2) or b"\0\0")[0]
    rest = take(s, size - 2) if size > 2 else b""
    if len(rest) < 32:
        return False, rest
    h = ike_header(rest[4:])
    notify = rest[32:]
    return (rest[:4] == bytes(4) and h["spi_i"] == b"initspi!" and
            h["flags"] & 0x20 and h["length"] == size - 6 and
            h["next"] == 41 and notify[6:8] == b"\0\5"), rest


def connect(address):
    s = socket.create_connection((address, PORT), 5)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return s


def talk(address):
    with connect(address) as s:
        s.sendall(b"IKETCP" + framed(bytes(4) + REQUEST))
        good, found = answered(s)
        check("a message is answered, without a prefix", good, found)
        s.sendall(framed(bytes(4) + REQUEST) * 2)
        good = answered(s)[0] and answered(s)[0]
        check("two at once are two", good)
        s.sendall(framed(b"\0\0\1\1" + bytes(60)))
        s.sendall(framed(b"") + framed(b"\1") + framed(b"\0\0\0\1"))
        s.sendall(framed(bytes(4)))
        s.sendall(framed(bytes(4) + REQUEST))
        good, found = answered(s)
        check("what is no message is passed over", good, found)
        s.sendall(struct.pack("!H", 1) + bytes(10))
        check("a length of 1 ends it", closed(s))
    with connect(address) as s:
        for byte in b"IKETCP" + framed(bytes(4) + REQUEST):
            s.sendall(bytes([byte]))
        good, found = answered(s)
        check("byte by byte", good, found)
    for prefix in b"GET / HTTP/1.1\r\n\r\n", b"\0\42", b"IKETCQ":
        with connect(address) as s:
            s.sendall(prefix)
            check("%r is no beginning" % prefix, closed(s))
    with connect(address) as s:
        s.sendall(b"IKETCP" + b"\xff\xff" + bytes(40000))
        check("strangers may send no long message", closed(s))


def many(address, n):
    socks = [connect(address) for _ in range(n)]
    refused = sum(closed_soon(s) for s in socks)
    print("refused=%d" % refused)


def closed_soon(s):
    s.settimeout(0.05)
    try:
        return s.recv(1) == b""
    except ConnectionResetError:
        return True
    except socket.timeout:
        return False


def silent(address):
    with connect(address) as s:
        s.sendall(b"IKETCP")
        s.settimeout(40)
        print("open", flush=True)
        take(s, 1)
        print("closed", flush=True)


def payloads(pcap, source):
    """TCP payload from an address, in order and once."""
    from scapy.all import IP, TCP, PcapReader
    start, parts = None, {}
    for p in PcapReader(pcap):
        if TCP not in p or p[IP].src != source:
            continue
        t = p[TCP]
        if t.flags.S:
            start, parts = t.seq + 1, {}
        size = p[IP].len - p[IP].ihl * 4 - t.dataofs * 4
        if size > 0 and start is not None:
            parts[(t.seq - start) & 0xffffffff] = bytes(t.payload)[:size]
    out = b""
    for at in sorted(parts):
        if at > len(out):
            break
        out += parts[at][len(out) - at:]
    return out


def stream(pcap, source, *spis):
    data = payloads(pcap, source)
    spis = {int(s, 16) for s in spis}
    if data[:6] == b"IKETCP":
        data = data[6:]
    ike, seqs, bad = 0, [], []
    while len(data) >= 2:
        size = struct.unpack("!H", data[:2])[0]
        if size < 2 or size > len(data):
            break
        body, data = data[2:size], data[size:]
        if body[:4] == bytes(4):
            ike += ike_header(body[4:])["length"] == len(body) - 4
        else:
            spi, seq = struct.unpack("!II", body[:8])
            seqs.append(seq)
            bad += [spi] if spi not in spis else []
    check("every byte is accounted for", len(data) == 0, len(data))
    check("IKE messages among it", ike >= 2, ike)
    check("ESP packets of the SA", len(seqs) >= 5 and not bad, bad)
    check("in the order of their numbers", seqs == list(
        range(1, len(seqs) + 1)), seqs)


if __name__ == "__main__":
    verb, arguments = sys.argv[1], sys.argv[2:]
    if verb == "many":
        arguments[1] = int(arguments[1])
    {"listen": listen, "talk": talk, "many": many, "silent": silent,
     "stream": stream}[verb](*arguments)
    sys.exit(failed > 0)
