// SPDX-License-Identifier: Apache-2.0
#include "auth/base/worker_pool.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <thread>
#include <vector>

#include "tests/unit/support/gate.h"
#include "tests/unit/support/no_threads.h"

namespace {

using auth::WorkerPool;
using std::chrono::milliseconds;

class WorkerPoolTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WorkerPoolTest);
  CPPUNIT_TEST(a_task_that_waits_does_not_hold_up_the_others);
  CPPUNIT_TEST(runs_a_task_at_once_where_no_thread_can_be_had);
  CPPUNIT_TEST(runs_what_is_queued_before_it_ends);
  CPPUNIT_TEST(runs_what_its_last_tasks_still_give_it);
  CPPUNIT_TEST(never_runs_a_task_on_the_thread_that_gives_it);
  CPPUNIT_TEST(uses_no_more_threads_than_it_was_given);
  CPPUNIT_TEST(tells_its_threads_from_others);
  CPPUNIT_TEST(drops_what_a_task_held_as_soon_as_it_is_done);
  CPPUNIT_TEST(runs_every_task_of_many_threads_once);
  CPPUNIT_TEST(runs_a_task_later_in_the_order_of_time);
  CPPUNIT_TEST(a_later_task_waits_for_no_busy_thread);
  CPPUNIT_TEST(what_is_for_later_does_not_hold_up_its_end);
  CPPUNIT_TEST_SUITE_END();

  void runs_a_task_later_in_the_order_of_time() {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point begin = Clock::now();
    std::vector<milliseconds> ran;
    support::Counter done;
    WorkerPool pool(1);
    for (const milliseconds delay : {milliseconds(60), milliseconds(0), milliseconds(30)}) {
      pool.run_later(delay, [&, delay] {
        if (Clock::now() >= begin + delay) ran.push_back(delay);
        done.add();
      });
    }
    CPPUNIT_ASSERT(done.reaches(3));
    CPPUNIT_ASSERT(ran == (std::vector{milliseconds(0), milliseconds(30), milliseconds(60)}));
  }

  void a_later_task_waits_for_no_busy_thread() {
    support::Gate gate;
    support::Counter done;
    WorkerPool pool(2);
    pool.run_later(milliseconds(20), [&] { done.add(); });
    pool.run([&] { static_cast<void>(gate.pass()); });
    const bool ran = done.reaches(1);
    gate.open();
    CPPUNIT_ASSERT(ran);
  }

  void what_is_for_later_does_not_hold_up_its_end() {
    std::atomic<bool> ran{false};
    const auto begin = std::chrono::steady_clock::now();
    {
      WorkerPool pool(2);
      pool.run_later(std::chrono::hours(1), [&] { ran = true; });
    }
    CPPUNIT_ASSERT(!ran);
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() < begin + support::kPatience);
  }

  void a_task_that_waits_does_not_hold_up_the_others() {
    support::Gate gate;
    support::Counter done;
    WorkerPool pool(2);
    pool.run([&] { static_cast<void>(gate.pass()); });
    for (int i = 0; i < 10; ++i) pool.run([&] { done.add(); });
    const bool others_ran = done.reaches(10);
    gate.open();
    CPPUNIT_ASSERT(others_ran);
  }

  void runs_a_task_at_once_where_no_thread_can_be_had() {
    support::Counter later;
    std::thread::id ran_on;
    bool ran = false;
    WorkerPool pool(2);
    {
      const support::NoThreads none;
      pool.run([&] { ran = true; });
    }
    CPPUNIT_ASSERT(ran);
    pool.run([&] {
      ran_on = std::this_thread::get_id();
      later.add();
    });
    CPPUNIT_ASSERT(later.reaches(1));
    CPPUNIT_ASSERT(ran_on != std::this_thread::get_id());
  }

  void tells_its_threads_from_others() {
    support::Counter done;
    bool here = false;
    bool there = true;
    WorkerPool pool(1);
    const WorkerPool other(1);
    pool.run([&] {
      here = pool.is_here();
      there = other.is_here();
      done.add();
    });
    CPPUNIT_ASSERT(done.reaches(1));
    CPPUNIT_ASSERT(here && !there && !pool.is_here());
  }

  void runs_what_is_queued_before_it_ends() {
    std::atomic<int> ran{0};
    {
      WorkerPool pool(2);
      for (int i = 0; i < 1000; ++i) pool.run([&] { ++ran; });
    }
    CPPUNIT_ASSERT_EQUAL(1000, ran.load());
  }

  void runs_what_its_last_tasks_still_give_it() {
    std::atomic<int> ran{0};
    {
      WorkerPool pool(2);
      for (int i = 0; i < 100; ++i) {
        pool.run([&] {
          pool.run([&] {
            ++ran;
            pool.run([&] { ++ran; });
          });
        });
      }
    }
    CPPUNIT_ASSERT_EQUAL(200, ran.load());
  }

  void never_runs_a_task_on_the_thread_that_gives_it() {
    std::thread::id ran_on;
    {
      WorkerPool pool(1);
      pool.run([&] { ran_on = std::this_thread::get_id(); });
    }
    CPPUNIT_ASSERT(ran_on != std::thread::id());
    CPPUNIT_ASSERT(ran_on != std::this_thread::get_id());
  }

  void uses_no_more_threads_than_it_was_given() {
    std::mutex mutex;
    std::set<std::thread::id> seen;
    {
      WorkerPool pool(2);
      for (int i = 0; i < 1000; ++i) {
        pool.run([&] {
          const std::lock_guard lock(mutex);
          seen.insert(std::this_thread::get_id());
        });
      }
    }
    CPPUNIT_ASSERT(!seen.empty());
    CPPUNIT_ASSERT(seen.size() <= 2);
  }

  // What it holds is a caller's exchange: it must not live until the next task comes.
  void drops_what_a_task_held_as_soon_as_it_is_done() {
    support::Counter dropped;
    WorkerPool pool(2);
    std::shared_ptr<int> held(new int(0), [&](const int* number) {
      delete number;
      dropped.add();
    });
    pool.run([held = std::move(held)] { *held = 1; });
    CPPUNIT_ASSERT(dropped.reaches(1));
  }

  void runs_every_task_of_many_threads_once() {
    constexpr int kThreads = 4;
    constexpr int kTasks = 2000;
    std::vector<std::atomic<int>> ran(kThreads * kTasks);
    {
      WorkerPool pool(2);
      std::vector<std::thread> threads;
      for (int thread = 0; thread < kThreads; ++thread) {
        threads.emplace_back([&, thread] {
          for (int i = 0; i < kTasks; ++i) {
            pool.run([&ran, at = static_cast<std::size_t>(thread * kTasks + i)] { ++ran[at]; });
          }
        });
      }
      for (std::thread& thread : threads) thread.join();
    }
    for (const std::atomic<int>& times : ran) CPPUNIT_ASSERT_EQUAL(1, times.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WorkerPoolTest);

}  // namespace
