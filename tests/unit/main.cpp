// SPDX-License-Identifier: Apache-2.0
// Runs the unit tests: all, those whose name contains the argument ("JsonTest::"), or a
// share of them ("1/2"), so that several processes run all of them together.
//
// Ends with the names of the tests that failed, or with a line "OK (N tests)" and exit status 0.
// A run of no test at all is a failure: from an archive the tests' registrations would vanish.
#include <cppunit/Test.h>
#include <cppunit/TestResult.h>
#include <cppunit/TestResultCollector.h>
#include <cppunit/TextOutputter.h>
#include <cppunit/TextTestProgressListener.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include <cstddef>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace {

struct Choice {
  std::string part;  // of the name
  int share = 1;
  int shares = 1;
};

// "1/2" is a share; any other text is part of a name.
Choice choice_of(const std::string& argument) {
  Choice choice;
  char end = 0;
  if (std::sscanf(argument.c_str(), "%d/%d%c", &choice.share, &choice.shares, &end) == 2 &&
      choice.share >= 1 && choice.share <= choice.shares) {
    return choice;
  }
  return {.part = argument};
}

void collect(CppUnit::Test& test, const std::string& part, std::vector<CppUnit::Test*>& found) {
  for (int i = 0; i < test.getChildTestCount(); ++i) collect(*test.getChildTestAt(i), part, found);
  if (test.getChildTestCount() == 0 && test.countTestCases() > 0 &&
      test.getName().find(part) != std::string::npos) {
    found.push_back(&test);
  }
}

void run(CppUnit::Test& all, const Choice& choice, CppUnit::TestResult& result) {
  std::vector<CppUnit::Test*> found;
  collect(all, choice.part, found);
  const std::size_t step = static_cast<std::size_t>(choice.shares);
  for (std::size_t i = static_cast<std::size_t>(choice.share - 1); i < found.size(); i += step) {
    found[i]->run(&result);
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
  run(*all, choice_of(count > 1 ? arguments[1] : ""), result);

  std::cerr << std::endl;
  if (collector.runTests() == 0) {
    std::cout << "no test was run" << std::endl;
    return 1;
  }
  CppUnit::TextOutputter(&collector, std::cout).write();
  return collector.wasSuccessful() ? 0 : 1;
}
