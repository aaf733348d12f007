-- Of ten requests four with a text of a small set, three with one never seen, and one each of: a batch in base64,
-- the model list, a refusal (a key, a body, a model, or a scenario). The argument keeps several runs apart.
local run, count = "", 0
local good = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer sk-or-v1-benchmark"}
local bad = {["Content-Type"] = "application/json", ["Authorization"] = "Bearer nonsense"}
local model = '{"model": "openai/text-embedding-3-small", "input": '

function init(arguments)
  run = arguments[1]
end

local function embed(rest, headers)
  return wrk.format("POST", wrk.path, headers or good, rest)
end

local refusals = {
  function(name) return embed(model .. '"x"}', bad) end,
  function(name) return embed('{"model": 5, "input": "' .. name .. '"}') end,
  function(name) return embed('{"model": "no/' .. name .. '", "input": "x"}') end,
  function(name) return embed('{"model": "mock/rate-limited-once-' .. name .. '", "input": "x"}') end,
}

function request()
  count = count + 1
  local kind, name = count % 10, run .. "-" .. count
  if kind < 4 then
    return embed(model .. '"Text ' .. count % 500 .. '."}')
  elseif kind < 7 then
    return embed(model .. '"The cat sat on mat ' .. name .. '."}')
  elseif kind == 7 then
    return embed(model .. '["a ' .. name .. '", "b", "c"], "encoding_format": "base64"}')
  elseif kind == 8 then
    return wrk.format("GET", wrk.path .. "/models?limit=10&offset=" .. count % 40, good)
  end
  return refusals[math.floor(count / 10) % #refusals + 1](name)
end
