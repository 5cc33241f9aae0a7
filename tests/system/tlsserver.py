"""A TLS server that is no otterd, for what connects to one."""

import collections
import socket
import ssl
import threading

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"

# What became of one connection; `error` is OpenSSL's word for it, or None.
Seen = collections.namedtuple("Seen", "sni version error request")


class TlsServer:
    """Serves one connection after the other on a free port of 127.0.0.1.

    `pair` is a chain and its key; `by_sni` maps names to others.  Instead of
    TLS `raw` is sent, and with an `answer` of None nobody is answered."""

    def __init__(self, pair=None, by_sni=None, answer=ANSWER, raw=None,
                 minimum=ssl.TLSVersion.TLSv1_2):
        self.answer, self.raw = answer, raw
        self.seen = []
        self.names = []
        if pair:
            self.contexts = {name: self._context(*its, minimum)
                             for name, its in (by_sni or {}).items()}
            self.context = self._context(*pair, minimum)
            self.context.sni_callback = self._choose
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    @staticmethod
    def _context(chain, key, minimum):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        context.minimum_version = minimum
        context.load_cert_chain(chain, key)
        return context

    def _choose(self, link, name, _):
        self.names.append(name)
        link.context = self.contexts.get(name, self.context)

    def _serve(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            plain.settimeout(20)
            with plain:
                self._connection(plain)

    def _connection(self, plain):
        self.names = []
        if self.raw is not None:
            plain.recv(16384)
            plain.sendall(self.raw)
            return
        version = error = None
        request = b""
        try:
            with self.context.wrap_socket(plain, server_side=True) as link:
                version = link.version()
                while not request.endswith(b"\r\n\r\n"):
                    piece = link.recv(4096)
                    if not piece:
                        break
                    request += piece
                if request and self.answer is not None:
                    link.sendall(self.answer)
        except OSError as why:
            error = getattr(why, "reason", None) or type(why).__name__
        sni = self.names[0] if self.names else None
        self.seen.append(Seen(sni, version, error, request))

    def last(self):
        """What became of the last connection, once the server is closed."""
        self.close()
        return self.seen[-1]

    def close(self):
        # accept() does not wake when its socket is only closed.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.thread.join()
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
