-- What the scripts of the limits share: the steps of streams/core/local_state.py and of what it stands on.
-- Times are seconds since 1970, money is whole nano-USD; '' is None.

local DAY_S = 86400
local KEEP_S = 3 * DAY_S
local MIN_WAIT_S = 0.001
local MOST = 1e18

local function clock(given)
  if given ~= '' then return tonumber(given) end
  local time = redis.call('TIME')
  return time[1] + time[2] / 1000000
end

-- What stands in Redis as a number, nil for what is none: a hand may have written it, and NaN or infinity would stop
-- the workers.
local function stored(found)
  local number = tonumber(found or '')
  return number and math.abs(number) <= MOST and number or nil
end

local function whole(number) return string.format('%.0f', number) end
local function word(found) return found and not found:find('[^%w%p]') and found or nil end
local function exact(number) return number and string.format('%.6f', number) or '' end

-- A target's record: breaker and buckets, in one hash.

local function load_target(key)
  local found = redis.call('HMGET', key, 'failures', 'open_until', 'disabled', 'probe', 'probe_until',
    'requests', 'requests_at', 'tokens', 'tokens_at')
  return {
    failures = stored(found[1]) or 0, open_until = stored(found[2]),
    disabled = found[3] == '1', probe = word(found[4]) or '', probe_until = stored(found[5]) or 0,
    requests = {left = stored(found[6]), at = stored(found[7]) or 0},
    tokens = {left = stored(found[8]), at = stored(found[9]) or 0},
  }
end

local function record(target)
  return {whole(target.failures), exact(target.open_until), target.disabled and '1' or '0',
    target.probe, exact(target.probe_until), exact(target.requests.left), exact(target.requests.at),
    exact(target.tokens.left), exact(target.tokens.at)}
end

local function save_target(key, target)
  local to = record(target)
  redis.call('HSET', key, 'failures', to[1], 'open_until', to[2], 'disabled', to[3], 'probe', to[4],
    'probe_until', to[5], 'requests', to[6], 'requests_at', to[7], 'tokens', to[8], 'tokens_at', to[9])
  redis.call('EXPIRE', key, KEEP_S)
end

-- Buckets (streams/core/bucket.py); no capacity: unbounded.

local function level(bucket, capacity, per_s, now)
  if not bucket.left then return capacity end
  return math.min(capacity, bucket.left + math.max(0, now - bucket.at) * per_s)
end

local function wait_s(bucket, amount, capacity, per_s, now)
  if not capacity then return 0 end
  local wait = (math.min(amount, capacity) - level(bucket, capacity, per_s, now)) / per_s
  return wait >= MIN_WAIT_S and wait or 0
end

local function take(bucket, amount, capacity, per_s, now)
  if not capacity then return end
  bucket.left = math.min(capacity, level(bucket, capacity, per_s, now) - amount)
  bucket.at = math.max(now, bucket.at)
end

-- Budgets (streams/core/budget.py): one hash for the day. `gen` is new whenever the hash is; `seq` counts changes. Who
-- has seen another `gen` today, or a higher `seq`, knows that this server has lost some of the day. What was spent by
-- then is `base`, the most that any worker has seen of it, and what was spent since comes on top.

local function renew(key, gen)
  local all = redis.call('HGETALL', key)
  redis.call('HSET', key, 'gen', gen)
  for i = 1, #all, 2 do
    if all[i]:sub(1, 4) == 'usd:' then redis.call('HSET', key, 'base:' .. all[i]:sub(5), all[i + 1]) end
  end
end

-- `seen` is {day, gen, seq}; `fresh` is a name that no `gen` had before.
local function turn_budget(key, now, fresh, seen)
  local today = math.floor(now / DAY_S)
  local found = redis.call('HMGET', key, 'day', 'gen', 'seq')
  local day, gen, seq = stored(found[1]), word(found[2]), stored(found[3]) or 0
  if not day or not gen or (day ~= today and day - 1 ~= today) then
    day, gen, seq = today, fresh, 0
    redis.call('DEL', key)
    redis.call('HSET', key, 'day', whole(day), 'gen', gen)
    redis.call('EXPIRE', key, KEEP_S)
  elseif tonumber(seen[1]) == day and seen[2] == gen and tonumber(seen[3]) > seq then
    gen, seq = fresh, tonumber(seen[3])
    renew(key, gen)
    redis.call('HSET', key, 'seq', whole(seq))
  elseif found[3] and found[3] ~= whole(seq) then
    redis.call('HSET', key, 'seq', whole(seq))
  end
  return {key = key, day = day, gen = gen, seq = seq, seen_today = tonumber(seen[1]) == day}
end

local function load_budget(days, name, seen_gen, seen_nano)
  local found = redis.call('HMGET', days.key, 'usd:' .. name, 'base:' .. name)
  local budget = {name = name, nano = stored(found[1]) or 0}
  local base, seen = stored(found[2]) or 0, tonumber(seen_nano)
  if days.seen_today and seen_gen ~= '' and seen_gen ~= days.gen and seen > base then
    budget.nano = budget.nano + seen - base
    redis.call('HSET', days.key, 'usd:' .. name, whole(budget.nano), 'base:' .. name, whole(seen))
  end
  return budget
end

local function add(days, budget, nano)
  budget.nano = math.max(0, budget.nano + nano)
  redis.call('HSET', days.key, 'usd:' .. budget.name, whole(budget.nano))
  redis.call('EXPIRE', days.key, KEEP_S)
  days.seq = redis.call('HINCRBY', days.key, 'seq', 1)
end

local function is_soft_reached(days, budget, soft_nano)
  if soft_nano == '' or budget.nano < tonumber(soft_nano) then return '0' end
  return whole(redis.call('HSETNX', days.key, 'told:' .. budget.name, '1'))
end

-- Every answer ends with what is known now: the clock, the two budgets, whether either must be told, the record.

local function answer(word, wait, now, days, own, soft_own, all, soft_all, target)
  local told_own, told_all = is_soft_reached(days, own, soft_own), is_soft_reached(days, all, soft_all)
  local words = {word, exact(wait), exact(now), whole(days.day), days.gen, whole(days.seq), whole(own.nano),
    whole(all.nano), told_own, told_all}
  for _, told in ipairs(record(target)) do words[#words + 1] = told end
  return words
end
