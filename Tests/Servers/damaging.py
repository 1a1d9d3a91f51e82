#!/usr/bin/env python3
"""A bad line to the SIP2 system: of five messages about books one has a wrong checksum when it arrives, and the answer to
another one.

usage: damaging.py PORT
"""
import asyncio
import itertools
import sys

ABOUT_A_BOOK = b"17"
CHECKSUM = slice(-5, -1)


def spoilt(message):
    wrong = b"0000" if message[CHECKSUM] != b"0000" else b"1111"
    return message[:CHECKSUM.start] + wrong + message[CHECKSUM.stop:]


async def carry(reader, writer):
    """Carries questions to the system and answers back, one after another."""
    system_reader, system_writer = await asyncio.open_connection("127.0.0.1", int(sys.argv[1]))
    numbers = itertools.count(1)
    try:
        while True:
            question = await reader.readuntil(b"\r")
            turn = next(numbers) % 5 if question.startswith(ABOUT_A_BOOK) else None
            system_writer.write(spoilt(question) if turn == 0 else question)
            answer = await system_reader.readuntil(b"\r")
            writer.write(spoilt(answer) if turn == 2 else answer)
    except asyncio.IncompleteReadError:
        pass  # One of them has hung up, and so does this.
    finally:
        system_writer.close()
        writer.close()


async def main():
    async with await asyncio.start_server(carry, "127.0.0.1", 0) as server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
