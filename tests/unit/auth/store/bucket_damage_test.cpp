// SPDX-License-Identifier: Apache-2.0
// A bucket file damaged, cut and overwritten in all ways while it is in use: it may forget, but it
// neither fails nor gives what was not put and still opens.
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/store/bucket_index.h"
#include "auth/store/bucket_store.h"
#include "auth/store/sealed_entry.h"
#include "tests/unit/support/bucket_folder.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::BucketStore;
using auth::SecretView;
using auth::bucket::kBucketBytes;
using Kind = auth::SharedStore::Kind;

constexpr std::size_t kTokens = 60;
constexpr unsigned kRounds = 20'000;

class BucketDamageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BucketDamageTest);
  CPPUNIT_TEST(gives_nothing_wrong_whatever_is_damaged_or_cut);
  CPPUNIT_TEST(gives_nothing_from_a_file_of_anything_else);
  CPPUNIT_TEST(hands_nothing_on_that_is_torn);
  CPPUNIT_TEST(goes_on_with_a_file_that_is_cut_while_it_is_in_use);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    for (std::size_t i = 0; i < kTokens; ++i) known_.push_back(know(i));
    for (const Known& known : known_) put(known);
    file_ = auth::Descriptor(::open(folder_.file().c_str(), O_RDWR | O_CLOEXEC));
    CPPUNIT_ASSERT(file_.is_open());
  }

 private:
  // A token, and what is sealed for it.
  struct Known {
    std::string token;
    auth::StoreKey key;
    std::string sealed;
    Kind kind;
  };

  [[nodiscard]] auth::WallTime until() const { return clock_.wall() + std::chrono::seconds(100); }

  [[nodiscard]] Known know(std::size_t number) const {
    Known known{"token " + std::to_string(number), {}, {}, Kind::kAnswer};
    auth::SharedEntry entry{clock_.wall(), {}, {}};
    if (number % 4 == 0) {
      known.kind = Kind::kRefusal;
      entry.refusal = auth::Reason::kInactive;
    } else {
      const std::string subject(number % 10 == 1 ? 5000 : 10 * number, 's');
      entry.claims = std::make_shared<auth::Claims>(auth::ClaimsBuilder().subject(subject).build());
    }
    const SecretView token(known.token);
    known.key = *sealer_.key_of(token);
    known.sealed = *sealer_.seal(token, entry, until());
    return known;
  }

  void put(const Known& known) {
    store_.put(known.key, {known.sealed, until(), known.kind}, [&](std::string_view sealed) {
      expect_good(known, sealed);
      return false;
    });
  }

  // What is not what was put must not open.
  void expect_good(const Known& known, std::string_view sealed) const {
    if (sealed == known.sealed) return;
    CPPUNIT_ASSERT(!sealer_.open(SecretView(known.token), sealed, clock_.wall()));
  }

  // Whether it is still there.
  bool look_for(const Known& known) {
    const auto sealed = store_.get(known.key);
    if (sealed) expect_good(known, *sealed);
    return sealed.has_value();
  }

  void write(std::size_t place, const std::string& bytes) const {
    const auto size = static_cast<ssize_t>(std::min(bytes.size(), kBucketBytes - place));
    CPPUNIT_ASSERT_EQUAL(size, ::pwrite(file_.get(), bytes.data(), static_cast<std::size_t>(size),
                                        static_cast<off_t>(place)));
  }

  [[nodiscard]] std::string read(std::size_t place, std::size_t size) const {
    std::string bytes(size, '\0');
    CPPUNIT_ASSERT(::pread(file_.get(), bytes.data(), size, static_cast<off_t>(place)) >= 0);
    return bytes;
  }

  std::size_t below(std::size_t limit) { return random_() % limit; }

  // Mostly where something is: in the index, among refusals, where answers begin.
  std::size_t some_place() {
    const std::vector<std::size_t> limits{4 << 10, 16 << 10, 64 << 10, kBucketBytes};
    return below(limits[below(limits.size())]);
  }

  void damage() {
    const std::size_t place = some_place();
    std::string bytes = read(place, 1 + below(64));
    switch (below(20)) {
      default:
        bytes[0] = static_cast<char>(bytes[0] ^ (1 << below(8)));
        break;
      case 1:
        for (char& byte : bytes) byte = static_cast<char>(random_());
        break;
      case 2:
        bytes.assign(below(8000), static_cast<char>(random_()));
        break;
      case 3:
        bytes = read(some_place(), below(8000));
        break;
      case 4:  // a slot takes what another one leads to
        return write(below(256) * 16, read(below(256) * 16, 16));
      case 5:  // an entry lies elsewhere
        bytes = read(some_place() / 8 * 8, 8 + below(1000));
        return write(place / 8 * 8, bytes);
      case 6:
        CPPUNIT_ASSERT_EQUAL(0, ::ftruncate(file_.get(), static_cast<off_t>(place)));
        return;
    }
    write(place, bytes);
  }

  void gives_nothing_wrong_whatever_is_damaged_or_cut() {
    const support::LogCapture log;
    unsigned lost = 0;
    for (unsigned round = 0; round < kRounds; ++round) {
      damage();
      if (!look_for(known_[below(kTokens)])) ++lost;
      for (int i = 0; i < 3; ++i) {
        const Known& anew = known_[below(kTokens)];
        put(anew);
        CPPUNIT_ASSERT_MESSAGE(std::to_string(round), store_.get(anew.key) == anew.sealed);
      }
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
    // Else the rounds would have shown nothing.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(lost), lost > kRounds / 10 && lost < kRounds / 10 * 9);
  }

  void gives_nothing_from_a_file_of_anything_else() {
    for (const char filling : {'\0', '\1', 'a', '\xa5', '\xff'}) {
      for (const Known& known : known_) put(known);
      write(0, std::string(kBucketBytes, filling));
      for (const Known& known : known_) CPPUNIT_ASSERT(!look_for(known));
      for (const Known& known : known_) put(known);
      for (const Known& known : known_) CPPUNIT_ASSERT(look_for(known));
    }
  }

  // The seal would refuse it; but the store does not even give it.
  void hands_nothing_on_that_is_torn() {
    for (const Known& known : known_) {
      write(0, std::string(kBucketBytes, '\0'));
      put(known);
      const std::size_t at = read(0, kBucketBytes).find(known.sealed);
      CPPUNIT_ASSERT(at != std::string::npos);
      const std::size_t last = known.sealed.size() - 1;
      for (const std::size_t torn : {std::size_t{0}, last / 2, last}) {
        const char whole = known.sealed[torn];
        write(at + torn, std::string(1, static_cast<char>(whole ^ 0x80)));
        CPPUNIT_ASSERT(!store_.get(known.key));
        write(at + torn, std::string(1, whole));
        CPPUNIT_ASSERT(store_.get(known.key) == known.sealed);
      }
    }
  }

  void goes_on_with_a_file_that_is_cut_while_it_is_in_use() {
    const support::LogCapture log;
    for (const std::size_t size : {0, 1, 15, 4095, 4096, 8191, 8192, 20000}) {
      for (const Known& known : known_) put(known);
      CPPUNIT_ASSERT_EQUAL(0, ::ftruncate(file_.get(), static_cast<off_t>(size)));
      for (const Known& known : known_) static_cast<void>(look_for(known));
      for (const Known& known : known_) put(known);
      for (const Known& known : known_) CPPUNIT_ASSERT(look_for(known));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  std::mt19937 random_{1};
  support::BucketFolder folder_;
  support::ManualClock clock_;
  const auth::Sealer sealer_ = *auth::Sealer::make(SecretView("a secret"), "context");
  BucketStore store_{folder_.path(), clock_, kBucketBytes};
  std::vector<Known> known_;
  auth::Descriptor file_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(BucketDamageTest);

}  // namespace
