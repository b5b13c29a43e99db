# SPDX-License-Identifier: Apache-2.0
"""A site in Tornado: files, whose paths are decoded and then folded, and handlers, whose paths are
taken as they were sent.

usage: tornado_site.py FOLDER PORT_OF_FILES PORT_OF_HANDLERS
"""
import sys

import tornado.ioloop
import tornado.web


class Part(tornado.web.RequestHandler):
    def initialize(self, name):
        self.name = name

    def get(self):
        self.set_header("Content-Type", "text/plain")
        self.write(f"the part {self.name}\nthe path {self.request.path}\n")


folder, port_of_files, port_of_handlers = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
files = tornado.web.Application([(r"/(.*)", tornado.web.StaticFileHandler, {"path": folder})])
files.listen(port_of_files, "127.0.0.1")
handlers = tornado.web.Application([
    (r"/(?:public|open)(?:/.*)?", Part, {"name": "public"}),
    (r"/(?:internal|staff)(?:/.*)?", Part, {"name": "internal"}),
    (r".*", Part, {"name": "token"}),
])
handlers.listen(port_of_handlers, "127.0.0.1")
tornado.ioloop.IOLoop.current().start()
