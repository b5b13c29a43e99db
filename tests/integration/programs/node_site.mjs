// SPDX-License-Identifier: Apache-2.0
// Sites in Node.js: Express, whose routes are compared with the path as it was sent, without regard
// to case unless told otherwise; its files; and a server that takes a path for the URL it is part of.
//
// usage: node_site.mjs FOLDER PORT_OF_ROUTES PORT_OF_CASELESS_ROUTES PORT_OF_FILES PORT_OF_URLS \
//          PORT_OF_FOLDING
import http from 'node:http';

import express from 'express';

const [folder, ...ports] = process.argv.slice(2);
const [routesPort, caselessPort, filesPort, urlsPort, foldingPort] = ports.map(Number);

const answer = (response, name, path) => response.setHeader('Content-Type', 'text/plain')
  .end(`the part ${name}\nthe path ${path}\n`);

function routes({ caseSensitive }) {
  const app = express();
  if (caseSensitive) app.enable('case sensitive routing');
  const part = (name) => (request, response) => answer(response, name, request.originalUrl);
  app.use(['/public', '/open'], part('public'));
  app.use(['/internal', '/staff', '/tasks'], part('internal'));
  app.use(part('token'));
  return app;
}

// read: gives the path as this server reads it.
const server = (read) => http.createServer((request, response) => {
  try {
    const path = read(request.url);
    const name = /^\/(public|open)(\/|$)/.test(path) ? 'public' :
      /^\/(internal|staff|tasks)(\/|$)/.test(path) ? 'internal' : 'token';
    answer(response, name, path);
  } catch {
    response.writeHead(400).end();
  }
});

const pathOfUrl = (target) => decodeURIComponent(new URL(target, 'http://localhost').pathname);
// As a program does that means to compare without regard to case, in every alphabet.
const folded = (target) => decodeURIComponent(target.split('?')[0]).toLowerCase().toUpperCase()
  .toLowerCase();

routes({ caseSensitive: true }).listen(routesPort, '127.0.0.1');
routes({ caseSensitive: false }).listen(caselessPort, '127.0.0.1');
express().use(express.static(folder)).listen(filesPort, '127.0.0.1');
server(pathOfUrl).listen(urlsPort, '127.0.0.1');
server(folded).listen(foldingPort, '127.0.0.1');
