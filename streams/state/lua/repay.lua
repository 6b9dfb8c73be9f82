-- Brings to a Redis that is back what one worker spent without it, once.
-- KEYS: budget, the mark of this repayment.
-- ARGV: now, the mark's name, what was seen: day, gen, seq, then of each budget: name, gen and nano, spent since.

local MARK_KEEP_S = 600

local now = clock(ARGV[1])
local days = turn_budget(KEYS[1], now, ARGV[2], {ARGV[3], ARGV[4], ARGV[5]})
if not redis.call('SET', KEYS[2], '1', 'EX', MARK_KEEP_S, 'NX') then return exact(now) end
if days.seen_today then
  for i = 6, #ARGV, 4 do
    add(days, load_budget(days, ARGV[i], ARGV[i + 1], ARGV[i + 2]), tonumber(ARGV[i + 3]))
  end
end
return exact(now)
