// SPDX-License-Identifier: Apache-2.0
// run: the process around the site: signals, limits, log, listener.
#include "zitadel_fcgi/run.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/log.h"
#include "auth/base/private_process.h"
#include "auth/parts.h"
#include "auth/settings/load.h"
#include "fcgi/command/run_command.h"
#include "fcgi/guard/router.h"
#include "fcgi/server/cgi.h"
#include "fcgi/server/server.h"
#include "fcgi/server/socket_exposure.h"
#include "fcgi/site.h"

namespace fcgi {
namespace {

constexpr int kListener = 0;  // FastCGI specification §2.2

// Every waiting request needs a descriptor.
void set_limits() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
    files.rlim_cur = files.rlim_max;
    static_cast<void>(::setrlimit(RLIMIT_NOFILE, &files));
  }
}

// At its end, OpenSSL frees its memory piece by piece, just before the process gives back all.
void leave_openssl_as_it_is() {
  static_cast<void>(OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr));
}

int report(const auth::Mistakes& mistakes) {
  for (const std::string& mistake : mistakes) auth::log_failed_start(mistake);
  if (!is_fastcgi()) {
    refuse_cgi(error_response(500, "server_error", "The API is not configured."));
  }
  return kExitConfiguration;
}

// Blocks the signals in this thread and in those it starts, and gives them. SIGHUP never ends the
// program, also where nobody waits for it.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int serve(Server& server, const sigset_t& signals) {
  std::thread waiter([&server, &signals] {
    int signal = 0;
    while (sigwait(&signals, &signal) == 0 && signal == SIGHUP) auth::reopen_log_file();
    server.stop();
  });
  const bool served = server.run();
  // Where the server could not start, nobody has sent the signal.
  if (!served) ::kill(::getpid(), SIGTERM);
  waiter.join();
  return served ? EXIT_SUCCESS : EXIT_FAILURE;
}

// Where /proc is not there, the program was given none.
std::vector<std::string> process_arguments() {
  std::ifstream file("/proc/self/cmdline", std::ios::binary);
  const std::string all{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::vector<std::string> arguments;
  for (std::size_t begin = 0; begin < all.size();) {
    arguments.emplace_back(all.c_str() + begin);
    begin += arguments.back().size() + 1;
  }
  if (!arguments.empty()) arguments.erase(arguments.begin());
  return arguments;
}

int serve(const Router& router, auth::Settings settings, auth::Lifespan lifespan,
          const sigset_t& signals) {
  const auth::SystemClock clock;
  const Site* current = nullptr;
  const Exchange::Handler handler = [&current](std::unique_ptr<Exchange> exchange) {
    current->handle(std::move(exchange));
  };
  std::optional<Server> server;
  if (lifespan == auth::Lifespan::kManyRequests) {
    server.emplace(kListener, settings.threads, handler);
  }
  const auto site = Site::make(std::move(settings), {router, clock, lifespan});
  if (!site) return report(site.error());
  current = site->get();
  if (!server) {
    const bool served = serve_cgi(handler);
    (*site)->stop();
    return served ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (const auto warning = exposure_warning(kListener)) {
    auth::log(auth::LogLevel::kWarn, *warning);
  }
  (*site)->start();
  const int status = serve(*server, signals);
  (*site)->stop();
  return status;
}

int start(const Router& router) {
  if (!auth::make_process_private()) {
    auth::log_failed_start("the system does not let this process keep its memory to itself");
    return EXIT_FAILURE;
  }
  set_limits();
  // A peer that has gone, and a file that may not grow any more, are seen by what a write returns.
  for (const int signal : {SIGPIPE, SIGXFSZ}) static_cast<void>(std::signal(signal, SIG_IGN));
  const sigset_t signals = block_signals();
  // Under plain CGI, what one request does not need must not be paid for by each.
  const bool is_fastcgi = fcgi::is_fastcgi();
  const auto lifespan = is_fastcgi ? auth::Lifespan::kManyRequests : auth::Lifespan::kOneRequest;
  if (!is_fastcgi) leave_openssl_as_it_is();
  const auth::Environment environment = auth::process_environment();
  const std::string program = auth::process_program();
  auto settings = auth::load_settings(
      environment, program,
      is_fastcgi ? auth::jose::KeyReading::kNow : auth::jose::KeyReading::kWhenUsed);
  if (!settings) {
    auth::set_log_file(auth::find_log_file(environment, program));
    return report(settings.error());
  }
  auth::set_log_level(settings->log_level);
  auth::set_log_file(settings->log_file);
  if (is_fastcgi) auth::reopen_log_file();
  auth::warn_of_settings(*settings, lifespan);
  if (!router.mistakes().empty()) return report(router.mistakes());
  return serve(router, *std::move(settings), lifespan, signals);
}

}  // namespace
}  // namespace fcgi

namespace zitadel_fcgi {

int run(const Router& router) noexcept {
  try {
    const std::vector<std::string> arguments = fcgi::process_arguments();
    const auto commanded = fcgi::run_command({arguments.begin(), arguments.end()}, router);
    return commanded ? *commanded : fcgi::start(router);
  } catch (const std::exception& problem) {
    // The standard library's own: there is no memory, or no thread to be had.
    auth::log_failed_start(problem.what());
    return EXIT_FAILURE;
  }
}

}  // namespace zitadel_fcgi
