// SPDX-License-Identifier: Apache-2.0
// Tokens, keys and passwords: text that no log or stream can print and that is wiped when it dies.
#pragma once

#include <string.h>

#include <cstddef>
#include <cstring>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace auth {

// Overwrites a secret with zeros; no compiler leaves that out. REQUIRES: bytes is no null pointer.
inline void wipe(void* bytes, std::size_t size) noexcept { ::explicit_bzero(bytes, size); }

// A secret that somebody else owns. Valid while its owner lives, like a std::string_view.
class SecretView {
 public:
  constexpr SecretView() = default;
  constexpr explicit SecretView(std::string_view text) : text_(text) {}

  // The one way to the text: for the protocol, never for a log.
  [[nodiscard]] constexpr std::string_view reveal() const noexcept { return text_; }
  [[nodiscard]] constexpr bool empty() const noexcept { return text_.empty(); }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return text_.size(); }

 private:
  std::string_view text_{};
};

// Owns a secret. Moves, never copies silently; one thread at a time, as with std::string.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view text) : size_(text.size()) {
    if (size_ == 0) return;
    bytes_ = std::make_unique_for_overwrite<char[]>(size_);
    std::memcpy(bytes_.get(), text.data(), size_);
  }
  explicit Secret(SecretView view) : Secret(view.reveal()) {}
  // Takes over the text and wipes the string it came in.
  static Secret take(std::string& text) {
    Secret secret{std::string_view(text)};
    auth::wipe(text.data(), text.size());
    text.clear();
    return secret;
  }

  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept
      : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }
  ~Secret() { wipe(); }

  [[nodiscard]] Secret copy() const { return Secret(reveal()); }
  [[nodiscard]] std::string_view reveal() const noexcept { return {bytes_.get(), size_}; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  operator SecretView() const noexcept { return SecretView(reveal()); }

 private:
  void wipe() noexcept {
    if (bytes_) auth::wipe(bytes_.get(), size_);
  }

  std::unique_ptr<char[]> bytes_{};
  std::size_t size_ = 0;
};

std::ostream& operator<<(std::ostream&, const Secret&) = delete;
std::ostream& operator<<(std::ostream&, SecretView) = delete;

}  // namespace auth
