# SPDX-License-Identifier: Apache-2.0
"""One TCP transfer: tcp.py recv 4|6 PORT FILE, tcp.py send ADDRESS PORT FILE
[SOURCE]."""
import socket
import sys


def recv(family, port, path):
    fam = socket.AF_INET6 if family == "6" else socket.AF_INET
    with socket.socket(fam, socket.SOCK_STREAM) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.bind(("", int(port)))
        s.listen(1)
        print("ready", flush=True)
        s.settimeout(30)
        c, _ = s.accept()
        c.settimeout(30)
        with c, open(path, "wb") as f:
            while data := c.recv(65536):
                f.write(data)
    print("done", flush=True)


def send(address, port, path, source=""):
    source = (source, 0) if source else None
    with socket.create_connection((address, int(port)), 10, source) as s:
        s.settimeout(30)
        with open(path, "rb") as f:
            s.sendfile(f)
        s.shutdown(socket.SHUT_WR)
        s.recv(1)


if __name__ == "__main__":
    {"recv": recv, "send": send}[sys.argv[1]](*sys.argv[2:])
