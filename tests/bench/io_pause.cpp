// SPDX-License-Identifier: Apache-2.0
// The longest pause of the thread that talks to ZITADEL, while long answers arrive.
//
// usage: io_pause     prints one line for each kind of answer: milliseconds from one wait of that
//                     thread to its next, those of them that a processor worked, then what was
//                     measured, separated by tabs
//
// In a pause nobody's answer is taken. Where the machine has other work, too, the thread may lose
// the processor in the middle of one: then the two differ.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "auth/base/worker_pool.h"
#include "auth/token_validator.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/curl_http_client.h"
#include "tests/bench/instant_issuer.h"

namespace {

constexpr std::size_t kAnswerBytes = 1'000'000;
constexpr int kTokens = 200;
constexpr int kAtOnce = 16;

double now(clockid_t clock) {
  timespec time{};
  static_cast<void>(::clock_gettime(clock, &time));
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

struct Pause {
  std::atomic<double> elapsed = 0;
  std::atomic<double> worked = 0;
};
Pause longest;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(EXIT_FAILURE);
}

}  // namespace

// In the place of the C library's: only the thread that is measured waits in this way.
extern "C" int epoll_wait(int fd, epoll_event* events, int count, int timeout) {
  static thread_local double woken = 0;
  static thread_local double worked = 0;
  if (woken > 0) {
    longest.elapsed = std::max(longest.elapsed.load(), now(CLOCK_MONOTONIC) - woken);
    longest.worked = std::max(longest.worked.load(), now(CLOCK_THREAD_CPUTIME_ID) - worked);
  }
  const auto result = ::syscall(SYS_epoll_pwait, fd, events, count, timeout, nullptr, 0);
  woken = now(CLOCK_MONOTONIC);
  worked = now(CLOCK_THREAD_CPUTIME_ID);
  return static_cast<int>(result);
}

namespace {

// Answers whatever is asked on a connection, again and again.
void answer(int fd, const std::string& text) {
  std::string asked;
  char part[16 << 10];
  for (ssize_t count; (count = ::read(fd, part, sizeof part)) > 0;) {
    asked.append(part, static_cast<std::size_t>(count));
    // A form of this program's ends in the last of its fields, which curl sends at once.
    const std::size_t head = asked.find("\r\n\r\n");
    const std::size_t length = asked.find("Content-Length: ");
    if (head == std::string::npos || length > head) continue;
    const auto body = static_cast<std::size_t>(std::atoi(asked.c_str() + length + 16));
    if (asked.size() < head + 4 + body) continue;
    asked.clear();
    for (std::string_view rest = text; !rest.empty();) {
      const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (sent <= 0) break;
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
  }
  ::close(fd);
}

class Issuer {
 public:
  explicit Issuer(const std::string& text) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (listener < 0 || ::bind(listener, any, size) != 0 || ::listen(listener, 64) != 0 ||
        ::getsockname(listener, any, &size) != 0) {
      fail("io_pause: listen");
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    process_ = ::fork();
    if (process_ < 0) fail("io_pause: fork");
    if (process_ > 0) {
      ::close(listener);
      return;
    }
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (;;) {
      const int fd = ::accept(listener, nullptr, nullptr);
      if (fd >= 0) std::thread(answer, fd, std::cref(text)).detach();
    }
  }
  ~Issuer() { ::kill(process_, SIGKILL); }
  Issuer(const Issuer&) = delete;
  Issuer& operator=(const Issuer&) = delete;

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::string url_;
  pid_t process_ = 0;
};

std::string response(const char* status, const std::string& body) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Type: application/json\r\n" +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

// ask: one question after the other, on kAtOnce threads.
void measure(const char* what, const std::string& text) {
  const Issuer issuer(text);
  auth::Settings settings = bench::settings();
  settings.introspection_url = issuer.url() + "/oauth/v2/introspect";
  const auth::SystemClock clock;
  const auto authentication =
      auth::basic_authentication(bench::kClientId, auth::Secret("a client secret"));
  auth::WorkerPool workers(2);
  auth::CurlHttpClient http({});
  auth::TokenValidator validator(settings, {http, *authentication, clock, workers});
  const auth::Requirement requirement = auth::Requirement::parse("token").value();
  longest.elapsed = 0;
  longest.worked = 0;
  std::atomic<int> begun = 0;
  const auto ask = [&] {
    for (int number; (number = begun++) < kTokens;) {
      const std::string token = "token-" + std::to_string(number);
      std::atomic<bool> answered = false;
      static_cast<void>(
          validator.authorize(auth::SecretView(token), requirement, {}, [&](const auto&) {
            answered = true;
            answered.notify_one();
          }));
      answered.wait(false);
    }
  };
  std::vector<std::thread> callers;
  for (int i = 0; i < kAtOnce; ++i) callers.emplace_back(ask);
  for (std::thread& caller : callers) caller.join();
  validator.stop();
  std::printf("%.2f\t%.2f\t%s\n", longest.elapsed.load(), longest.worked.load(), what);
}

const std::string kBegin = R"({"active":true,"exp":4102444800,"sub":"1","aud":[")" +
                           bench::kProjectId + R"("],"iss":")" + bench::kIssuer + "\",";

std::string scopes() {
  std::string body = kBegin + R"("scope":")";
  for (int i = 0; body.size() < kAnswerBytes; ++i)
    body += "scope-of-a-name" + std::to_string(i) + ' ';
  return body + "\"}";
}

std::string roles() {
  std::string body =
      kBegin + R"("urn:zitadel:iam:org:project:)" + bench::kProjectId + R"(:roles":{"0":{})";
  for (int i = 1; body.size() < kAnswerBytes; ++i) {
    body += ",\"role-" + std::to_string(i) + R"(":{"338273905748541443":"z.example"})";
  }
  return body + "}}";
}

}  // namespace

int main() {
  ::alarm(120);
  measure("1 MB of scopes", response("200 OK", scopes()));
  measure("1 MB of roles", response("200 OK", roles()));
  measure("1 MB of words with status 500",
          response("500 Internal Server Error", R"({"error":"server_error","error_description":")" +
                                                    std::string(kAnswerBytes, 'x') + "\"}"));
}
