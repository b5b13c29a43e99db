// SPDX-License-Identifier: Apache-2.0
// A transfer of the CurlHttpClient: an easy handle and everything that its exchange needs to stay
// alive.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "auth/zitadel/curl_connections.h"
#include "auth/zitadel/curl_descriptors.h"
#include "auth/zitadel/curl_facts.h"
#include "auth/zitadel/curl_library.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/name_watch.h"

namespace auth {

// Data shared by the transfers that may go over the same connections.
struct CurlShared {
  CurlConnections connections{};
  NameWatch names;
};

// Used by the I/O thread alone. Reused for one request after another.
class CurlTransfer {
 public:
  // Returns null if libcurl has no memory. The options must outlive the transfer, and the
  // descriptors its connection.
  [[nodiscard]] static std::unique_ptr<CurlTransfer> make(const CurlLibrary& curl,
                                                          const HttpOptions& options,
                                                          CurlDescriptors& descriptors);
  ~CurlTransfer();
  CurlTransfer(const CurlTransfer&) = delete;
  CurlTransfer& operator=(const CurlTransfer&) = delete;

  // Takes the request over and sets the handle up for it. Returns false if libcurl lacks or refuses
  // an option. shared must live until clear.
  [[nodiscard]] bool prepare(HttpRequest request, CurlShared& shared);
  // The answer of the finished exchange.
  [[nodiscard]] Result<HttpResponse> outcome(CURLcode code);
  // Whether the exchange failed because this process has no descriptor left.
  [[nodiscard]] bool lacked_descriptor(CURLcode code) const;
  [[nodiscard]] HttpRequest take_request() noexcept { return std::move(request_); }
  // Whether the finished exchange went over HTTP/2.
  [[nodiscard]] bool was_http2() const { return facts_.was_http2(); }
  // Returns for how long nothing has arrived over its connection, for any transfer, while it
  // carried this one.
  [[nodiscard]] CurlConnections::Time::duration silence(CurlConnections::Time now) const {
    return place_ ? place_->silence(now) : CurlConnections::Time::duration::zero();
  }
  // To be called when libcurl works on it no more.
  void removed();
  // Wipes what the request held.
  void clear();

  [[nodiscard]] CURL* handle() const noexcept { return handle_; }

  HttpClient::Done done{};
  CurlConnections::Time deadline{};  // checked by CurlMulti: libcurl would not read what arrived
  bool has_waited = false;           // for a descriptor

 private:
  CurlTransfer(const CurlLibrary& curl, const HttpOptions& options, CurlDescriptors& descriptors,
               CURL* handle)
      : curl_(curl),
        options_(options),
        descriptors_(descriptors),
        handle_(handle),
        facts_(curl, handle) {}
  [[nodiscard]] bool set_up();
  static curl_socket_t open_socket(void* transfer, curlsocktype, curl_sockaddr* address) noexcept;
  static int close_socket(void* descriptors, curl_socket_t socket) noexcept;
  static std::size_t receive(char* data, std::size_t size, std::size_t count,
                             void* transfer) noexcept;
  static std::size_t on_header(char* data, std::size_t size, std::size_t count,
                               void* transfer) noexcept;
  static int on_connection(void* transfer, char* address, char*, int, int local_port) noexcept;
  void free_headers() noexcept;
  [[nodiscard]] Error failure(CURLcode code) const;
  [[nodiscard]] std::string words_of(CURLcode code) const;

  const CurlLibrary& curl_;
  const HttpOptions& options_;
  CurlDescriptors& descriptors_;
  CURL* const handle_;
  const CurlFacts facts_;
  CurlShared* shared_ = nullptr;                   // while the exchange lasts
  std::optional<CurlConnections::Place> place_{};  // while the exchange lasts
  curl_slist* headers_ = nullptr;
  HttpRequest request_{};
  std::string body_{};
  std::size_t head_bytes_ = 0;  // including each 1xx before the answer
  bool head_too_large_ = false;
  bool body_too_large_ = false;
  bool lacks_descriptor_ = false;
  bool has_attempted_ = false;     // to connect, and is not connected yet
  std::array<int, 2> attempts_{};  // the last socket for IPv4 and for IPv6: libcurl tries the
                                   // addresses of a family one after the other
  bool head_ended_ = false;        // the head of the answer itself, not of a 1xx before it
  std::array<char, CURL_ERROR_SIZE> message_{};
};

}  // namespace auth
