#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A web server whose documents are what a file of its folder says, and the
worst that a server can do: fetch_server.py PORT FOLDER"""
import http.server
import os
import subprocess
import sys
import time


class Handler(http.server.SimpleHTTPRequestHandler):
    def send_head_only(self, length):
        self.send_response(200)
        if length:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def pour(self, pause):
        try:
            while True:
                self.wfile.write(b"x" * (1 if pause else 65536))
                self.wfile.flush()
                time.sleep(pause)
        except OSError:
            pass

    def do_GET(self):
        name = os.path.basename(self.path)
        if name == "endless":
            self.send_head_only(0)
            self.pour(0)
        elif name == "slow":
            self.send_head_only(1000)
            self.pour(0.5)
        elif name == "elsewhere":
            self.send_response(302)
            self.send_header("Location", "file:///etc/hostname")
            self.end_headers()
        elif name == "moved":
            self.send_response(302)
            self.send_header("Location", "/list.crl")
            self.end_headers()
        else:
            super().do_GET()

    def do_POST(self):
        length = int(self.headers["Content-Length"])
        asked = self.rfile.read(length)
        if self.headers["Content-Type"] != "application/ocsp-request":
            self.send_error(415)
            return
        with open("asked.der", "wb") as f:
            f.write(asked)
        answer = subprocess.check_output("./answer")
        self.send_head_only(len(answer))
        self.wfile.write(answer)


os.chdir(sys.argv[2])
server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
print("serving", flush=True)
server.serve_forever()
