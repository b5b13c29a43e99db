// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/running_server.h"

#include <stdexcept>
#include <utility>

namespace support {

RunningServer::RunningServer(Options options, fcgi::Exchange::Handler handler)
    : kind_(options.kind),
      path_((folder_.path() / "socket").string()),
      listener_(kind_ == SocketKind::kTcp ? listen_on_tcp() : listen_on_unix(path_)),
      server_(std::make_unique<fcgi::Server>(listener_.get(), options.threads, std::move(handler),
                                             options.server)) {
  if (options.started) start();
}

RunningServer::~RunningServer() {
  if (!outcome_.valid()) return;
  ask_to_stop();
  outcome_.wait();
}

void RunningServer::start() {
  outcome_ = std::async(std::launch::async, [this] { return server_->run(); }).share();
}

FastCgiPeer RunningServer::connect() const {
  return FastCgiPeer(kind_ == SocketKind::kTcp ? connect_to_tcp(port_of(listener_))
                                               : connect_to_unix(path_));
}

FastCgiReply RunningServer::ask(std::string_view path, const RequestOptions& options) const {
  FastCgiPeer peer = connect();
  peer.send(request(path, options));
  return peer.receive().value_or(FastCgiReply{});
}

bool RunningServer::has_ended(std::chrono::milliseconds patience) {
  return outcome_.wait_for(patience) == std::future_status::ready && outcome_.get();
}

void echo(std::unique_ptr<fcgi::Exchange> exchange) {
  fcgi::Exchange& asked = *exchange;
  asked.when_body([owned = std::shared_ptr<fcgi::Exchange>(std::move(exchange))] {
    const fcgi::Request& request = owned->request();
    std::string body(request.method());
    body.append(" ").append(request.path_info()).append(" ").append(request.body().value_or("-"));
    owned->finish({.status = 200, .body = std::move(body)});
  });
}

}  // namespace support
