// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/jwt.h"

#include <algorithm>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/text.h"
#include "auth/jose/base64url.h"

namespace auth::jose {
namespace {

Error malformed(std::string what) { return {Reason::kMalformedJwt, std::move(what)}; }

// RFC 7515 §4.1.9: a media type, in any case, whose "application/" is better left out.
bool is_access_token_type(std::string_view type) {
  std::string name = lower_case(type);
  constexpr std::string_view kTree = "application/";
  if (name.starts_with(kTree)) name.erase(0, kTree.size());
  return name == "jwt" || name == "at+jwt";
}

Result<void> check_header(const Json& header) {
  const std::optional<Json> type = header.member("typ");
  if (type && !is_access_token_type(type->text().value_or(""))) {
    return Error{Reason::kUnsupportedTokenType};
  }
  if (header.member("crit")) return Error{Reason::kUnsupportedExtension, "crit"};
  const std::optional<Json> encoded = header.member("b64");
  if (encoded && encoded->boolean() != true) return Error{Reason::kUnsupportedExtension, "b64"};
  return {};
}

}  // namespace

bool looks_like_jwt(std::string_view token) noexcept {
  // The first six bits of "{" make an 'e'; its last two leave a quarter of the alphabet for the
  // next.
  constexpr std::string_view kSecond = "wxyz0123456789-_";
  return token.size() > 2 && token[0] == 'e' && kSecond.find(token[1]) != std::string_view::npos &&
         token.find('.') != std::string_view::npos;
}

std::optional<std::string> unverified_payload(std::string_view text) {
  if (text.size() > kMaxJwtBytes || std::count(text.begin(), text.end(), '.') != 2) {
    return std::nullopt;
  }
  const std::size_t begin = text.find('.') + 1;
  return base64url_decode(text.substr(begin, text.rfind('.') - begin));
}

Jwt::Jwt(Algorithm algorithm, std::optional<std::string> key_id, std::string_view text,
         std::size_t first_dot, std::size_t last_dot)
    : algorithm_(algorithm),
      key_id_(std::move(key_id)),
      signed_text_(text.substr(0, last_dot)),
      payload_(text.substr(first_dot + 1, last_dot - first_dot - 1)),
      signature_(text.substr(last_dot + 1)) {}

Result<Jwt> Jwt::parse(std::string_view text) {
  if (text.size() > kMaxJwtBytes) return malformed("it is too long");
  const std::size_t first_dot = text.find('.');
  if (first_dot == std::string_view::npos) return malformed("it has no dot");
  if (first_dot > kMaxJwtHeaderBytes) return malformed("its header is too long");
  const std::size_t last_dot = text.find('.', first_dot + 1);
  if (last_dot == std::string_view::npos || text.find('.', last_dot + 1) != text.npos) {
    return malformed("it does not have three parts");
  }
  const std::optional<std::string> decoded = base64url_decode(text.substr(0, first_dot));
  const std::optional<Json> header = decoded ? Json::parse(*decoded) : std::nullopt;
  if (!header || !header->is_object()) return malformed("its header is not a JSON object");
  if (auto checked = check_header(*header); !checked) return std::move(checked).error();
  const std::optional<Algorithm> algorithm = algorithm_named(header->text_of("alg").value_or(""));
  if (!algorithm) return Reason::kUnsupportedAlgorithm;
  std::optional<std::string> key_id = header->text_of("kid");
  if (!key_id && header->member("kid")) return malformed("its kid is not a string");
  return Jwt(*algorithm, std::move(key_id), text, first_dot, last_dot);
}

Result<std::string> Jwt::verify(const VerificationKey& key) const {
  if (!key.fits(algorithm_)) return Reason::kAlgorithmMismatch;
  const std::optional<std::string> signature = base64url_decode(signature_);
  if (!signature) return malformed("its signature is not base64url");
  if (!key.verify(algorithm_, signed_text_, *signature)) return Reason::kBadSignature;
  std::optional<std::string> payload = base64url_decode(payload_);
  if (!payload) return malformed("its payload is not base64url");
  return *std::move(payload);
}

}  // namespace auth::jose
