# SPDX-License-Identifier: Apache-2.0
"""A WSGI program (Python's own wsgiref) that says what it was told by headers with "-" or "_".

usage: wsgi_site.py PORT
"""
import sys
from wsgiref.simple_server import make_server


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    names = ("HTTP_X_HTTP_METHOD_OVERRIDE", "HTTP_X_ORIGINAL_URL")
    return [f"{name}={environ.get(name)}\n".encode() for name in names]


make_server("127.0.0.1", int(sys.argv[1]), application).serve_forever()
