"""A WSGI server at a port that the kernel chooses."""
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128


class QuietHandler(WSGIRequestHandler):
    def log_message(self, *_):
        pass


def serve(application):
    make_server("127.0.0.1", 0, application, Server, QuietHandler).serve_forever()
