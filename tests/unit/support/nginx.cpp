// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/nginx.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "tests/unit/support/sockets.h"

namespace support {
namespace {

pid_t start(const std::vector<std::string>& command) {
  std::vector<char*> texts;
  for (const std::string& each : command) texts.push_back(const_cast<char*>(each.c_str()));
  texts.push_back(nullptr);
  const pid_t process = ::fork();
  if (process != 0) return process;
  const int nowhere = ::open("/dev/null", O_RDWR);
  const bool silent = ::dup2(nowhere, STDOUT_FILENO) >= 0 && ::dup2(nowhere, STDERR_FILENO) >= 0;
  if (silent && ::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) ::execvp(texts[0], texts.data());
  ::_exit(127);
}

void run(const std::vector<std::string>& command) {
  int status = 0;
  const pid_t process = start(command);
  if (process < 0 || ::waitpid(process, &status, 0) != process || status != 0) {
    throw std::runtime_error(command[0] + " has failed");
  }
}

std::string configuration(std::uint16_t port) {
  return R"(daemon off; master_process off; pid nginx.pid; error_log error.log;
events {}
http {
  log_format of_connection '$connection $connection_time $server_protocol';
  access_log access.log of_connection;
  keepalive_requests 1000000;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {
    listen 127.0.0.1:)" +
         std::to_string(port) + R"( ssl http2;
    ssl_certificate cert.pem; ssl_certificate_key key.pem;
    return 200 "{}";
  }
}
)";
}

}  // namespace

Nginx::Nginx() : port_(port_of(listen_on_tcp())) {
  const auto file = [this](const char* name) { return (folder_.path() / name).string(); };
  run({"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
       "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file("key.pem"), "-out",
       file("cert.pem")});
  process_ = start({"nginx", "-p", folder_.path().string(), "-e", file("error.log"), "-c",
                    folder_.write("nginx.conf", configuration(port_))});
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < end) {
    try {
      static_cast<void>(connect_to_tcp(port_));
      return;
    } catch (const std::exception&) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  throw std::runtime_error("nginx does not start");
}

Nginx::~Nginx() {
  if (process_ <= 0) return;
  static_cast<void>(::kill(process_, SIGKILL));
  static_cast<void>(::waitpid(process_, nullptr, 0));
}

std::string Nginx::url() const { return "https://127.0.0.1:" + std::to_string(port_) + "/"; }

std::vector<Nginx::Request> Nginx::requests() const {
  std::ifstream log(folder_.path() / "access.log");
  std::vector<Request> requests;
  Request each;
  while (log >> each.connection >> each.connection_age >> each.protocol) requests.push_back(each);
  return requests;
}

}  // namespace support
