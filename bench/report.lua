-- Asks for the paths given after `--` in turn, and prints what happened as one line of JSON.
local requests, position = {}, 0

function init(args)
  for _, path in ipairs(args) do requests[#requests + 1] = wrk.format("GET", path) end
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('{"requests": %d, "microseconds": %d, "refused": %d, "broken": %d}\n',
    summary.requests, summary.duration, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
