// SPDX-License-Identifier: Apache-2.0
// Time of plain CGI programs, each from its start to its end.
//
// usage: plain_cgi PROGRAM...     the request and the settings come from the environment
//
// Does what a web server does: starts a program with the request in its environment and reads its
// answer to the end. The programs take turns, so that what else the machine does concerns all
// alike. Prints a line for each: the median in microseconds.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

constexpr int kTurns = 400;
constexpr unsigned kLimit = 120;  // seconds

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

std::string read_all(int descriptor) {
  std::string text;
  std::array<char, 4096> piece;
  for (ssize_t count; (count = ::read(descriptor, piece.data(), piece.size())) != 0;) {
    if (count < 0) fail("read");
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  return text;
}

double run(char* program) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) fail("pipe");
  posix_spawn_file_actions_t actions;
  if (::posix_spawn_file_actions_init(&actions) != 0 ||
      ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0) != 0 ||
      ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO) != 0) {
    fail("posix_spawn_file_actions");
  }
  std::array<char*, 2> arguments{program, nullptr};
  const auto begin = std::chrono::steady_clock::now();
  pid_t process = 0;
  if (::posix_spawn(&process, program, &actions, nullptr, arguments.data(), environ) != 0) {
    fail(program);
  }
  ::close(ends[1]);
  const std::string answer = read_all(ends[0]);
  int status = 0;
  if (::waitpid(process, &status, 0) != process) fail("waitpid");
  const std::chrono::duration<double, std::micro> elapsed =
      std::chrono::steady_clock::now() - begin;
  ::close(ends[0]);
  ::posix_spawn_file_actions_destroy(&actions);
  if (status != 0 || !answer.starts_with("Status: 200 OK")) {
    std::fprintf(stderr, "plain_cgi: %s: status %d, %s\n", program, status, answer.c_str());
    std::exit(EXIT_FAILURE);
  }
  return elapsed.count();
}

}  // namespace

int main(int count, char** arguments) {
  ::alarm(kLimit);
  const std::vector<char*> programs(arguments + 1, arguments + count);
  std::vector<std::vector<double>> times(programs.size());
  for (int turn = 0; turn < kTurns; ++turn) {
    for (std::size_t i = 0; i < programs.size(); ++i) times[i].push_back(run(programs[i]));
  }
  for (std::vector<double>& each : times) {
    std::sort(each.begin(), each.end());
    std::printf("%.0f\n", each[each.size() / 2]);
  }
}
