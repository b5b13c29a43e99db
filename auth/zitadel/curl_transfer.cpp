// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/curl_transfer.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "auth/base/secret.h"
#include "auth/base/version.h"
#include "auth/zitadel/proxy.h"

namespace auth {
namespace {

// Time for which an address that was found is used without another look-up.
constexpr std::chrono::seconds kAddressLife{20};
constexpr std::size_t kUsualAnswerBytes = 16 << 10;
// Below libcurl's own limit of 300 KiB, which it reports like a connection that is lost.
constexpr std::size_t kMaxHeadBytes = 128 << 10;

}  // namespace

std::unique_ptr<CurlTransfer> CurlTransfer::make(const CurlLibrary& curl,
                                                 const HttpOptions& options,
                                                 CurlDescriptors& descriptors) {
  CURL* const handle = curl.easy_init();
  if (handle == nullptr) return nullptr;
  return std::unique_ptr<CurlTransfer>(new CurlTransfer(curl, options, descriptors, handle));
}

CurlTransfer::~CurlTransfer() {
  curl_.easy_cleanup(handle_);
  free_headers();
}

// Resets the handle first: it counts how often it found a kept connection broken, over all its
// exchanges, and gives up at the sixth. CURLOPT_QUICK_EXIT: libcurl does not wait for a name's
// look-up that is given up.
bool CurlTransfer::set_up() {
  curl_.easy_reset(handle_);
  const auto set = [this](CURLoption option, auto value) {
    return curl_.easy_setopt(handle_, option, value) == CURLE_OK;
  };
  const auto connect_timeout = static_cast<long>(options_.connect_timeout.count());
  return set(CURLOPT_ERRORBUFFER, message_.data()) &&
         set(CURLOPT_OPENSOCKETFUNCTION, &CurlTransfer::open_socket) &&
         set(CURLOPT_OPENSOCKETDATA, this) &&
         set(CURLOPT_CLOSESOCKETFUNCTION, &CurlTransfer::close_socket) &&
         set(CURLOPT_CLOSESOCKETDATA, &descriptors_) &&
         set(CURLOPT_WRITEFUNCTION, &CurlTransfer::receive) && set(CURLOPT_WRITEDATA, this) &&
         set(CURLOPT_HEADERFUNCTION, &CurlTransfer::on_header) && set(CURLOPT_HEADERDATA, this) &&
         set(CURLOPT_PREREQFUNCTION, &CurlTransfer::on_connection) &&
         set(CURLOPT_PREREQDATA, this) && set(CURLOPT_NOSIGNAL, 1L) &&
         set(CURLOPT_PROTOCOLS_STR, "http,https") && set(CURLOPT_FOLLOWLOCATION, 0L) &&
         set(CURLOPT_SSL_VERIFYPEER, 1L) && set(CURLOPT_SSL_VERIFYHOST, 2L) &&
         set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2)) &&
         set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS)) &&
         set(CURLOPT_CONNECTTIMEOUT_MS, connect_timeout) && set(CURLOPT_QUICK_EXIT, 1L) &&
         set(CURLOPT_MAXAGE_CONN, static_cast<long>(kIdleConnection.count())) &&
         set(CURLOPT_USERAGENT, "zitadel-fcgi/" ZITADEL_FCGI_VERSION) &&
         (options_.ca_file.empty() || set(CURLOPT_CAINFO, options_.ca_file.c_str()));
}

bool CurlTransfer::prepare(HttpRequest request, CurlShared& shared) {
  request_ = std::move(request);
  shared_ = &shared;
  body_.clear();
  head_bytes_ = 0;
  head_too_large_ = body_too_large_ = lacks_descriptor_ = head_ended_ = false;
  message_[0] = '\0';
  if (!set_up()) return false;
  place_.emplace(shared.connections);
  headers_ = curl_.slist_append(nullptr, "Accept: application/json");
  if (headers_ == nullptr) return false;
  for (const std::string& header : request_.headers) {
    if (curl_.slist_append(headers_, header.c_str()) == nullptr) return false;
  }
  if (!request_.authorization.empty()) {
    constexpr std::string_view kName = "Authorization: ";
    std::string line;
    line.reserve(kName.size() + request_.authorization.size() + 1);
    line.append(kName).append(request_.authorization.reveal()).push_back('\0');
    const Secret header = Secret::take(line);
    if (curl_.slist_append(headers_, header.reveal().data()) == nullptr) return false;
  }
  const auto set = [this](CURLoption option, auto value) {
    return curl_.easy_setopt(handle_, option, value) == CURLE_OK;
  };
  const bool https = request_.url.starts_with("https:");
  // Over TLS, wait for what the server offers: one HTTP/2 connection carries many transfers.
  const long wait_for_alpn = https ? 1L : 0L;
  // A proxy of the environment may carry TLS; what is not encrypted stays on this machine.
  const char* const without_proxy = https ? nullptr : "*";
  // Known addresses do not expire while names cannot be looked up: there is always one to try.
  const bool names_fail = shared.names.is_failing(std::chrono::steady_clock::now());
  const long address_life = names_fail ? -1L : static_cast<long>(kAddressLife.count());
  const std::string_view form = request_.form.reveal();
  const bool method_set = form.empty()
                              ? set(CURLOPT_HTTPGET, 1L)
                              : set(CURLOPT_POST, 1L) && set(CURLOPT_POSTFIELDS, form.data()) &&
                                    set(CURLOPT_POSTFIELDSIZE, static_cast<long>(form.size()));
  const std::string& method = request_.method;
  return method_set && (method.empty() || set(CURLOPT_CUSTOMREQUEST, method.c_str())) &&
         set(CURLOPT_URL, request_.url.c_str()) && set(CURLOPT_HTTPHEADER, headers_) &&
         set(CURLOPT_PIPEWAIT, wait_for_alpn) && set(CURLOPT_NOPROXY, without_proxy) &&
         set(CURLOPT_DNS_CACHE_TIMEOUT, address_life);
}

Error CurlTransfer::failure(CURLcode code) const {
  constexpr auto kTooLarge = Reason::kAnswerTooLarge;
  if (head_too_large_) return {kTooLarge, "its head has more than 128 KiB"};
  if (body_too_large_) {
    const std::size_t mebibytes = request_.max_answer_bytes >> 20;
    return {kTooLarge, "more than " + std::to_string(mebibytes) + " MiB"};
  }
  // libcurl reports this for a line that is too long.
  if (code == CURLE_OUT_OF_MEMORY && facts_.has_begun()) {
    return {kTooLarge, "a header of more than 100 KiB, or no memory is left"};
  }
  const Reason reason = reason_of(code, head_ended_);
  return {reason, reason == Reason::kTimedOut ? facts_.stage(head_bytes_ > 0) : words_of(code)};
}

Result<HttpResponse> CurlTransfer::outcome(CURLcode code) {
  if (code != CURLE_OK) return failure(code);
  // libcurl takes a head that breaks off for a whole one, and a 1xx for the answer.
  if (!head_ended_) return Error{Reason::kConnectionLost, "in the head of its answer"};
  HttpResponse response{0, std::move(body_)};
  if (!facts_.read_head(response)) {
    return Error{Reason::kInternal, "libcurl does not tell the status"};
  }
  if (response.status != 200)
    response.sent = std::make_shared<const HttpRequest>(std::move(request_));
  return response;
}

// libcurl does not report why it cannot look a name up, or read the certificates.
bool CurlTransfer::lacked_descriptor(CURLcode code) const {
  if (code == CURLE_OK) return false;
  if (lacks_descriptor_) return true;
  return (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_SSL_CACERT_BADFILE) &&
         CurlDescriptors::is_none_left();
}

std::string CurlTransfer::words_of(CURLcode code) const {
  std::string words = message_[0] != '\0' ? message_.data() : curl_.easy_strerror(code);
  if (code == CURLE_PEER_FAILED_VERIFICATION) words += facts_.certificate_advice();
  const std::optional<Proxy> proxy = https_proxy();
  const bool may_name_it = proxy && request_.url.starts_with("https:");
  return may_name_it ? without_credentials(std::move(words), *proxy) : words;
}

void CurlTransfer::clear() {
  request_ = HttpRequest();
  body_ = std::string();
  free_headers();
  place_.reset();
  shared_ = nullptr;
  done = nullptr;
}

curl_socket_t CurlTransfer::open_socket(void* transfer, curlsocktype,
                                        curl_sockaddr* address) noexcept {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  const bool is_ipv6 = address->family == AF_INET6;
  self.has_attempted_ = true;
  self.attempts_[is_ipv6] = self.descriptors_
                                .open(address->family, address->socktype, address->protocol, &self,
                                      self.lacks_descriptor_)
                                .release();
  return self.attempts_[is_ipv6];
}

int CurlTransfer::close_socket(void* descriptors, curl_socket_t socket) noexcept {
  const int closed = ::close(socket);
  static_cast<CurlDescriptors*>(descriptors)->closed(socket);
  return closed;
}

std::size_t CurlTransfer::receive(char* data, std::size_t size, std::size_t count,
                                  void* transfer) noexcept {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  const std::size_t bytes = size * count;
  self.place_->hear(std::chrono::steady_clock::now());
  self.body_too_large_ = bytes > self.request_.max_answer_bytes - self.body_.size();
  if (self.body_too_large_) return CURL_WRITEFUNC_ERROR;
  // Growing step by step would copy the whole body again, for many answers at the same time.
  if (self.body_.size() + bytes > kUsualAnswerBytes) self.body_.reserve(kMaxAnswerBytes);
  self.body_.append(data, bytes);
  return bytes;
}

std::size_t CurlTransfer::on_header(char* data, std::size_t size, std::size_t count,
                                    void* transfer) noexcept {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  self.place_->hear(std::chrono::steady_clock::now());
  // An empty line ends a head, also that of a 1xx, or of a proxy's answer, with status zero.
  const std::string_view line(data, size * count);
  if (line == "\r\n" || line == "\n") {
    long status = 0;
    self.head_ended_ =
        self.curl_.easy_getinfo(self.handle_, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
        status >= 200;
  }
  self.head_bytes_ += line.size();
  self.head_too_large_ = self.head_bytes_ > kMaxHeadBytes;
  return self.head_too_large_ ? CURL_WRITEFUNC_ERROR : line.size();
}

int CurlTransfer::on_connection(void* transfer, char* address, char*, int,
                                int local_port) noexcept {
  auto& self = *static_cast<CurlTransfer*>(transfer);
  long opened = 0;
  if (self.curl_.easy_getinfo(self.handle_, CURLINFO_NUM_CONNECTS, &opened) != CURLE_OK) opened = 0;
  self.place_->take(local_port, opened > 0, std::chrono::steady_clock::now());
  if (opened > 0) self.shared_->names.connected(self.request_.url, address);
  if (std::exchange(self.has_attempted_, false)) {
    const bool is_ipv6 = std::strchr(address, ':') != nullptr;
    self.descriptors_.connected(&self, self.attempts_[is_ipv6]);
  }
  return CURL_PREREQFUNC_OK;
}

void CurlTransfer::removed() {
  if (std::exchange(has_attempted_, false)) descriptors_.ended(this);
}

void CurlTransfer::free_headers() noexcept {
  for (curl_slist* header = headers_; header != nullptr; header = header->next) {
    wipe(header->data, std::strlen(header->data));
  }
  if (headers_ != nullptr) curl_.slist_free_all(headers_);
  headers_ = nullptr;
}

}  // namespace auth
