// SPDX-License-Identifier: Apache-2.0
#include "auth/base/line_writer.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "auth/base/descriptor.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::LineQueue;
using auth::LineWriter;
using Thread = auth::LineWriter::Thread;

class LineWriterTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LineWriterTest);
  CPPUNIT_TEST(drops_and_counts_what_has_no_room);
  CPPUNIT_TEST(gives_all_that_is_left_when_it_is_closed);
  CPPUNIT_TEST(writes_every_line_of_all_threads_and_writers_whole);
  CPPUNIT_TEST(writes_nothing_before_its_end_without_a_thread);
  CPPUNIT_TEST(keeps_the_file_from_others);
  CPPUNIT_TEST(tells_how_many_lines_could_not_be_written_and_why);
  CPPUNIT_TEST(tells_how_many_lines_had_no_room);
  CPPUNIT_TEST(goes_on_with_a_new_file_when_it_is_opened_again);
  CPPUNIT_TEST(says_why_it_cannot_be_opened_again);
  CPPUNIT_TEST(sends_entries_to_the_journal);
  CPPUNIT_TEST(says_why_the_journal_takes_none);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { path_ = (folder_.path() / "audit.log").string(); }

 private:
  static std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::unique_ptr<LineWriter> writer(Thread thread = Thread::kOwn) {
    return std::make_unique<LineWriter>("SETTING", path_, "name", thread, clock_);
  }

  void drops_and_counts_what_has_no_room() {
    LineQueue queue(10);
    LineQueue::Taken taken;
    queue.add("12345678\n");
    queue.add("1\n");
    queue.add("\n");
    queue.add("2\n");
    CPPUNIT_ASSERT(queue.wait(taken));
    CPPUNIT_ASSERT_EQUAL(std::string("12345678\n\n"), taken.lines);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, taken.dropped);
    queue.add("3\n");
    queue.add(std::string(11, 'x'));
    CPPUNIT_ASSERT(queue.wait(taken));
    CPPUNIT_ASSERT_EQUAL(std::string("3\n"), taken.lines);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, taken.dropped);
  }

  void gives_all_that_is_left_when_it_is_closed() {
    LineQueue queue(10);
    LineQueue::Taken taken;
    queue.add("1\n");
    queue.close();
    CPPUNIT_ASSERT(queue.wait(taken));
    CPPUNIT_ASSERT(!queue.wait(taken));
    CPPUNIT_ASSERT(taken.lines.empty());
  }

  void writes_every_line_of_all_threads_and_writers_whole() {
    constexpr int kLines = 3000;
    std::vector<std::thread> threads;
    for (int process = 0; process < 2; ++process) {
      threads.emplace_back([this, process] {
        const auto own = writer();
        std::vector<std::thread> inner;
        for (int thread = 0; thread < 2; ++thread) {
          inner.emplace_back([&own, process, thread] {
            for (int i = 0; i < kLines; ++i) {
              own->add(std::to_string(process) + " " + std::to_string(thread) + " " +
                       std::to_string(i) + std::string(60, '.') + "\n");
            }
          });
        }
        for (std::thread& each : inner) each.join();
      });
    }
    for (std::thread& each : threads) each.join();
    std::istringstream lines(text_of(path_));
    std::set<std::string> seen;
    for (std::string line; std::getline(lines, line);) {
      CPPUNIT_ASSERT_MESSAGE(line,
                             line.ends_with(std::string(60, '.')) && seen.insert(line).second);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{4 * kLines}, seen.size());
  }

  void writes_nothing_before_its_end_without_a_thread() {
    const auto own = writer(Thread::kNone);
    own->add("1\n");
    own->add("2\n");
    CPPUNIT_ASSERT(!std::filesystem::exists(path_));
    own->stop();
    CPPUNIT_ASSERT_EQUAL(std::string("1\n2\n"), text_of(path_));
    own->stop();
    CPPUNIT_ASSERT_EQUAL(std::string("1\n2\n"), text_of(path_));
  }

  void keeps_the_file_from_others() {
    const auto own = writer(Thread::kNone);
    own->add("1\n");
    own->stop();
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(path_.c_str(), &status));
    CPPUNIT_ASSERT_EQUAL(mode_t{0600}, status.st_mode & mode_t{07777});
  }

  void tells_how_many_lines_could_not_be_written_and_why() {
    const support::LogCapture log;
    std::filesystem::create_directory(path_);
    const auto own = writer(Thread::kNone);
    own->add("1\n");
    own->add("2\n");
    own->stop();
    CPPUNIT_ASSERT_EQUAL(
        "error: SETTING: lines lost: 2; " + path_ + " cannot be opened: Is a directory\n",
        log.text());
  }

  void tells_how_many_lines_had_no_room() {
    const support::LogCapture log;
    const auto own = writer(Thread::kNone);
    const std::string line = std::string(auth::kMaxWaitingLines / 2 - 1, 'x') + "\n";
    for (int i = 0; i < 5; ++i) own->add(line);
    own->lost_one();
    own->stop();
    CPPUNIT_ASSERT_EQUAL(
        std::string("error: SETTING: lines lost: 4; they came faster than they could be written\n"),
        log.text());
    CPPUNIT_ASSERT_EQUAL(auth::kMaxWaitingLines, text_of(path_).size());
  }

  void goes_on_with_a_new_file_when_it_is_opened_again() {
    const auto own = writer();
    for (int round = 0; round < 5; ++round) {
      for (int i = 0; i < 100; ++i) own->add("line\n");
      wait_for_file();
      std::filesystem::rename(path_, path_ + "." + std::to_string(round));
      own->reopen();
      CPPUNIT_ASSERT(std::filesystem::exists(path_));
    }
    own->stop();
    std::string all = text_of(path_);
    for (int round = 0; round < 5; ++round) all += text_of(path_ + "." + std::to_string(round));
    CPPUNIT_ASSERT_EQUAL(std::size_t{500}, support::lines_with(all, "line"));
  }

  void says_why_it_cannot_be_opened_again() {
    const support::LogCapture log;
    const auto own = writer(Thread::kNone);
    std::filesystem::create_symlink("elsewhere", path_);
    own->reopen();
    CPPUNIT_ASSERT_EQUAL("error: SETTING " + path_ + " cannot be opened: it is a link\n",
                         log.text());
  }

  void wait_for_file() const {
    for (int i = 0; i < 2000 && !std::filesystem::exists(path_); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }

  // What came, datagram by datagram.
  static std::vector<std::string> received(int socket) {
    std::vector<std::string> all;
    std::array<char, 4096> bytes{};
    for (;;) {
      const ssize_t size = ::recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (size < 0) return all;
      all.emplace_back(bytes.data(), static_cast<std::size_t>(size));
    }
  }

  void sends_entries_to_the_journal() {
    const std::string path = (folder_.path() / "journal").string();
    const auth::Descriptor journal(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    CPPUNIT_ASSERT_EQUAL(
        0, ::bind(journal.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address));
    auth::JournalSocket socket(path.c_str());
    CPPUNIT_ASSERT(socket.send("audit", "{\"a\":1}") == nullptr);
    CPPUNIT_ASSERT(socket.send("audit", "2") == nullptr);
    const std::vector<std::string> expected = {
        "PRIORITY=6\nSYSLOG_IDENTIFIER=audit\nMESSAGE={\"a\":1}\n",
        "PRIORITY=6\nSYSLOG_IDENTIFIER=audit\nMESSAGE=2\n"};
    CPPUNIT_ASSERT(received(journal.get()) == expected);
  }

  void says_why_the_journal_takes_none() {
    const std::string path = folder_.path() / "none";
    auth::JournalSocket socket(path.c_str());
    const char* const why = socket.send("audit", "1");
    CPPUNIT_ASSERT(why != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("No such file or directory"), std::string(why));
  }

  support::TemporaryFolder folder_;
  std::string path_;
  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LineWriterTest);

}  // namespace
