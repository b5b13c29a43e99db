// SPDX-License-Identifier: Apache-2.0
// run: the process around the site: signals, limits, log, listener.
#include "zitadel_fcgi/run.h"

#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
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
#include "auth/base/log_section.h"
#include "auth/base/private_process.h"
#include "auth/base/version.h"
#include "auth/parts.h"
#include "auth/settings/load.h"
#include "fcgi/command/run_command.h"
#include "fcgi/guard/router.h"
#include "fcgi/guard/section_choice.h"
#include "fcgi/life_signs.h"
#include "fcgi/reload.h"
#include "fcgi/server/cgi.h"
#include "fcgi/server/server.h"
#include "fcgi/server/socket_exposure.h"
#include "fcgi/service_manager.h"
#include "fcgi/site.h"
#include "fcgi/sites.h"
#include "fcgi/sites_in_force.h"

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

// At the end, OpenSSL would free its memory piece by piece, just before the process gives back all.
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

int refuse_one_request(const Refusal& refusal) {
  auth::log(auth::LogLevel::kWarn, refusal_line(refusal, Request(::environ)));
  refuse_cgi(refusal.response);
  return EXIT_SUCCESS;
}

// Blocks the signals in this thread and in those it starts, and returns them. SIGHUP never ends the
// program, even if nobody waits for it.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// most: maximum wait; 0 is for ever. Returns 0 if that time has passed, or if the system reports no
// signal.
int wait_for_signal(const sigset_t& signals, std::chrono::microseconds most) {
  const auto whole = std::chrono::duration_cast<std::chrono::seconds>(most);
  const timespec time{whole.count(), std::chrono::nanoseconds(most - whole).count()};
  if (most.count() != 0) return std::max(::sigtimedwait(&signals, nullptr, &time), 0);
  int signal = 0;
  return ::sigwait(&signals, &signal) == 0 ? signal : 0;
}

// Handles signals until one to stop comes. At SIGHUP, reopens the log file first, which somebody
// has just moved away.
void obey(const sigset_t& signals, const Server& server, SitesInForce& sites,
          const ServiceManager& manager) {
  const std::chrono::microseconds watchdog = manager.watchdog();
  LifeSigns signs(server, sites, watchdog / 2);
  for (;;) {
    const int signal = wait_for_signal(signals, watchdog / 4);
    if (signal == SIGHUP) {
      auth::reopen_log_file();
      sites.reopen_audit();
      manager.reloading();
      sites.renew();
    } else if (signal != 0) {
      return manager.stopping();
    }
    if (watchdog.count() != 0 && signs.look()) manager.alive();
  }
}

int serve(Server& server, SitesInForce& sites, const sigset_t& signals,
          const ServiceManager& manager) {
  std::thread waiter([&] {
    obey(signals, server, sites, manager);
    server.stop();
  });
  const bool served = server.run();
  // If the server could not start, nobody has sent the signal.
  if (!served) ::kill(::getpid(), SIGTERM);
  waiter.join();
  return served ? EXIT_SUCCESS : EXIT_FAILURE;
}

// Returns the arguments of the program; none if there is no /proc.
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

// Makes only the site that the request is for.
int serve_one_request(std::vector<auth::Settings> all, const Site::Surroundings& surroundings) {
  const auto section = SectionChoice(auth::places_of(all)).find(Request(::environ));
  if (!section) return refuse_one_request(section.error());
  auth::warn_of_settings(all[*section], surroundings.lifespan);
  const auto site = Site::make(std::move(all[*section]), surroundings);
  if (!site) return report(site.error());
  const bool served = serve_cgi(
      [&site](std::unique_ptr<Exchange> exchange) { (*site)->handle(std::move(exchange)); });
  (*site)->stop();
  return served ? EXIT_SUCCESS : EXIT_FAILURE;
}

std::string rules_in_words(const Site& site) {
  const auto rules = site.rules();
  if (rules == nullptr) return "none";
  return site.settings().rules_file + " (" + std::to_string(rules->lines().size()) + " lines)";
}

// Logs what the program serves: one line, and with sections one more for each.
void log_start(const Sites& sites) {
  const auth::Settings& first = sites.all().front()->settings();
  const bool has_sections = !sites.all().back()->settings().section.empty();
  const std::string all = std::to_string(sites.all().size()) + " sections";
  const std::string rules = ", rules " + rules_in_words(*sites.all().front());
  auth::log(auth::LogLevel::kInfo, "version " ZITADEL_FCGI_VERSION " starts: " +
                                       (has_sections ? all : auth::in_words(first)) + ", threads " +
                                       std::to_string(first.threads) + ", listener " +
                                       listener_name(kListener) + (has_sections ? "" : rules));
  if (!has_sections) return;
  for (const auto& site : sites.all()) {
    const auth::Settings& settings = site->settings();
    const auth::LogSection about(auth::LogSection::name_of(settings.section));
    auth::log(auth::LogLevel::kInfo, (settings.section.empty() ? "all else: " : "") +
                                         auth::in_words(settings) + ", rules " +
                                         rules_in_words(*site));
  }
}

// The server outlives the sites, whose exchanges know it.
int serve_many(std::vector<auth::Settings> all, const Site::Surroundings& surroundings,
               Reload reload, const sigset_t& signals, const ServiceManager& manager) {
  std::optional<SitesInForce> sites;
  Server server(kListener, all.front().threads, [&sites](std::unique_ptr<Exchange> exchange) {
    sites->handle(std::move(exchange));
  });
  for (const auth::Settings& each : all) auth::warn_of_settings(each, surroundings.lifespan);
  auto first = Sites::make(std::move(all), surroundings);
  if (!first) return report(first.error());
  log_start(**first);
  sites.emplace(
      *std::move(first), [&reload](const Sites& in_force) { return reload(in_force); },
      [&reload, &manager](bool is_in_force) {
        reload.settled(is_in_force);
        manager.ready(reload.status());
      });
  if (const auto warning = exposure_warning(kListener)) {
    auth::log(auth::LogLevel::kWarn, *warning);
  }
  sites->start();
  manager.ready(reload.status());
  const int status = serve(server, *sites, signals, manager);
  sites.reset();
  return status;
}

int start(const Router& router) {
  const sigset_t signals = block_signals();
  if (!auth::make_process_private()) {
    auth::log_failed_start("the system does not let this process keep its memory to itself");
    return EXIT_FAILURE;
  }
  set_limits();
  // A peer that has gone, and a file that may not grow any more, are noticed by the result of a
  // write.
  for (const int signal : {SIGPIPE, SIGXFSZ}) static_cast<void>(std::signal(signal, SIG_IGN));
  // Under plain CGI, a request must not pay for what it does not need.
  const bool is_fastcgi = fcgi::is_fastcgi();
  const auto lifespan = is_fastcgi ? auth::Lifespan::kManyRequests : auth::Lifespan::kOneRequest;
  if (!is_fastcgi) leave_openssl_as_it_is();
  const SettingsPlace place{auth::process_environment(), auth::process_program()};
  const auto digest =
      is_fastcgi ? auth::settings_digest(place.environment, place.program) : std::nullopt;
  auto all = auth::load_sections(
      place.environment, place.program,
      is_fastcgi ? auth::jose::KeyReading::kNow : auth::jose::KeyReading::kWhenUsed);
  if (!all) {
    auth::use_log_settings(auth::find_log_settings(place.environment, place.program));
    return report(all.error());
  }
  auth::use_log_settings(all->front());
  if (is_fastcgi) auth::reopen_log_file();
  if (!router.mistakes().empty()) return report(router.mistakes());
  const auth::SystemClock clock;
  const Site::Surroundings surroundings{router, clock, lifespan};
  if (!is_fastcgi) return serve_one_request(*std::move(all), surroundings);
  return serve_many(*std::move(all), surroundings, {place, surroundings, digest}, signals,
                    ServiceManager(place.environment));
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
    // An exception of the standard library: there is no memory, or no thread can be started.
    auth::log_failed_start(problem.what());
    return EXIT_FAILURE;
  }
}

}  // namespace zitadel_fcgi
