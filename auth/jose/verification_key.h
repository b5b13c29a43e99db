// SPDX-License-Identifier: Apache-2.0
// VerificationKey: a public key and the algorithms it may verify signatures with.
#pragma once

#include <openssl/evp.h>

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/jose/algorithm.h"
#include "auth/jose/signing_key.h"

namespace auth::jose {

// Immutable after construction, so any thread may verify with it.
class VerificationKey {
 public:
  // Verifies with every algorithm that fits the key's type and curve; `only`, the key's own "alg",
  // leaves at most that one. id: the key's "kid"; nullopt if it has none.
  VerificationKey(Key key, std::optional<std::string> id, std::optional<Algorithm> only);

  [[nodiscard]] const std::optional<std::string>& id() const noexcept { return id_; }

  [[nodiscard]] bool fits(Algorithm algorithm) const noexcept {
    return contexts_[static_cast<std::size_t>(algorithm)] != nullptr;
  }
  [[nodiscard]] bool fits_any() const noexcept;

  // Whether it is the signature of the text, in the form of RFC 7518 §3: for ECDSA r and s, each of
  // fixed length. False also where the algorithm does not fit.
  [[nodiscard]] bool verify(Algorithm algorithm, std::string_view text,
                            std::string_view signature) const;

 private:
  struct ContextDeleter {
    void operator()(EVP_MD_CTX* context) const noexcept { EVP_MD_CTX_free(context); }
  };
  using Context = std::unique_ptr<EVP_MD_CTX, ContextDeleter>;

  [[nodiscard]] bool suits(const AlgorithmTraits& traits) const;
  [[nodiscard]] Context prepare(const AlgorithmTraits& traits) const;

  Key key_;
  std::optional<std::string> id_;
  // Set up once and copied for each use: setting one up takes OpenSSL as long as half a signature.
  std::array<Context, kAlgorithmCount> contexts_;
};

}  // namespace auth::jose
