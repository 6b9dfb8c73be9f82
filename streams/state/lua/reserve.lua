-- LocalState.reserve. Answers the reason of a refusal and the wait, or 'permit' or 'probe'.
-- KEYS: target, budget, call.
-- ARGV: now, call's name, probe_s, tokens, capacity and refill of requests, of tokens, cost, name of the budget,
--   its amount and soft amount, those of the level, what was seen: day, gen, seq, own gen and nano, the level's.

local CALL_KEEP_S = 600

local now, call = clock(ARGV[1]), ARGV[2]
local n_tokens, cost = tonumber(ARGV[4]), tonumber(ARGV[9])
local r_capacity, r_per_s = tonumber(ARGV[5]), tonumber(ARGV[6])
local t_capacity, t_per_s = tonumber(ARGV[7]), tonumber(ARGV[8])
local days = turn_budget(KEYS[2], now, call, {ARGV[15], ARGV[16], ARGV[17]})
local target = load_target(KEYS[1])
local own = load_budget(days, ARGV[10], ARGV[18], ARGV[19])
local all = load_budget(days, '', ARGV[20], ARGV[21])

local function refusal()
  if target.open_until and now < target.open_until then
    return target.disabled and 'disabled' or 'open', target.open_until - now
  end
  if target.open_until and target.probe ~= '' and now < target.probe_until then return 'probing', 0 end
  if cost > 0 and ARGV[11] ~= '' and own.nano + cost > tonumber(ARGV[11]) then
    return 'budget', math.max(0, (days.day + 1) * DAY_S - now)
  end
  if cost > 0 and ARGV[13] ~= '' and all.nano + cost > tonumber(ARGV[13]) then
    return 'level_budget', math.max(0, (days.day + 1) * DAY_S - now)
  end
  local wait = wait_s(target.requests, 1, r_capacity, r_per_s, now)
  if wait > 0 then return 'rpm', wait end
  wait = wait_s(target.tokens, n_tokens, t_capacity, t_per_s, now)
  if wait > 0 then return 'tpm', wait end
end

local function said(what, wait)
  return answer(what, wait, now, days, own, ARGV[12], all, ARGV[14], target)
end

local before = redis.call('GET', KEYS[3]) -- the answer to the same question was lost on its way
if before then return said(before, 0) end

local reason, wait = refusal()
if reason then return said(reason, wait) end
take(target.requests, 1, r_capacity, r_per_s, now)
take(target.tokens, n_tokens, t_capacity, t_per_s, now)
add(days, own, cost)
add(days, all, cost)
local kind = 'permit'
if target.open_until then
  kind = 'probe'
  target.probe = call
  target.probe_until = now + tonumber(ARGV[3])
end
save_target(KEYS[1], target)
redis.call('SET', KEYS[3], kind, 'EX', CALL_KEEP_S)
return said(kind, 0)
