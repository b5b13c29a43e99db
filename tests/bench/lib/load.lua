-- SPDX-License-Identifier: Apache-2.0
-- What wrk sends, and what it tells in the end.
--
-- usage: wrk … -s load.lua URL -- KIND NAME [COUNT]
--   known    GET, always with the token NAME
--   new      GET, each time with a token that nobody has seen: NAME has to differ from run to run
--   post     POST of the form that api.fcgi sends, NAME is its length
--   COUNT    how many new or post are enough for each thread; without it, the time decides
--   -- paced KIND …  makes each connection wait 10 ms between two requests

local ffi = require("ffi")
ffi.cdef [[
  struct bench_time { long seconds, nanoseconds; };
  int clock_gettime(int, struct bench_time *);
]]

local function now()
  local time = ffi.new("struct bench_time")
  ffi.C.clock_gettime(1, time)  -- CLOCK_MONOTONIC
  return tonumber(time.seconds) + tonumber(time.nanoseconds) / 1e9
end

local threads = {}

function setup(thread)
  thread:set("thread_number", #threads)
  table.insert(threads, thread)
end

local kind, name, left
local sent = 0
local headers = {}
local token_bytes = 110  -- an opaque token of ZITADEL's

local function padded(text)
  return text .. string.rep("x", token_bytes - #text)
end

function init(args)
  if args[1] == "paced" then
    table.remove(args, 1)
    delay = function() return 10 end
  end
  kind, name = args[1], args[2]
  left = tonumber(args[3] or math.huge)
  begin = now()
  if kind ~= "known" then
    -- Callers come in waves: the last answer, not the end of the time, is where the rate ends.
    response = function()
      last = now()
      left = left - 1
      if left == 0 then wrk.thread:stop() end
    end
  end
  if kind == "known" then
    headers["Authorization"] = "Bearer " .. padded(name)
    local fixed = wrk.format("GET", nil, headers)
    request = function() return fixed end
  elseif kind == "post" then
    headers["Content-Type"] = "application/x-www-form-urlencoded"
    headers["Accept"] = "application/json"
    local fixed = wrk.format("POST", nil, headers, string.rep("x", tonumber(name)))
    request = function() return fixed end
  end
end

function request()
  sent = sent + 1
  headers["Authorization"] = "Bearer " .. padded(name .. "." .. thread_number .. "." .. sent)
  return wrk.format("GET", nil, headers)
end

local function time_of_answers(summary)
  local first, final = math.huge, 0
  for _, thread in ipairs(threads) do
    first = math.min(first, thread:get("begin"))
    final = math.max(final, thread:get("last") or 0)
  end
  return final > 0 and final - first or summary.duration / 1e6
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nJSON {"answers": %d, "seconds": %.6f, "errors": %d, "p50": %.3f, "p99": %.3f, "max": %.3f}\n',
    summary.requests, time_of_answers(summary),
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
