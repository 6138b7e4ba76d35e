-- Replay claims: see `ReplayStore`. KEYS: the claim, the claims by when they are over, the horizon, the leases.
-- ARGV: time in milliseconds or '', what to do, fingerprint, body digest, signed second, last second, the lease (or for
-- how many seconds one lasts), and what tells one question from another.
-- A claim is {body digest, state, lease, when it was leased, question}; the state is 0 in flight, 1 released, 2 done.
-- Gives a number, and the lease: 0 reserved or done, 1 in flight, 2 done before, 3 another body, 4 forgotten, 5 lost.
local now = math.floor(now_of(ARGV[1]) / 1000)
local signed, last = tonumber(ARGV[5]), tonumber(ARGV[6])
local value = redis.call('GET', KEYS[1])
local claim = value and cmsgpack.unpack(value)

local function write(state, lease)
  local life = math.max(last - now, 0) + 86400
  redis.call('SET', KEYS[1], cmsgpack.pack({ARGV[4], state, lease, now, ARGV[8]}), 'EX', life)
end

if ARGV[2] ~= 'reserve' then
  if not claim then
    return {0, 0}
  end
  local state = ARGV[2] == 'commit' and 2 or 1
  if claim[3] ~= tonumber(ARGV[7]) or (claim[2] ~= 0 and claim[2] ~= state) then
    return {5, 0}
  end
  write(state, claim[3])
  return {0, 0}
end

-- What is over is forgotten a little at a time, and the horizon moves with it.
local horizon = tonumber(redis.call('GET', KEYS[3]) or -1)
for _, member in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', '(' .. now, 'LIMIT', 0, 16)) do
  redis.call('ZREM', KEYS[2], member)
  local fingerprint, second = string.sub(member, 1, 64), tonumber(string.sub(member, 65))
  redis.call('DEL', string.sub(KEYS[1], 1, -65) .. fingerprint)
  if fingerprint == ARGV[3] then
    claim = nil
  end
  if second > horizon then
    horizon = second
    redis.call('SET', KEYS[3], horizon)
  end
end

if claim then
  if claim[1] ~= ARGV[4] then
    return {3, 0}
  end
  if claim[2] == 2 then
    return {2, 0}
  end
  -- The same question again, after the first answer was lost.
  if claim[2] == 0 and claim[5] == ARGV[8] then
    return {0, claim[3]}
  end
  -- Whoever has held it for longer than any handler takes has died.
  if claim[2] == 0 and claim[4] + tonumber(ARGV[7]) > now then
    return {1, 0}
  end
elseif signed <= horizon then
  return {4, 0}
end
local lease = redis.call('INCR', KEYS[4])
write(0, lease)
redis.call('ZADD', KEYS[2], last, ARGV[3] .. ARGV[5])
return {0, lease}
