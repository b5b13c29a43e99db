// SPDX-License-Identifier: Apache-2.0
// A NOTIFY_SOCKET as systemd's, with a name in the file system or an abstract one. Node knows no datagrams
// of Unix sockets: a few lines of Perl take them.
import { Process, waitFor } from './processes.mjs';

const kReceive = `use Socket;
my $name = $ARGV[0];
socket(my $s, AF_UNIX, SOCK_DGRAM, 0) or die $!;
bind($s, pack_sockaddr_un($name =~ s/^@/\\0/r)) or die $!;
$| = 1;
print "ready\\n";
while (defined recv($s, my $text, 4096, 0)) { $text =~ s/\\n/; /g; print "$text\\n"; }`;

export class NotifySocket {
  #process;

  static async open(name) {
    const socket = new NotifySocket();
    socket.name = name;
    socket.#process = new Process('perl', ['-e', kReceive, name]);
    await waitFor('the notify socket', () => socket.#process.output.startsWith('ready\n'));
    return socket;
  }

  // What has come so far, a line each.
  messages() {
    return this.#process.output.split('\n').slice(1, -1);
  }

  // The first message from that number on that matches.
  async next(pattern, { from = 0, timeoutMs } = {}) {
    return waitFor(`${pattern} among ${this.messages()}`, () =>
      this.messages().slice(from).find((each) => pattern.test(each)), { timeoutMs });
  }

  stop() {
    return this.#process.stop();
  }
}
