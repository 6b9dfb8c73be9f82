-- LocalState.apply, once for each call.
-- KEYS: target, budget, call.
-- ARGV: now, call's name, kind, cool_s, failures that open, open_s, disabled_s, requests and tokens taken beyond the
--   reservation ('' unknown), capacity and refill of requests, of tokens, cost beyond the reservation ('' unknown),
--   day that pays, name of the budget, its soft amount, the level's, what was seen: day, gen, seq, own gen and nano,
--   the level's.

local DONE_KEEP_S = 60
local MAX_COOL_S = 86400

local now, call, kind = clock(ARGV[1]), ARGV[2], ARGV[3]
local days = turn_budget(KEYS[2], now, call .. ':done', {ARGV[19], ARGV[20], ARGV[21]})
local target = load_target(KEYS[1])
local own = load_budget(days, ARGV[16], ARGV[22], ARGV[23])
local all = load_budget(days, '', ARGV[24], ARGV[25])

local function open(seconds, disabled)
  local until_s = now + seconds
  if not target.open_until or until_s >= target.open_until then
    target.open_until, target.disabled = until_s, disabled
  end
  target.probe = ''
end

local function tell_breaker()
  local tells = not target.open_until or target.probe == call
  if kind == 'success' and tells then
    target.failures, target.open_until, target.disabled, target.probe = 0, nil, false, ''
  elseif kind == 'failure' and tells then
    target.failures = target.failures + 1
    if target.open_until or target.failures >= tonumber(ARGV[5]) then open(tonumber(ARGV[6]), false) end
  elseif kind == 'cool' then
    open(math.min(math.max(tonumber(ARGV[4]), 0), MAX_COOL_S), false)
  elseif kind == 'disable' then
    open(tonumber(ARGV[7]), true)
  elseif kind == 'released' and target.probe == call then
    target.probe = ''
  end
end

if redis.call('GET', KEYS[3]) ~= 'done' then
  tell_breaker()
  if ARGV[8] ~= '' then take(target.requests, tonumber(ARGV[8]), tonumber(ARGV[10]), tonumber(ARGV[11]), now) end
  if ARGV[9] ~= '' then take(target.tokens, tonumber(ARGV[9]), tonumber(ARGV[12]), tonumber(ARGV[13]), now) end
  if ARGV[14] ~= '' and tonumber(ARGV[15]) == days.day then
    add(days, own, tonumber(ARGV[14]))
    add(days, all, tonumber(ARGV[14]))
  end
  save_target(KEYS[1], target)
  redis.call('SET', KEYS[3], 'done', 'EX', DONE_KEEP_S)
end
return answer('done', 0, now, days, own, ARGV[17], all, ARGV[18], target)
