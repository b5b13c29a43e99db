// SPDX-License-Identifier: Apache-2.0
// Protects a process that holds tokens and keys. To be called first, before the process opens
// anything and starts threads.
#pragma once

namespace auth {

// From then on:
// - No other process of this user can read its memory or its environment (under plain CGI, the
//   token is there); and whatever ends it, no core is written. Its files in /proc are root's.
// - No library writes the secrets of TLS connections to a file: if the environment asks for that
//   with SSLKEYLOGFILE, it is ignored, and one log line says so.
// - Descriptors 0 to 2 are in use: a closed one would be given to the next file that is opened, and
//   a line for standard error would go to a store or to a connection. Reading and writing it fails
//   as before.
// Returns false if the system refuses one of these: no secret may be read then.
// REQUIRES: there is one thread.
[[nodiscard]] bool make_process_private() noexcept;

// Closes descriptor 0, 1 or 2 for the peer at its other end; its number stays in use as above.
void close_standard(int number) noexcept;

}  // namespace auth
