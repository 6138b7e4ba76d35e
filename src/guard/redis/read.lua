-- Reads a record: see `Store::read`. KEYS: the record. ARGV: time or ''. A record is {version, when it was written, when
-- it is over, value}. Gives nothing, or the version, the value and the age.
local now = now_of(ARGV[1])
local value = redis.call('GET', KEYS[1])
if not value then
  return {}
end
local record = cmsgpack.unpack(value)
if record[3] <= now then
  return {}
end
return {record[1], record[4], math.max(0, now - record[2])}
