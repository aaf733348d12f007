-- A short text that no request had before; the argument keeps the texts of several runs apart.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.headers["Authorization"] = "Bearer sk-or-v1-benchmark"

local run, count = "", 0

function init(arguments)
  run = arguments[1]
end

function request()
  count = count + 1
  local text = "The cat sat on mat " .. count .. " of house " .. run .. "."
  return wrk.format(nil, nil, nil, '{"model": "openai/text-embedding-3-small", "input": "' .. text .. '"}')
end
