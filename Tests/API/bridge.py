"""Lets what only speaks TCP talk to a Unix socket: a port on loopback, each connection passed on as it is."""
import asyncio
import threading


class Bridge:
    """A bridge from a port that the kernel chooses, for as long as the `with` block lasts."""

    def __init__(self, path):
        self.path = path
        self.loop = asyncio.new_event_loop()

    def __enter__(self):
        started = threading.Event()
        self.thread = threading.Thread(target=self._run, args=(started,), daemon=True)
        self.thread.start()
        started.wait()
        return self

    def __exit__(self, *_):
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _run(self, started):
        server = self.loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = server.sockets[0].getsockname()[1]
        started.set()
        self.loop.run_forever()
        server.close()

    async def _serve(self, reader, writer):
        try:
            there, away = await asyncio.open_unix_connection(self.path)
        except OSError:
            return writer.close()
        await asyncio.gather(self._pass(reader, away), self._pass(there, writer))

    @staticmethod
    async def _pass(reader, writer):
        try:
            while data := await reader.read(1 << 16):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass  # Either side may hang up; the other is told.
        finally:
            writer.close()
