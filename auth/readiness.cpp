// SPDX-License-Identifier: Apache-2.0
#include "auth/readiness.h"

#include <string_view>
#include <vector>

namespace auth {
namespace {

constexpr const char* kNote = "readiness";
constexpr std::chrono::seconds kNoteLife{60};

}  // namespace

void Readiness::ask(const Told& told) {
  Ready last;
  bool begins = false;
  bool waits = false;
  {
    const MutexLock lock(mutex_);
    begins = !is_asking_ && clock_.steady() >= ask_at_;
    waits = is_asking_ || begins;
    if (waits) waiting_.push_back(told);
    is_asking_ = waits;
    last = last_;
  }
  if (begins) return workers_.run([this] { find(); });
  if (!waits) told(last);
}

// The answer may come on the HTTP client's thread, which waits for no disk.
void Readiness::find() {
  if (discovery_ == nullptr) return try_store(true);
  discovery_->get([this](const auto& found) {
    workers_.run([this, knows = found.has_value()] { try_store(knows); });
  });
}

void Readiness::try_store(bool knows_zitadel) {
  const auto settle_with_store = [this, knows_zitadel] {
    settle({knows_zitadel, metrics_.own(Gauge::kStoreFails) == 0});
  };
  if (shared_ == nullptr) return settle_with_store();
  const WallTime until = clock_.wall() + kNoteLife;
  shared_->store_note(
      kNote, "", until, [](std::string_view) { return false; }, settle_with_store);
}

void Readiness::settle(Ready found) {
  std::vector<Told> waiting;
  {
    const MutexLock lock(mutex_);
    is_asking_ = false;
    last_ = found;
    ask_at_ = clock_.steady() + kReadinessPause;
    waiting.swap(waiting_);
  }
  for (const Told& told : waiting) told(found);
}

}  // namespace auth
