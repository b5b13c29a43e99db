// SPDX-License-Identifier: Apache-2.0
// Runs the unit tests: all, or those whose name contains the argument ("JsonTest::").
//
// Ends with the names of the tests that failed, or with a line "OK (N tests)" and exit status 0.
// A run of no test at all is a failure: from an archive the tests' registrations would vanish.
#include <cppunit/Test.h>
#include <cppunit/TestResult.h>
#include <cppunit/TestResultCollector.h>
#include <cppunit/TextOutputter.h>
#include <cppunit/TextTestProgressListener.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include <iostream>
#include <memory>
#include <string>

namespace {

void run_matching(CppUnit::Test& test, const std::string& part, CppUnit::TestResult& result) {
  for (int i = 0; i < test.getChildTestCount(); ++i) {
    run_matching(*test.getChildTestAt(i), part, result);
  }
  if (test.getChildTestCount() == 0 && test.countTestCases() > 0 &&
      test.getName().find(part) != std::string::npos) {
    test.run(&result);
  }
}

}  // namespace

// Some tests fork where threads run, and the child starts threads of its own.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }

int main(int count, char** arguments) {
  const std::unique_ptr<CppUnit::Test> all(CppUnit::TestFactoryRegistry::getRegistry().makeTest());
  CppUnit::TestResult result;
  CppUnit::TestResultCollector collector;
  CppUnit::TextTestProgressListener progress;
  result.addListener(&collector);
  result.addListener(&progress);
  run_matching(*all, count > 1 ? arguments[1] : "", result);

  std::cerr << std::endl;
  if (collector.runTests() == 0) {
    std::cout << "no test was run" << std::endl;
    return 1;
  }
  CppUnit::TextOutputter(&collector, std::cout).write();
  return collector.wasSuccessful() ? 0 : 1;
}
