// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/digest.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>

#include "auth/base/descriptor.h"
#include "auth/base/secret.h"
#include "auth/settings/load.h"
#include "auth/settings/settings.h"

namespace auth {
namespace {

constexpr std::size_t kMostBytes = kMaxCaFileBytes + 1;  // of a file

class Digester {
 public:
  Digester() : is_good_(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1) {}

  void add(std::string_view bytes) {
    is_good_ = is_good_ && EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1;
  }

  [[nodiscard]] std::optional<SettingsDigest> end() {
    SettingsDigest digest{};
    is_good_ = is_good_ && EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr) == 1;
    return is_good_ ? std::optional(digest) : std::nullopt;
  }

 private:
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_{EVP_MD_CTX_new(),
                                                                         &EVP_MD_CTX_free};
  bool is_good_;
};

// Adds the content of a file. Returns how many bytes were read, or -errno. Never blocks on a FIFO.
std::int64_t add_content(const std::string& path, Digester& digester) {
  const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) return -errno;
  if (!S_ISREG(status.st_mode)) return -EINVAL;
  std::array<char, 8192> part;
  std::size_t size = 0;
  ssize_t count = 0;
  while (size <= kMostBytes && (count = ::read(file.get(), part.data(), part.size())) > 0) {
    digester.add({part.data(), static_cast<std::size_t>(count)});
    size += static_cast<std::size_t>(count);
  }
  const int error = errno;
  wipe(part.data(), part.size());
  return count < 0 ? -error : static_cast<std::int64_t>(size);
}

}  // namespace

std::optional<SettingsDigest> settings_digest(const Environment& environment,
                                              std::string_view program) {
  Digester digester;
  for (const SettingFile& file : find_setting_files(environment, program)) {
    const std::int64_t size = add_content(file.path, digester);
    digester.add('\n' + file.path + ' ' + std::to_string(size) + '\n');
  }
  return digester.end();
}

}  // namespace auth
