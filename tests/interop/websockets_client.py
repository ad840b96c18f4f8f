"""The client of the package `websockets`, which does what it is told: README.md has the commands.

    python websockets_client.py [--ca F] [--subprotocol P]... [--deflate O] URL
"""

import argparse
import asyncio
import ssl
import sys

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import Frame, Opcode

from commands import binary, closed, deflate, message, parts, text


class Client(ClientConnection):
    """A connection that also tells of pings, which the package answers in silence."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.pings = asyncio.Queue()

    def process_event(self, event):
        if isinstance(event, Frame) and event.opcode is Opcode.PING:
            self.pings.put_nowait(event.data)
        super().process_event(event)

    async def echo(self, label, data, is_text):
        """Wait for the echo of a message; `label` is what the command called it."""
        try:
            got = await self.recv()
        except ConnectionClosed as end:
            return "echo bad %s: %s" % (label, closed(end))
        if isinstance(got, str) != is_text:
            return "echo bad %s: the other type" % label
        if (got.encode() if is_text else got) != data:
            return "echo bad %s: %d other units" % (label, len(got))
        return "echo ok " + label

    async def do_text(self, length):
        data = text(int(length))
        await self.send(data, text=True)
        return await self.echo("text " + length, data, True)

    async def do_binary(self, length):
        data = binary(int(length))
        await self.send(data)
        return await self.echo("binary " + length, data, False)

    async def do_fragments(self, rest):
        count, length = rest.split()
        data = text(int(length))
        pongs = []

        async def slices():
            for i, part in enumerate(parts(data, int(count))):
                yield part
                if i == 0:
                    pongs.append(await self.ping("between"))
        await self.send(slices(), text=True)
        result = await self.echo("fragments " + length, data, True)
        for pong in pongs:
            await pong
        return result

    async def do_many(self, count):
        for n in range(int(count)):
            sent = message(n)
            await self.send(sent)
            if await self.recv() != sent:
                return "echo bad %d" % n
        return "many ok " + count

    async def do_compression(self, _):
        return "compression " + ", ".join(extension.name for extension in self.protocol.extensions)

    async def do_ping(self, payload):
        # The package completes the waiter only when the payload of the pong is the same.
        await (await self.ping(payload))
        return "pong " + payload

    async def do_pinged(self, _):
        await self.pings.get()
        return "ping"

    async def do_send(self, message):
        await self.send(message)
        return "sent"

    async def do_flood(self, length):
        try:
            await self.send(binary(int(length)))
        except ConnectionClosed:
            pass    # already refused; `recv` tells
        return "sent"

    async def do_recv(self, _):
        try:
            got = await self.recv()
        except ConnectionClosed as end:
            return closed(end)
        return "text " + got if isinstance(got, str) else "binary %d" % len(got)

    async def do_close(self, rest):
        code, _, reason = rest.partition(" ")
        if code == "-":
            # The package always sends a code; an empty close frame needs its inner half.
            self.protocol.send_close()
            self.send_data()
        else:
            await self.close(int(code), reason)
        try:
            await self.recv()
        except ConnectionClosed as end:
            return closed(end)
        return "echo bad close: a message"


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ca")
    parser.add_argument("--subprotocol", action="append")
    parser.add_argument("--deflate")
    parser.add_argument("url")
    args = parser.parse_args()
    context = ssl.create_default_context(cafile=args.ca) if args.ca else None
    loop = asyncio.get_running_loop()
    extensions = [ClientPerMessageDeflateFactory(**deflate(args.deflate))] if args.deflate else None
    async with connect(args.url, create_connection=Client, ssl=context, subprotocols=args.subprotocol,
                       extensions=extensions, compression="deflate" if extensions is None else None,
                       max_size=None, ping_interval=None, proxy=None) as client:
        print("open", client.subprotocol or "-", flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            name, _, rest = line.rstrip("\n").partition(" ")
            print(await getattr(client, "do_" + name)(rest), flush=True)


try:
    asyncio.run(main())
except Exception as error:      # the result of whatever command it was
    print("error %s: %s" % (type(error).__name__, error), flush=True)
    sys.exit(1)
