// SPDX-License-Identifier: Apache-2.0
// any-server: a server that knows nothing of FastCGI (libmicrohttpd) asks who may come in.
//
// usage: any-server PORT     Settings are those of api.fcgi: ZITADEL_DOMAIN, ... (ZITADEL_ENV_FILE)
#include <arpa/inet.h>
#include <microhttpd.h>
#include <zitadel_auth/token_validator.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using zitadel_auth::Requirement;
using zitadel_auth::TokenValidator;

struct Door {
  TokenValidator& validator;
  Requirement requirement;
};

std::string address_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  char text[INET_ADDRSTRLEN] = "";
  const auto* address = reinterpret_cast<const sockaddr_in*>(info->client_addr);
  return inet_ntop(AF_INET, &address->sin_addr, text, sizeof text) == nullptr ? "" : text;
}

MHD_Result send(MHD_Connection* connection, unsigned status, const std::string& text) {
  MHD_Response* response = MHD_create_response_from_buffer(
      text.size(), const_cast<char*>(text.data()), MHD_RESPMEM_MUST_COPY);
  if (status == 401) MHD_add_response_header(response, "WWW-Authenticate", "Bearer");
  const MHD_Result sent = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);
  return sent;
}

MHD_Result answer(void* context, MHD_Connection* connection, const char*, const char*, const char*,
                  const char*, std::size_t* body_size, void**) {
  *body_size = 0;
  const Door& door = *static_cast<Door*>(context);
  const char* header = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Authorization");
  const auto caller = door.validator.wait(header == nullptr ? "" : header, door.requirement,
                                          address_of(connection));
  if (caller) return send(connection, 200, "Hello " + std::string((*caller)->subject()) + "\n");
  const auto status = static_cast<unsigned>(zitadel_auth::http_status(caller.error()));
  return send(connection, status, std::string(describe(caller.error().reason)) + "\n");
}

}  // namespace

int main(int count, char** arguments) {
  std::signal(SIGPIPE, SIG_IGN);
  // Before there are threads, which inherit the mask.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto validator = TokenValidator::open();
  if (!validator) {
    for (const std::string& mistake : validator.error())
      std::fprintf(stderr, "%s\n", mistake.c_str());
    return 78;  // EX_CONFIG of sysexits.h
  }
  Door door{**validator, *Requirement::parse("role:read:messages")};
  sockaddr_in loopback{};
  loopback.sin_family = AF_INET;
  loopback.sin_port = htons(static_cast<in_port_t>(count > 1 ? std::atoi(arguments[1]) : 8080));
  loopback.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  // A thread for each connection, so that one may wait.
  MHD_Daemon* server = MHD_start_daemon(
      MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION, 0, nullptr, nullptr, answer,
      &door, MHD_OPTION_SOCK_ADDR, &loopback, MHD_OPTION_CONNECTION_LIMIT, 100U,
      MHD_OPTION_CONNECTION_TIMEOUT, 30U, MHD_OPTION_END);
  if (server == nullptr) return 1;
  std::printf("serving\n");
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  MHD_stop_daemon(server);
}
