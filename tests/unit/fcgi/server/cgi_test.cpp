// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/cgi.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "auth/base/descriptor.h"
#include "fcgi/server/request_body.h"

extern char** environ;

namespace {

using auth::Descriptor;
using fcgi::Exchange;

// A file in memory that holds this text, read from its beginning.
Descriptor file_with(const std::string& text) {
  Descriptor file(::memfd_create("stdin", MFD_CLOEXEC));
  const ssize_t size = static_cast<ssize_t>(text.size());
  if (!file.is_open() || ::pwrite(file.get(), text.data(), text.size(), 0) != size) {
    throw std::runtime_error("no file in memory");
  }
  return file;
}

// False: nobody reads it.
bool write_all(const Descriptor& file, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file.get(), bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// False: the reader rests for too long.
bool is_written_in_time(const Descriptor& pipe, std::string_view bytes) {
  constexpr int kPatience = 5'000;  // milliseconds
  static_cast<void>(::fcntl(pipe.get(), F_SETFL, O_NONBLOCK));
  while (!bytes.empty()) {
    pollfd end{pipe.get(), POLLOUT, 0};
    if (::poll(&end, 1, kPatience) <= 0) return false;
    const ssize_t count = ::write(pipe.get(), bytes.data(), bytes.size());
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

// At least so many bytes, unless it ends before.
std::string read_all(const Descriptor& pipe, std::size_t least) {
  std::string text;
  std::string part(65'536, '\0');
  while (text.size() < least) {
    const ssize_t count = ::read(pipe.get(), part.data(), part.size());
    if (count <= 0) break;
    text.append(part, 0, static_cast<std::size_t>(count));
  }
  return text;
}

std::string text_of(const Descriptor& file) {
  std::string text(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)), '\0');
  text.resize(static_cast<std::size_t>(::pread(file.get(), text.data(), text.size(), 0)));
  return text;
}

// While it lives, descriptor number `number` is another one.
class Redirected {
 public:
  Redirected(int number, const Descriptor& to)
      : number_(number), usual_(::fcntl(number, F_DUPFD_CLOEXEC, 3)) {
    if (!usual_.is_open() || ::dup2(to.get(), number) < 0) throw std::runtime_error("dup2");
  }
  ~Redirected() { static_cast<void>(::dup2(usual_.get(), number_)); }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;

 private:
  const int number_;
  const Descriptor usual_;
};

// While it lives, the environment is this one.
class Environment {
 public:
  explicit Environment(std::vector<std::string> variables)
      : variables_(std::move(variables)), usual_(environ) {
    for (std::string& variable : variables_) pointers_.push_back(variable.data());
    pointers_.push_back(nullptr);
    environ = pointers_.data();
  }
  ~Environment() { environ = usual_; }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  std::vector<std::string> variables_;
  std::vector<char*> pointers_{};
  char** const usual_;
};

void echo(std::unique_ptr<Exchange> exchange) {
  Exchange& asked = *exchange;
  asked.when_body([owned = std::shared_ptr<Exchange>(std::move(exchange))] {
    const fcgi::Request& request = owned->request();
    std::string body(request.method());
    body.append(" ").append(request.path_info()).append(" ").append(request.body().value_or("-"));
    owned->finish({.status = 200, .body = std::move(body)});
  });
}

class CgiTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CgiTest);
  CPPUNIT_TEST(a_body_of_a_malformed_length_is_none);
  CPPUNIT_TEST(a_body_that_ends_too_early_is_none);
  CPPUNIT_TEST(a_body_that_is_too_long_is_none);
  CPPUNIT_TEST(a_refusal_waits_for_no_body);
  CPPUNIT_TEST(a_refusal_outlives_a_body_that_never_comes);
  CPPUNIT_TEST(a_long_answer_does_not_wait_for_a_body_that_nobody_reads);
  CPPUNIT_TEST(a_body_that_stops_is_not_waited_for);
  CPPUNIT_TEST(a_body_that_goes_on_is_waited_for);
  CPPUNIT_TEST(reads_no_more_than_the_length_says);
  CPPUNIT_TEST(an_exchange_that_dies_unfinished_answers_500);
  CPPUNIT_TEST(tells_where_the_answer_cannot_be_written);
  CPPUNIT_TEST(two_authorization_headers_arrive_as_two);
  CPPUNIT_TEST(answers_on_standard_output);
  CPPUNIT_TEST(sends_no_body_for_head);
  CPPUNIT_TEST(waits_for_another_thread_to_finish);
  CPPUNIT_TEST(refuses_without_looking_at_the_request);
  CPPUNIT_TEST_SUITE_END();

  static std::string serve(std::vector<std::string> environment, const std::string& input,
                           const fcgi::Exchange::Handler& handler = echo) {
    const Descriptor in = file_with(input);
    const Descriptor out = file_with("");
    {
      const Environment variables(std::move(environment));
      const Redirected stdin_(STDIN_FILENO, in);
      const Redirected stdout_(STDOUT_FILENO, out);
      CPPUNIT_ASSERT(fcgi::serve_cgi(handler));
    }
    return text_of(out);
  }

  static std::string body_of(const std::string& output) {
    CPPUNIT_ASSERT_MESSAGE(output, output.starts_with("Status: 200 "));
    return output.substr(output.find("\r\n\r\n") + 4);
  }

  static std::string posted(const std::string& length, const std::string& input) {
    return body_of(
        serve({"REQUEST_METHOD=POST", "PATH_INFO=/a", "CONTENT_LENGTH=" + length}, input));
  }

  void a_body_of_a_malformed_length_is_none() {
    for (const char* length : {"abc", "-1", "+4", " 4", "4 ", "4.0", "0x4", "4,4",
                               "99999999999999999999999999", "18446744073709551620"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(length, std::string("POST /a -"), posted(length, "body"));
    }
  }

  // RFC 3875 §4.2.
  void a_body_that_ends_too_early_is_none() {
    CPPUNIT_ASSERT_EQUAL(std::string("POST /a -"), posted("5", "body"));
    CPPUNIT_ASSERT_EQUAL(std::string("POST /a -"), posted("1", ""));
  }

  void a_body_that_is_too_long_is_none() {
    const std::string longest(fcgi::kMaxBody, 'a');
    CPPUNIT_ASSERT_EQUAL("POST /a " + longest, posted(std::to_string(longest.size()), longest));
    CPPUNIT_ASSERT_EQUAL(std::string("POST /a -"),
                         posted(std::to_string(longest.size() + 1), longest + 'a'));
  }

  struct Pipe {
    Pipe() {
      int ends[2];
      CPPUNIT_ASSERT_EQUAL(0, ::pipe2(ends, O_CLOEXEC));
      reader = Descriptor(ends[0]);
      writer = Descriptor(ends[1]);
    }
    Descriptor reader{};
    Descriptor writer{};
  };

  static std::string serve_from(const Descriptor& in, const fcgi::Exchange::Handler& handler,
                                std::chrono::milliseconds silence) {
    const Descriptor out = file_with("");
    {
      const Environment variables({"REQUEST_METHOD=POST", "CONTENT_LENGTH=4"});
      const Redirected stdin_(STDIN_FILENO, in);
      const Redirected stdout_(STDOUT_FILENO, out);
      CPPUNIT_ASSERT(fcgi::serve_cgi(handler, silence));
    }
    return text_of(out);
  }

  static void refuse(std::unique_ptr<Exchange> exchange) { exchange->finish({.status = 401}); }

  // The process lives on until the body has come, which a web server may write before it reads.
  void a_refusal_waits_for_no_body() {
    const Pipe input;
    const Pipe output;
    bool served = false;
    std::thread serving([&] {
      const Environment variables({"REQUEST_METHOD=POST", "CONTENT_LENGTH=200000"});
      const Redirected stdin_(STDIN_FILENO, input.reader);
      const Redirected stdout_(STDOUT_FILENO, output.writer);
      served = fcgi::serve_cgi(refuse, std::chrono::hours(1));
    });
    std::string answer(1'000, '\0');
    const ssize_t count = ::read(output.reader.get(), answer.data(), answer.size());
    const std::string body(200'000, 'a');
    const bool taken = write_all(input.writer, body);
    serving.join();
    CPPUNIT_ASSERT(count > 0 && answer.starts_with("Status: 401 "));
    CPPUNIT_ASSERT(taken && served);
  }

  void a_refusal_outlives_a_body_that_never_comes() {
    const Pipe silent;
    const std::string output = serve_from(silent.reader, refuse, std::chrono::milliseconds(50));
    CPPUNIT_ASSERT_MESSAGE(output, output.starts_with("Status: 401 "));
  }

  // A web server that writes all of the body first, and then reads, with an answer that no pipe
  // holds.
  void a_long_answer_does_not_wait_for_a_body_that_nobody_reads() {
    for (const std::string more : {"CONTENT_LENGTH=1000000", "HTTP_TRANSFER_ENCODING=chunked"}) {
      Pipe input;
      Pipe output;
      bool served = false;
      std::thread serving([&] {
        const Environment variables({"REQUEST_METHOD=POST", more});
        const Redirected stdin_(STDIN_FILENO, input.reader);
        const Redirected stdout_(STDOUT_FILENO, output.writer);
        served = fcgi::serve_cgi(
            [](std::unique_ptr<Exchange> exchange) {
              exchange->finish({.status = 200, .body = std::string(1'000'000, 'b')});
            },
            std::chrono::hours(1));
      });
      const bool taken = is_written_in_time(input.writer, std::string(1'000'000, 'a'));
      input.writer = Descriptor();
      if (!taken) output.reader = Descriptor();
      const std::string answer = taken ? read_all(output.reader, 1'000'000) : "";
      serving.join();
      CPPUNIT_ASSERT(taken);
      CPPUNIT_ASSERT(served && answer.ends_with(std::string(1'000, 'b')));
    }
  }

  void a_body_that_stops_is_not_waited_for() {
    const Pipe input;
    CPPUNIT_ASSERT_EQUAL(ssize_t{2}, ::write(input.writer.get(), "bo", 2));
    const auto started = std::chrono::steady_clock::now();
    const std::chrono::milliseconds silence(100);
    CPPUNIT_ASSERT_EQUAL(std::string("POST  -"), body_of(serve_from(input.reader, echo, silence)));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - started >= silence);
  }

  void a_body_that_goes_on_is_waited_for() {
    const Pipe input;
    std::thread writing([&] {
      for (const char byte : std::string("body")) {
        std::this_thread::sleep_for(std::chrono::milliseconds(60));
        static_cast<void>(!::write(input.writer.get(), &byte, 1));
      }
    });
    const std::string output = serve_from(input.reader, echo, std::chrono::milliseconds(200));
    writing.join();
    CPPUNIT_ASSERT_EQUAL(std::string("POST  body"), body_of(output));
  }

  void reads_no_more_than_the_length_says() {
    CPPUNIT_ASSERT_EQUAL(std::string("POST /a bo"), posted("2", "body"));
    CPPUNIT_ASSERT_EQUAL(std::string("POST /a "), posted("0", "body"));
    CPPUNIT_ASSERT_EQUAL(std::string("POST /a "), posted("", "body"));
    CPPUNIT_ASSERT_EQUAL(std::string("POST  "), body_of(serve({"REQUEST_METHOD=POST"}, "body")));
  }

  void an_exchange_that_dies_unfinished_answers_500() {
    const std::string output = serve({"REQUEST_METHOD=GET"}, "", [](auto) {});
    CPPUNIT_ASSERT_MESSAGE(output, output.starts_with("Status: 500 "));
  }

  void tells_where_the_answer_cannot_be_written() {
    const Descriptor in = file_with("");
    const Descriptor read_only(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Descriptor full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
    for (const Descriptor* out : {&read_only, &full}) {
      const Environment variables({"REQUEST_METHOD=GET"});
      const Redirected stdin_(STDIN_FILENO, in);
      const Redirected stdout_(STDOUT_FILENO, *out);
      CPPUNIT_ASSERT(!fcgi::serve_cgi(echo));
    }
  }

  void two_authorization_headers_arrive_as_two() {
    std::size_t headers = 0;
    static_cast<void>(serve({"HTTP_AUTHORIZATION=Bearer a", "HTTP_AUTHORIZATION=Bearer b"}, "",
                            [&](std::unique_ptr<Exchange> exchange) {
                              headers = exchange->request().authorization().size();
                            }));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, headers);
  }

  void answers_on_standard_output() {
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "Status: 200 OK\r\nX-Request-Id: id\r\nContent-Length: 13\r\n\r\nGET /private "),
        serve({"REQUEST_METHOD=GET", "PATH_INFO=/private", "UNIQUE_ID=id"}, ""));
    CPPUNIT_ASSERT_EQUAL(std::string("POST /a body"), posted("4", "body"));
  }

  void sends_no_body_for_head() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("Status: 200 OK\r\nX-Request-Id: id\r\nContent-Length: 6\r\n\r\n"),
        serve({"REQUEST_METHOD=HEAD", "UNIQUE_ID=id"}, ""));
  }

  void waits_for_another_thread_to_finish() {
    for (int i = 0; i < 50; ++i) {
      std::thread other;
      const std::string output = serve(
          {"REQUEST_METHOD=GET", "PATH_INFO=/a"}, "", [&](std::unique_ptr<Exchange> exchange) {
            other = std::thread(
                [exchange = std::move(exchange)]() mutable { echo(std::move(exchange)); });
          });
      other.join();
      CPPUNIT_ASSERT_EQUAL(std::string("GET /a "), body_of(output));
    }
  }

  void refuses_without_looking_at_the_request() {
    const Descriptor out = file_with("");
    {
      const Environment variables({"REQUEST_METHOD=HEAD", "UNIQUE_ID=id"});
      const Redirected stdout_(STDOUT_FILENO, out);
      fcgi::refuse_cgi({.status = 500, .body = "not configured"});
    }
    CPPUNIT_ASSERT_EQUAL(std::string("Status: 500 Internal Server Error\r\nX-Request-Id: id\r\n"
                                     "Content-Length: 14\r\n\r\nnot configured"),
                         text_of(out));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CgiTest);

}  // namespace
