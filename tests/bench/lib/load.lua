-- What wrk sends, and what it tells in the end.
--
-- usage: wrk … -s load.lua URL -- KIND NAME [COUNT]
--   known    GET, always with the token NAME
--   new      GET, each time with a token that nobody has seen: NAME has to differ from run to run
--   post     POST of the form that api.fcgi sends, NAME is its length
--   COUNT    how many requests of this kind are enough; without it, the time decides
--   -- paced KIND …  makes each connection wait 10 ms between two requests

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
  if args[3] then
    left = tonumber(args[3])
    response = function()
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

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nJSON {"answers": %d, "seconds": %.6f, "errors": %d, "p50": %.3f, "p99": %.3f, "max": %.3f}\n',
    summary.requests, summary.duration / 1e6,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
