// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/socket_exposure.h"

#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <filesystem>
#include <string>

#include "auth/base/descriptor.h"
#include "tests/unit/support/sockets.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::Descriptor;
using fcgi::exposure_warning;

class ListenerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListenerTest);
  CPPUNIT_TEST(warns_of_a_unix_socket_that_others_may_write_to);
  CPPUNIT_TEST(warns_of_a_unix_socket_without_a_path);
  CPPUNIT_TEST(warns_of_a_port_of_this_machine);
  CPPUNIT_TEST(does_not_warn_of_a_port_that_only_root_can_open);
  CPPUNIT_TEST(warns_of_a_port_for_the_network);
  CPPUNIT_TEST(says_nothing_of_what_it_cannot_tell);
  CPPUNIT_TEST_SUITE_END();

  static void expect_warning(const std::string& part, const Descriptor& listener,
                             unsigned first_open = 1024) {
    const std::string warning = exposure_warning(listener.get(), first_open).value_or("");
    CPPUNIT_ASSERT_MESSAGE(warning, warning.starts_with(part));
    CPPUNIT_ASSERT_MESSAGE(warning,
                           warning.find("give it a Unix socket of mode 0660") != std::string::npos);
  }

  // On a port that the system chooses.
  static Descriptor bound_to(const char* ip) {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    CPPUNIT_ASSERT_EQUAL(1, ::inet_pton(AF_INET6, ip, &address.sin6_addr));
    Descriptor listener(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CPPUNIT_ASSERT_EQUAL(
        0, ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
    return listener;
  }

  void warns_of_a_unix_socket_that_others_may_write_to() {
    const support::TemporaryFolder folder;
    const std::string inner = (folder.path() / "inner").string();
    CPPUNIT_ASSERT_EQUAL(0, ::mkdir(inner.c_str(), 0700));
    const std::string path = inner + "/socket";
    const Descriptor listener = support::listen_on_unix(path);
    const auto set_modes = [&](mode_t outer, mode_t middle, mode_t socket) {
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder.path().c_str(), outer));
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(inner.c_str(), middle));
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(path.c_str(), socket));
    };
    for (const mode_t mode : {0666U, 0777U, 0602U}) {
      set_modes(0711, 0755, mode);
      expect_warning("every user of this machine can connect to the FastCGI socket " + path,
                     listener);
    }
    for (const mode_t mode : {0660U, 0600U, 0755U, 0664U}) {
      set_modes(0711, 0755, mode);
      CPPUNIT_ASSERT(!exposure_warning(listener.get()));
    }
    // A folder on the way keeps them out.
    set_modes(0700, 0755, 0666);
    CPPUNIT_ASSERT(!exposure_warning(listener.get()));
    set_modes(0711, 0750, 0666);
    CPPUNIT_ASSERT(!exposure_warning(listener.get()));
  }

  void warns_of_a_unix_socket_without_a_path() {
    const Descriptor listener = support::new_unix_socket();
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    // Linux chooses a name in a room of its own that no permission guards.
    CPPUNIT_ASSERT_EQUAL(
        0, ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(sa_family_t)));
    expect_warning("every user of this machine can connect to the FastCGI socket without a path",
                   listener);
  }

  void warns_of_a_port_of_this_machine() {
    const std::string warning = "every user of this machine can connect to the FastCGI port";
    expect_warning(warning, support::listen_on_tcp());
    for (const char* ip : {"::1", "::ffff:127.0.0.1", "::ffff:127.9.9.9"}) {
      expect_warning(warning, bound_to(ip));
    }
    // Where Linux lets everybody open every port.
    expect_warning(warning, bound_to("::1"), 0);
    CPPUNIT_ASSERT(fcgi::first_open_port() <= 1024);
  }

  void does_not_warn_of_a_port_that_only_root_can_open() {
    constexpr unsigned kAll = 65536;
    CPPUNIT_ASSERT(!exposure_warning(support::listen_on_tcp().get(), kAll));
    for (const char* ip : {"::1", "::ffff:127.0.0.1"}) {
      CPPUNIT_ASSERT_MESSAGE(ip, !exposure_warning(bound_to(ip).get(), kAll));
    }
    expect_warning("every machine of the network", bound_to("::"), kAll);
  }

  void warns_of_a_port_for_the_network() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CPPUNIT_ASSERT_EQUAL(
        0, ::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address));
    const std::string warning = "every machine of the network can connect to the FastCGI port";
    expect_warning(warning, listener);
    for (const char* ip : {"::", "::ffff:0.0.0.0"}) expect_warning(warning, bound_to(ip));
  }

  void says_nothing_of_what_it_cannot_tell() {
    const Descriptor file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CPPUNIT_ASSERT(!exposure_warning(file.get()));
    CPPUNIT_ASSERT(!exposure_warning(-1));
    const support::TemporaryFolder folder;
    const std::string path = (folder.path() / "socket").string();
    const Descriptor listener = support::listen_on_unix(path);
    std::filesystem::remove(path);
    CPPUNIT_ASSERT(!exposure_warning(listener.get()));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListenerTest);

}  // namespace
