-- Writes a record if the expected one is there: see `Store::swap`. KEYS: the record. ARGV: time or '', margin, whether one
-- is expected and its version, the new version, whether there is a value and the value, life. Gives 1 if it was done.
local now = now_of(ARGV[1])
local there = redis.call('GET', KEYS[1])
there = there and cmsgpack.unpack(there)
if there and there[3] <= now then
  there = nil
end
local version = there and there[1] or nil
local expected = ARGV[3] == '1' and ARGV[4] or nil
if version ~= expected then
  local done = nil
  if ARGV[6] == '1' then
    done = ARGV[5]
  end
  return version == done and 1 or 0
end
if ARGV[6] == '1' then
  local record = {ARGV[5], now, now + ARGV[8], ARGV[7]}
  redis.call('SET', KEYS[1], cmsgpack.pack(record), 'PX', ARGV[8] + ARGV[2])
else
  redis.call('DEL', KEYS[1])
end
return 1
