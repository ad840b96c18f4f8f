"""The client of libcurl, as the package `curl_cffi` brings it, which does what it is told: README.md has the
commands.

    python curl_client.py [--subprotocol P]... URL
"""

import argparse
import select
import struct
import sys

from curl_cffi import Curl, CurlError, CurlInfo, CurlOpt
from curl_cffi.const import CurlECode, CurlWsFlag

from commands import binary, parts, text

TEXT, BINARY, CONT = CurlWsFlag.TEXT, CurlWsFlag.BINARY, CurlWsFlag.CONT
CLOSE, PING, PONG = CurlWsFlag.CLOSE, CurlWsFlag.PING, CurlWsFlag.PONG


class Client:
    """A connection; curl answers pings by itself."""

    def __init__(self, url, subprotocols):
        self.curl = Curl()
        head = []
        self.curl.setopt(CurlOpt.URL, url)
        # Returns with the connection open behind the handshake.
        self.curl.setopt(CurlOpt.CONNECT_ONLY, 2)
        self.curl.setopt(CurlOpt.HEADERFUNCTION, lambda line: head.append(line) or len(line))
        if subprotocols:
            header = "Sec-WebSocket-Protocol: " + ", ".join(subprotocols)
            self.curl.setopt(CurlOpt.HTTPHEADER, [header.encode()])
        self.curl.perform()
        self.socket = self.curl.getinfo(CurlInfo.ACTIVESOCKET)
        found = [line for line in head if line.lower().startswith(b"sec-websocket-protocol:")]
        self.subprotocol = found[0].split(b":")[1].strip().decode() if found else "-"

    def again(self, call, reads):
        """Call until it need not wait."""
        while True:
            try:
                return call()
            except CurlError as error:
                if error.code != CurlECode.AGAIN:
                    raise
            select.select([self.socket] if reads else [], [] if reads else [self.socket], [], 1)

    def send(self, data, flags):
        while True:
            sent = self.again(lambda: self.curl.ws_send(data, flags), False)
            data = data[sent:]
            if not data:
                return

    def hear(self):
        """Receive a message or a control frame: its kind and all of its bytes."""
        whole = b""
        while True:
            try:
                chunk, frame = self.again(self.curl.ws_recv, True)
            except CurlError as error:
                if error.code in (CurlECode.GOT_NOTHING, CurlECode.RECV_ERROR):
                    return CLOSE, None
                raise
            control = next((kind for kind in (CLOSE, PING, PONG) if frame.flags & kind), None)
            if control:
                return control, chunk
            whole += chunk
            if frame.bytesleft == 0 and not frame.flags & CONT:
                return TEXT if frame.flags & TEXT else BINARY, whole

    def next(self, by="peer"):
        """Receive a message, or words for the end."""
        while True:
            kind, data = self.hear()
            if kind == CLOSE:
                if data is None:
                    return "closed %s lost " % by, b""
                if by == "peer":
                    self.send(data[:2], CLOSE)
                code = struct.unpack("!H", data[:2])[0] if data else "-"
                return "closed %s %s %s" % (by, code, data[2:].decode()), b""
            if kind in (TEXT, BINARY):
                return kind, data

    def echo(self, label, kind, data):
        got, echoed = self.next()
        if (got, echoed) == (kind, data):
            return "echo ok " + label
        return "echo bad %s: %s, %d bytes" % (label, got, len(echoed))

    def do_text(self, length):
        self.send(text(int(length)), TEXT)
        return self.echo("text " + length, TEXT, text(int(length)))

    def do_binary(self, length):
        self.send(binary(int(length)), BINARY)
        return self.echo("binary " + length, BINARY, binary(int(length)))

    def do_fragments(self, rest):
        count, length = map(int, rest.split())
        data = text(length)
        for i, part in enumerate(parts(data, count)):
            self.send(part, TEXT | (CONT if i + 1 < count else 0))
            if i == 0:
                self.send(b"between", PING)
        return self.echo("fragments %d" % length, TEXT, data)

    def do_ping(self, payload):
        self.send(payload.encode(), PING)
        while True:
            kind, data = self.hear()
            if kind == PONG:
                return "pong " + data.decode()

    def do_send(self, message):
        self.send(message.encode(), TEXT)
        return "sent"

    def do_flood(self, length):
        try:
            self.send(binary(int(length)), BINARY)
        except CurlError:
            pass    # already refused; `recv` tells
        return "sent"

    def do_recv(self, _):
        kind, data = self.next()
        if kind == TEXT:
            return "text " + data.decode()
        return "binary %d" % len(data) if kind == BINARY else kind

    def do_close(self, rest):
        code, _, reason = rest.partition(" ")
        self.send(b"" if code == "-" else struct.pack("!H", int(code)) + reason.encode(), CLOSE)
        return self.next("local")[0]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--subprotocol", action="append")
    parser.add_argument("url")
    args = parser.parse_args()
    client = Client(args.url, args.subprotocol)
    print("open", client.subprotocol, flush=True)
    for line in sys.stdin:
        name, _, rest = line.rstrip("\n").partition(" ")
        print(getattr(client, "do_" + name)(rest), flush=True)


try:
    main()
except Exception as error:      # the result of whatever command it was
    print("error %s: %s" % (type(error).__name__, error), flush=True)
    sys.exit(1)
