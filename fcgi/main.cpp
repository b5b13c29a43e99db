// api.fcgi: the program. Reads the settings, makes the rooms and hands them to each other.
#include <openssl/crypto.h>
#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <variant>

#include "auth/base/clock.h"
#include "auth/base/log.h"
#include "auth/base/private_process.h"
#include "auth/base/worker_pool.h"
#include "auth/cache/token_cache.h"
#include "auth/events/purges.h"
#include "auth/feeding.h"
#include "auth/own_authentication.h"
#include "auth/sealing_context.h"
#include "auth/settings/load.h"
#include "auth/store/bucket_store.h"
#include "auth/store/redis_store.h"
#include "auth/store/shared_cache.h"
#include "auth/token_validator.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/curl_http_client.h"
#include "fcgi/command/check.h"
#include "fcgi/command/run_command.h"
#include "fcgi/command/settings_rules.h"
#include "fcgi/guard/authorizer.h"
#include "fcgi/guard/caller_variables.h"
#include "fcgi/guard/dispatcher.h"
#include "fcgi/guard/resource_metadata.h"
#include "fcgi/guard/responder.h"
#include "fcgi/guard/router.h"
#include "fcgi/guard/rules_file.h"
#include "fcgi/routes.h"
#include "fcgi/server/cgi.h"
#include "fcgi/server/server.h"
#include "fcgi/server/socket_exposure.h"

namespace {

constexpr int kListener = 0;      // FastCGI specification §2.2
constexpr unsigned kWorkers = 2;  // none under plain CGI, where one request is all there is to do

std::unique_ptr<auth::SharedStore> store_of(auth::Settings& settings, const auth::Clock& clock) {
  if (settings.cache_server) {
    return std::make_unique<auth::RedisStore>(*std::move(settings.cache_server), clock);
  }
  return std::make_unique<auth::BucketStore>(fcgi::cache_folder(settings), clock);
}

// Null where nothing is to be kept or nothing is learned from ZITADEL, or OpenSSL fails: this
// process then learns alone.
std::unique_ptr<auth::SharedCache> shared_cache_of(auth::Settings& settings,
                                                   const auth::Clock& clock) {
  if (settings.cache_ttl.count() == 0) return nullptr;
  if (settings.validation == auth::Validation::kJwt) return nullptr;
  const auth::Result<auth::Secret> secret =
      settings.application_key ? settings.application_key->key->derive("shared cache")
                               : settings.client_secret.copy();
  auth::Result<auth::Sealer> sealer =
      secret ? auth::Sealer::make(*secret, auth::sealing_context(settings))
             : auth::Result<auth::Sealer>(secret.error());
  if (!sealer) {
    auth::log(auth::LogLevel::kError, "no shared cache: " + to_string(sealer.error()));
    return nullptr;
  }
  return std::make_unique<auth::SharedCache>(
      store_of(settings, clock), *std::move(sealer),
      auth::SharedCache::Lifetimes{settings.cache_ttl, settings.grace, settings.timeout}, clock);
}

// Whether callers' roles in other projects than this API's are passed on.
bool passes_roles(const auth::Settings& settings) {
  constexpr std::string_view kRoles = "urn:zitadel:iam:org:project";
  return std::any_of(settings.pass_claims.begin(), settings.pass_claims.end(),
                     [&](const std::string& claim) { return claim.starts_with(kRoles); });
}

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
  if (!fcgi::is_fastcgi()) {
    fcgi::refuse_cgi(fcgi::error_response(500, "server_error", "The API is not configured."));
  }
  return fcgi::kExitConfiguration;
}

void warn(const auth::Settings& settings, bool is_fastcgi) {
  for (const std::string& warning : settings.warnings) auth::log(auth::LogLevel::kWarn, warning);
  if (settings.events_token && settings.validation == auth::Validation::kJwt) {
    auth::log(auth::LogLevel::kWarn,
              "ZITADEL_EVENTS_TOKEN_FILE counts for nothing with ZITADEL_VALIDATION=jwt: a revoked "
              "JWT is let in until it expires");
  } else if (settings.events_token && settings.cache_ttl.count() == 0) {
    auth::log(auth::LogLevel::kWarn,
              "ZITADEL_EVENTS_TOKEN_FILE counts for nothing with ZITADEL_CACHE_TTL=0: ZITADEL is "
              "asked about each request");
  }
  if (!settings.project_id.empty()) return;
  if (settings.validation != auth::Validation::kIntrospection) {
    auth::log(
        auth::LogLevel::kWarn,
        "ZITADEL_PROJECT_ID is not set: no role of a JWT that is checked here counts, and its "
        "audience must name this API's client id; set it to the id of the API's project");
  } else if (is_fastcgi) {  // not for each request of plain CGI: all is well
    auth::log(auth::LogLevel::kInfo,
              "ZITADEL_PROJECT_ID is not set: ZITADEL itself checks that a token is meant for this "
              "API, and the roles that it names for the API's own project count");
  }
}

// What a client asks ZITADEL for to get a token that is good here.
std::string scopes_of(const auth::Settings& settings) {
  if (settings.project_id.empty()) return "openid";
  return "openid urn:zitadel:iam:org:project:id:" + settings.project_id + ":aud";
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

int serve(fcgi::Server& server, const sigset_t& signals) {
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

int run() {
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
  if (!is_fastcgi) leave_openssl_as_it_is();
  const auth::Environment environment = auth::process_environment();
  const std::string program = auth::process_program();
  auto loaded = auth::load_settings(
      environment, program,
      is_fastcgi ? auth::jose::KeyReading::kNow : auth::jose::KeyReading::kWhenUsed);
  if (!loaded) {
    auth::set_log_file(auth::find_log_file(environment, program));
    return report(loaded.error());
  }
  auth::Settings& settings = *loaded;
  auth::set_log_level(settings.log_level);
  auth::set_log_file(settings.log_file);
  if (is_fastcgi) auth::reopen_log_file();
  warn(settings, is_fastcgi);

  const auth::SystemClock clock;
  const auto rules = fcgi::open_rules(settings, clock);
  if (!rules) return report(rules.error());

  const fcgi::ResourceMetadata metadata(settings.resource, settings.domain, scopes_of(settings));
  const fcgi::Router router = fcgi::routes();
  std::optional<fcgi::Responder> responder;
  std::optional<fcgi::Authorizer> authorizer;
  std::optional<fcgi::Dispatcher> dispatcher;
  const fcgi::Exchange::Handler handler = [&dispatcher](std::unique_ptr<fcgi::Exchange> exchange) {
    dispatcher->handle(std::move(exchange));
  };
  std::optional<fcgi::Server> server;
  if (is_fastcgi) server.emplace(kListener, settings.threads, handler);
  const std::unique_ptr<auth::SharedCache> shared = shared_cache_of(settings, clock);
  auth::WorkerPool workers(is_fastcgi ? kWorkers : 0);
  const auto authentication = auth::own_authentication(settings, clock);
  auth::CurlHttpClient http({settings.connect_timeout, settings.timeout, settings.max_in_flight,
                             settings.max_connections, settings.ca_file});
  auth::Purges purges(settings.project_id, passes_roles(settings));
  std::optional<auth::Feeding> feeding;
  if (settings.events_token && settings.cache_ttl.count() > 0 &&
      settings.validation != auth::Validation::kJwt) {
    feeding.emplace(settings, http, shared.get(), purges, clock);
    // Who ends with the first request learns of purges from others only. Where nobody polls, all is
    // as without a feed.
    if (!feeding->look() && !is_fastcgi) {
      feeding.reset();
      settings.cache_ttl = std::min(settings.cache_ttl, auth::kUnfedLife);
    }
  }
  auth::TokenValidator validator(settings, {http, *authentication, clock, workers, shared.get(),
                                            server.has_value(), feeding ? &purges : nullptr});
  responder.emplace(validator, fcgi::ProtectedResource{settings.realm, metadata.url()},
                    fcgi::Cors(settings.cors_origins),
                    fcgi::ClientAddress(settings.client_address_header, settings.trusted_proxies),
                    settings.max_token_bytes);
  authorizer.emplace(rules->get(), *responder, fcgi::CallerVariables(settings.pass_claims), clock);
  dispatcher.emplace(router, *authorizer, metadata, *responder);

  // Whoever still waits is told so, and from here on nobody is called any more. The feed first: it
  // uses the store, which calls back into the validator.
  const auto stop = [&feeding, &shared, &validator] {
    if (feeding) feeding->stop();
    if (shared) shared->stop();
    validator.stop();
  };
  if (!server) {
    const bool served = fcgi::serve_cgi(handler);
    stop();
    return served ? EXIT_SUCCESS : EXIT_FAILURE;
  }
  if (const auto warning = fcgi::exposure_warning(kListener)) {
    auth::log(auth::LogLevel::kWarn, *warning);
  }
  if (feeding) feeding->start();
  validator.warm_up();
  const int status = serve(*server, signals);
  stop();
  return status;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    const auto commanded = fcgi::run_command(count, arguments, fcgi::routes);
    return commanded ? *commanded : run();
  } catch (const std::exception& problem) {
    // The standard library's own: there is no memory, or no thread to be had.
    auth::log_failed_start(problem.what());
    return EXIT_FAILURE;
  }
}
