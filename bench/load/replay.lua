-- Replays a thread's slice of prepared requests, each once. Arguments: the folder of the slices, the file for the counts.
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds; long nanoseconds; } moment; int clock_gettime(int clock, moment *now);")

local CLOCK_MONOTONIC = 1
local LENGTH_DIGITS = 8
local counter = 0
local threads = {}

local function monotonic()
  local now = ffi.new("moment")
  ffi.C.clock_gettime(CLOCK_MONOTONIC, now)
  return tonumber(now.seconds) + tonumber(now.nanoseconds) / 1e9
end

function setup(thread)
  counter = counter + 1
  thread:set("number", counter)
  threads[counter] = thread
end

function init(args)
  requests, sent, probing, exhausted = {}, 0, number == 1, false
  local file = assert(io.open(args[1] .. "/slice-" .. number .. ".bin", "rb"))
  while true do
    local length = file:read(LENGTH_DIGITS)
    if not length then break end
    requests[#requests + 1] = file:read(tonumber(length))
  end
  file:close()
  counts_file = args[2]
  total = #requests
end

-- wrk asks the first thread once before the run to look at a request that it then throws away.
function request()
  if probing then
    probing = false
    return requests[1]
  end
  if sent >= total then
    exhausted = true
    wrk.thread:stop()
    return "GET /health HTTP/1.1\r\nHost: node\r\n\r\n"
  end
  if sent == 0 then started, cpu_before = monotonic(), os.clock() end
  sent = sent + 1
  return requests[sent]
end

function done(summary, latency, _)
  local file = assert(io.open(threads[1]:get("counts_file"), "w"))
  local sent_by_thread, ran_out, first_at, cpu_before = {}, "false", math.huge, math.huge
  for index, thread in ipairs(threads) do
    sent_by_thread[index] = thread:get("sent")
    if thread:get("exhausted") then ran_out = "true" end
    first_at = math.min(first_at, thread:get("started") or math.huge)
    cpu_before = math.min(cpu_before, thread:get("cpu_before") or math.huge)
  end
  local errors = summary.errors
  file:write(string.format(
    '{"first_at":%.6f,"cpu_seconds":%.3f,"duration_us":%d,"answered":%d,"refused":%d,"errors":%d,"timeouts":%d,"sent":[%s],"exhausted":%s,' ..
    '"p50_us":%d,"p99_us":%d,"max_us":%d}\n',
    first_at, os.clock() - cpu_before, summary.duration, summary.requests, errors.status, errors.connect + errors.read + errors.write, errors.timeout,
    table.concat(sent_by_thread, ","), ran_out, latency:percentile(50), latency:percentile(99), latency.max))
  file:close()
end
