<?php
// SPDX-License-Identifier: Apache-2.0
// A front controller: every request comes here, and its path decides what is shown.
$path = rawurldecode((string) parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$part = preg_match('#^/+(public|open)(/|$)#', $path) ? 'public'
  : (preg_match('#^/+(internal|staff)(/|$)#', $path) ? 'internal' : 'token');
header('Content-Type: text/plain');
echo "the part $part\nthe path $path\n";
