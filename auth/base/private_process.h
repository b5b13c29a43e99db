// SPDX-License-Identifier: Apache-2.0
// What a process that holds tokens and keys does first, before it opens anything and starts
// threads.
#pragma once

namespace auth {

// From then on:
// - No other process of this user reads its memory or its environment, in which the token is under
//   plain CGI; and whatever ends it, no core is written. Its files in /proc are root's.
// - No library writes the secrets of TLS connections to a file: the environment may ask for that
//   with SSLKEYLOGFILE, and is told by one log line that it does so in vain.
// - Descriptors 0 to 2 are taken: one that was closed would be given to what is opened next, and a
//   line for standard error would land in a store or on a connection. Reading and writing it fails
//   as before.
// False: the system refuses one of these, and no secret may be read. REQUIRES: there is one thread.
[[nodiscard]] bool make_process_private() noexcept;

// Closes descriptor 0, 1 or 2 for the peer at its other end; its number stays taken as above.
void close_standard(int number) noexcept;

}  // namespace auth
