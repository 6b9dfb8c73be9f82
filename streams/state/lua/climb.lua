-- ClimbCaps.grant (streams/core/climb_caps.py).
-- KEYS: the hour's counts.
-- ARGV: now, wanted, answered, nano-USD of each, share, floor, nano-USD an hour.

local HOUR_S = 3600

local now = clock(ARGV[1])
local n_wanted, each, share, cap = tonumber(ARGV[2]), tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[7])
local found = redis.call('HMGET', KEYS[1], 'hour', 'answered', 'climbed', 'nano')
local hour, begun = math.floor(now / HOUR_S), stored(found[1])
local answered, climbed, nano = 0, 0, 0
if begun and (begun == hour or begun - 1 == hour) then
  hour = begun
  answered, climbed, nano = stored(found[2]) or 0, stored(found[3]) or 0, stored(found[4]) or 0
end

answered = answered + tonumber(ARGV[3])
local by_share, by_money = 0, 0
if share > 0 then by_share = math.max(tonumber(ARGV[6]), math.floor(answered * share)) - climbed end
if cap > 0 then by_money = each > 0 and math.floor((cap - nano) / each) or n_wanted end
local granted = math.max(0, math.min(n_wanted, by_share, by_money))
climbed, nano = climbed + granted, nano + granted * each
redis.call('HSET', KEYS[1], 'hour', whole(hour), 'answered', whole(answered), 'climbed', whole(climbed),
  'nano', whole(nano))
redis.call('EXPIRE', KEYS[1], KEEP_S)
return {whole(granted), exact(now), whole(hour), whole(answered), whole(climbed), whole(nano)}
