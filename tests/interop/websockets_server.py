"""The echo server of the package `websockets`; README.md says what each path does.

    python websockets_server.py --addr 127.0.0.1:0 [--tls-cert F --tls-key F] [--subprotocol P]... [--deflate O]
"""

import argparse
import asyncio
import ssl
import urllib.parse

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ServerPerMessageDeflateFactory

from commands import deflate, parts, text, words


async def ping(connection):
    """Ping the client, and say so when the pong has come."""
    payload = "from the server"
    await (await connection.ping(payload))
    await connection.send("pong %s" % payload)


async def fragments(connection):
    """Send a message in fragments, with pings between them."""
    async def slices():
        for part in parts(text(1001), 7):
            yield part
            await connection.ping()
    await connection.send(slices(), text=True)


async def handle(connection):
    """Serve one connection."""
    url = urllib.parse.urlparse(connection.request.path)
    query = dict(urllib.parse.parse_qsl(url.query))
    try:
        if url.path == "/ping":
            await ping(connection)
        elif url.path == "/fragments":
            await fragments(connection)
        elif url.path == "/close" and "code" in query:
            await connection.close(int(query["code"]), query.get("reason", ""))
        elif url.path == "/close":
            await connection.close()
        while True:
            await connection.send(await connection.recv())
    except ConnectionClosed as end:
        print("closed", query.get("id"), words(end.rcvd), flush=True)


async def main():
    parser = argparse.ArgumentParser()
    for name in ("--addr", "--tls-cert", "--tls-key"):
        parser.add_argument(name)
    parser.add_argument("--subprotocol", action="append")
    parser.add_argument("--deflate")
    args = parser.parse_args()
    host, port = args.addr.split(":")
    context = None
    if args.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(args.tls_cert, args.tls_key)
    extensions = [ServerPerMessageDeflateFactory(**deflate(args.deflate))] if args.deflate else None
    async with serve(handle, host, int(port), ssl=context, subprotocols=args.subprotocol,
                     extensions=extensions, compression=None, max_size=None, ping_interval=None) as server:
        print("listening on %s:%d" % (host, server.sockets[0].getsockname()[1]), flush=True)
        await server.serve_forever()


asyncio.run(main())
