// SPDX-License-Identifier: Apache-2.0
// Time from the start of a FastCGI program to its first answer.
//
// usage: first_answer PROGRAM [TOKEN]     settings come from the environment
//
// Does what a web server does: makes the socket, starts the program with it on standard input, and
// sends it a request at once. Prints the milliseconds from fork to the end of the answer to
// GET /public, or, with a token, to GET /private.
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

namespace {

constexpr unsigned char kBegin = 1, kParams = 4, kStdin = 5;  // FastCGI specification §8

pid_t started = 0;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  if (started > 0) ::kill(started, SIGKILL);
  std::exit(EXIT_FAILURE);
}

std::string record(unsigned char type, std::string_view content) {
  const char head[] = {1,
                       static_cast<char>(type),
                       0,
                       1,
                       static_cast<char>(content.size() >> 8),
                       static_cast<char>(content.size()),
                       0,
                       0};
  return std::string(head, sizeof head).append(content);
}

std::string param(std::string_view name, std::string_view value) {
  std::string text;
  text.push_back(static_cast<char>(name.size()));
  text.push_back(static_cast<char>(value.size()));
  return text.append(name).append(value);
}

std::string request(const char* token) {
  const std::string begin("\0\1\0\0\0\0\0\0", 8);  // a responder, the connection is not kept
  std::string params = param("REQUEST_METHOD", "GET") + param("SCRIPT_NAME", "/api") +
                       param("PATH_INFO", token == nullptr ? "/public" : "/private");
  if (token != nullptr) {
    params += param("HTTP_AUTHORIZATION", "Bearer " + std::string(token).substr(0, 100));
  }
  return record(kBegin, begin) + record(kParams, params) + record(kParams, "") + record(kStdin, "");
}

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) fail("the path of the socket is too long");
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

void start(const char* program, int listener) {
  started = ::fork();
  if (started < 0) fail("fork");
  if (started > 0) return;
  if (::dup2(listener, 0) != 0) std::_Exit(EXIT_FAILURE);
  ::execl(program, program, nullptr);
  std::_Exit(EXIT_FAILURE);
}

std::string ask(const sockaddr_un& address, const std::string& bytes) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    fail("connect");
  }
  if (::write(fd, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) fail("write");
  std::string answer;
  char part[4096];
  for (ssize_t count; (count = ::read(fd, part, sizeof part)) != 0;) {
    if (count < 0) fail("read");
    answer.append(part, static_cast<std::size_t>(count));
  }
  ::close(fd);
  return answer;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fputs("usage: first_answer PROGRAM [TOKEN]\n", stderr);
    return EXIT_FAILURE;
  }
  ::alarm(20);
  char folder[] = "/tmp/first-answer-XXXXXX";
  if (::mkdtemp(folder) == nullptr) fail("mkdtemp");
  const std::string path = std::string(folder) + "/socket";
  const sockaddr_un address = address_of(path);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listener < 0 ||
      ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener, 16) != 0) {
    fail("listen");
  }
  const std::string bytes = request(argc > 2 ? argv[2] : nullptr);

  const auto begin = std::chrono::steady_clock::now();
  start(argv[1], listener);
  const std::string answer = ask(address, bytes);
  const std::chrono::duration<double, std::milli> elapsed =
      std::chrono::steady_clock::now() - begin;

  ::kill(started, SIGTERM);
  ::waitpid(started, nullptr, 0);
  ::unlink(path.c_str());
  ::rmdir(folder);
  if (answer.find("Status: 200 OK") == std::string::npos) {
    std::fprintf(stderr, "first_answer: not let in: %s\n", answer.c_str());
    return EXIT_FAILURE;
  }
  std::printf("%.2f\n", elapsed.count());
}
